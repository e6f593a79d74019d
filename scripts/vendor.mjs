// Copies the npm packages that the pages use to public/vendor, so that they are served from the Worker's own origin in the
// version of package-lock.json. The folder is not committed.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './setup/paths.mjs';

/** Names in public/vendor and their source files. The licences must be distributed with the code. */
const files = {
  'uplot.js': 'uplot/dist/uPlot.esm.js',
  'uplot.css': 'uplot/dist/uPlot.min.css',
  'uplot.LICENSE.txt': 'uplot/LICENSE',
  'swagger-ui.js': 'swagger-ui-dist/swagger-ui-bundle.js',
  'swagger-ui.css': 'swagger-ui-dist/swagger-ui.css',
  'swagger-ui.LICENSE.txt': 'swagger-ui-dist/LICENSE',
  'swagger-ui.NOTICE.txt': 'swagger-ui-dist/NOTICE',
  // The licences of the code bundled in swagger-ui.js, which refers to this file.
  'swagger-ui-bundle.js.LICENSE.txt': 'swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt',
};

/**
 * Copies files that are missing or differ, and deletes files that are not listed.
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

/** Does not write an identical file, because wrangler dev reloads the page for each file written. */
function copyIfDifferent(/** @type {string} */ source, /** @type {string} */ target) {
  if (existsSync(target) && readFileSync(target).equals(readFileSync(source))) return false;
  copyFileSync(source, target);
  return true;
}
