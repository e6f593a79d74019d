// Versions of the build tools, from Cargo.lock: each tool must have the version of the crate that it works with.
import { existsSync, readFileSync } from 'node:fs';
import { inRoot } from './paths.mjs';
import { Problem } from './run.mjs';

/** The oldest Rust that the crate `worker` supports. */
export const minimumRust = '1.91.0';

/** The version of a crate in a Cargo.lock, or null. If there are several, the newest, which comes last. */
export function lockedVersion(/** @type {string} */ lock, /** @type {string} */ crate) {
  let found = null;
  for (const entry of lock.split('[[package]]')) {
    const name = /^name = "([^"]+)"$/m.exec(entry)?.[1];
    if (name === crate) found = /^version = "([^"]+)"$/m.exec(entry)?.[1] ?? found;
  }
  return found;
}

/** The crates and versions of the tools: worker-build matches `worker`, wasm-bindgen-cli matches `wasm-bindgen`. */
export function toolVersions() {
  if (!existsSync(inRoot('Cargo.lock'))) throw new Problem('Cargo.lock is missing. Restore it from git, or run "cargo generate-lockfile".');
  const lock = readFileSync(inRoot('Cargo.lock'), 'utf8');
  return [
    { crate: 'worker-build', binary: 'worker-build', of: 'worker' },
    { crate: 'wasm-bindgen-cli', binary: 'wasm-bindgen', of: 'wasm-bindgen' },
  ].map(({ of, ...tool }) => {
    const version = lockedVersion(lock, of);
    if (!version) throw new Problem(`Cargo.lock does not list the crate "${of}". Restore the file from git.`);
    return { ...tool, version };
  });
}

/** The crates that `cargo install` installed, with their versions, from the contents of .crates.toml. */
export function installedTools(/** @type {string} */ cratesToml) {
  return new Map([...cratesToml.matchAll(/^"(\S+) (\S+) \(/gm)].map(([, crate, version]) => [crate, version]));
}

/** Whether `version` (1.95.0, 1.96.0-nightly) is at least `minimum`. */
export function atLeast(/** @type {string} */ version, /** @type {string} */ minimum) {
  const [a, b] = [version, minimum].map((v) => v.split('-')[0].split('.').map(Number));
  const i = b.findIndex((part, index) => (a[index] ?? 0) !== part);
  return i === -1 || (a[i] ?? 0) > b[i];
}
