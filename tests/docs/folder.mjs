// Writes the files of an example from docs/ to a folder where they run.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inRoot } from '../../scripts/setup/paths.mjs';

/** A new folder inside the project, so that the examples find its packages. */
export function newFolder(/** @type {Record<string, string>} */ files) {
  mkdirSync(inRoot('test-results'), { recursive: true });
  const folder = mkdtempSync(inRoot('test-results', 'site-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const url = (/** @type {string} */ name) => pathToFileURL(path.join(folder, name));
  return {
    folder,
    url,
    load: (/** @type {string} */ name) => import(url(name).href),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
