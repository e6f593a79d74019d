// Tells whether a build is up to date: a hash of its inputs is stored beside its results.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const skipped = new Set(['node_modules', 'target', 'build', 'tests']);

function filesBelow(/** @type {string} */ folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((/** @type {import('node:fs').Dirent} */ entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) || entry.name.startsWith('.') ? [] : filesBelow(file);
    return [file];
  });
}

/** The Rust sources of a workspace whose crates are its root and the folders in crates/, and the scripts that build it. */
export function buildInputs(/** @type {string} */ root) {
  const folders = ['src', '.cargo', 'crates'].map((name) => path.join(root, name)).filter((folder) => existsSync(folder));
  const names = ['Cargo.toml', 'Cargo.lock', 'scripts/build.mjs'];
  const files = names.map((name) => path.join(root, name)).filter((file) => existsSync(file));
  return [...files, ...folders.flatMap(filesBelow)].sort();
}

/** A hash of the names and contents of files, and of `also`, which is any other input of the build. */
export function fingerprint(/** @type {string} */ root, /** @type {string[]} */ files, also = '') {
  const hash = createHash('sha256').update(also);
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`\0${path.relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Whether the build was made from inputs with this fingerprint and all its results exist. */
export function isCurrent(/** @type {string} */ stampFile, /** @type {string} */ print, /** @type {string[]} */ results) {
  return [stampFile, ...results].every((file) => existsSync(file)) && readFileSync(stampFile, 'utf8') === print;
}

export const writeStamp = (/** @type {string} */ stampFile, /** @type {string} */ print) => writeFileSync(stampFile, print);
