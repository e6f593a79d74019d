// Bundles the sources of the element <chatkit-edge> (embed/) into public/embed.js, one small module that any page can load.
// The file is not committed; build.mjs and wrangler's own build make it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { inRoot } from './setup/paths.mjs';
import { main, say } from './setup/run.mjs';

/**
 * Writes the bundle if it differs from what is there: wrangler dev reloads the page for each file written.
 * @param {{ to?: string }} [options]
 * @returns {Promise<{ bytes: number, gzip: number, written: boolean }>}
 */
export async function bundleEmbed({ to = inRoot('public', 'embed.js') } = {}) {
  // Not at the top: this file is imported before npm has installed anything.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: inRoot(),
    entryPoints: [inRoot('embed', 'main.js')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  });
  const code = outputFiles[0].contents;
  const written = !existsSync(to) || !readFileSync(to).equals(code);
  if (written) {
    mkdirSync(path.dirname(to), { recursive: true });
    writeFileSync(to, code);
  }
  return { bytes: code.length, gzip: gzipSync(code, { level: 9 }).length, written };
}

/** Bundles and says how large it is. */
export async function buildEmbed() {
  const { bytes, gzip, written } = await bundleEmbed();
  if (written) say(`public/embed.js: ${bytes} bytes, ${gzip} with gzip.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(buildEmbed);
