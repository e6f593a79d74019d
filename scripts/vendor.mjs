// Puts what the pages use of npm packages into public/vendor, so that it is served from our own origin and in the version
// that package-lock.json names. The folder is not committed.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './setup/paths.mjs';

/** Package file by name in public/vendor. Each package's licence asks to go along with its code. */
const files = {
  'uplot.js': 'uplot/dist/uPlot.esm.js',
  'uplot.css': 'uplot/dist/uPlot.min.css',
  'uplot.LICENSE.txt': 'uplot/LICENSE',
  'swagger-ui.js': 'swagger-ui-dist/swagger-ui-bundle.js',
  'swagger-ui.css': 'swagger-ui-dist/swagger-ui.css',
  'swagger-ui.LICENSE.txt': 'swagger-ui-dist/LICENSE',
  'swagger-ui.NOTICE.txt': 'swagger-ui-dist/NOTICE',
  // The licences of what is bundled; the script names this file.
  'swagger-ui-bundle.js.LICENSE.txt': 'swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt',
};

/**
 * Copies what is not there yet or differs, and removes what is no longer named.
 * @param {{ from?: string, to?: string }} [folders]
 * @returns {string[]} the names of the files written
 */
export function vendor({ from = inRoot('node_modules'), to = inRoot('public', 'vendor') } = {}) {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(to)) {
    if (!Object.hasOwn(files, name)) rmSync(path.join(to, name), { recursive: true });
  }
  return Object.entries(files)
    .filter(([name, source]) => copyIfDifferent(path.join(from, source), path.join(to, name)))
    .map(([name]) => name);
}

/** A file that is the same is not touched: wrangler dev reloads the page for each one written. */
function copyIfDifferent(/** @type {string} */ source, /** @type {string} */ target) {
  if (existsSync(target) && readFileSync(target).equals(readFileSync(source))) return false;
  copyFileSync(source, target);
  return true;
}
