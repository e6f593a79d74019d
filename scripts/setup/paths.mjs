// Paths of the project, so that every script works from any folder.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const inRoot = (/** @type {string[]} */ ...parts) => path.join(root, ...parts);

export const tools = inRoot('.tools');
export const toolsBin = inRoot('.tools', 'bin');
export const npmBin = inRoot('node_modules', '.bin');

/** The environment for programs that the scripts start: the project's Node and npm programs come first on the PATH. */
export function projectEnv(extra = {}) {
  return {
    ...process.env,
    PATH: npmBin + path.delimiter + process.env.PATH,
    // wrangler must neither prompt nor send telemetry; `request.cf` is a fixed value locally.
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    ...extra,
  };
}
