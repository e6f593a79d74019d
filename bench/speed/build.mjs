// Bundles a contestant in JavaScript into build/bench/NAME, as `wrangler deploy --minify` would.
import { build } from 'esbuild';
import { inRoot } from '../../scripts/setup/paths.mjs';

/** @param {'javascript' | 'hono'} name @returns {Promise<string>} the folder */
export async function buildWorker(name) {
  const folder = inRoot('build', 'bench', name);
  await build({
    entryPoints: [inRoot('bench', 'workers', `${name}.js`)],
    outfile: `${folder}/index.js`,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'esnext',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:workers'],
    logLevel: 'error',
  });
  return folder;
}
