// Bundles the element <chatkit-edge> (embed/) into public/embed.js, one small module that any page can load. The file is not
// committed; build.mjs creates it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { inRoot } from './setup/paths.mjs';
import { main, say } from './setup/run.mjs';

/**
 * Writes the bundle only if it changed, because wrangler dev reloads the page for each file written.
 * @param {{ to?: string }} [options]
 * @returns {Promise<{ bytes: number, gzip: number, written: boolean }>}
 */
export async function bundleEmbed({ to = inRoot('public', 'embed.js') } = {}) {
  // Imported here, not at the top: this module is loaded before npm has installed esbuild.
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

/** Bundles the element and prints its size. */
export async function buildEmbed() {
  const { bytes, gzip, written } = await bundleEmbed();
  if (written) say(`public/embed.js: ${bytes} bytes, ${gzip} bytes gzip.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(buildEmbed);
