// Where things are in the project, in one place, so that every script works from any folder.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const inRoot = (/** @type {string[]} */ ...parts) => path.join(root, ...parts);

export const tools = inRoot('.tools');
export const toolsBin = inRoot('.tools', 'bin');
export const npmBin = inRoot('node_modules', '.bin');

/** The environment of everything started by the scripts: the project's own Node and tools come first. */
export function projectEnv(extra = {}) {
  return {
    ...process.env,
    PATH: npmBin + path.delimiter + process.env.PATH,
    // wrangler asks nothing and sends nothing on a developer's behalf; request.cf is a fixed stand-in locally.
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    ...extra,
  };
}
