// How the set-up determines which versions are installed and which are needed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { missingPackages } from '../../scripts/setup/npm.mjs';
import { atLeast, installedTools, lockedVersion, toolVersions } from '../../scripts/setup/versions.mjs';

const lock = 'version = 4\n\n[[package]]\nname = "wasm-bindgen"\nversion = "0.2.129"\n\n[[package]]\nname = "wasm-bindgen-macro"\nversion = "0.2.1"\n';

test('lockedVersion finds a crate in Cargo.lock by its full name', () => {
  assert.equal(lockedVersion(lock, 'wasm-bindgen'), '0.2.129');
  assert.equal(lockedVersion(lock, 'wasm'), null);
});

test('toolVersions has a version for each build tool', () => {
  assert.deepEqual(toolVersions().map(({ crate }) => crate), ['worker-build', 'wasm-bindgen-cli']);
  for (const { version } of toolVersions()) assert.match(version, /^\d+\.\d+\.\d+/);
});

test("installedTools parses cargo's record of installed programs", () => {
  const record = '[v1]\n"worker-build 0.8.7 (registry+https://example.com)" = ["worker-build"]\n';
  assert.deepEqual([...installedTools(record)], [['worker-build', '0.8.7']]);
});

test('atLeast compares versions part by part, as numbers', () => {
  assert.ok(atLeast('1.91.0', '1.91.0'));
  assert.ok(atLeast('1.100.0', '1.91.0'));
  assert.ok(atLeast('2.0.0-nightly', '1.91.0'));
  assert.ok(!atLeast('1.63.0', '1.91.0'));
  assert.ok(!atLeast('0', '1.91.0'));
});

test('missingPackages lists packages that are absent or have another version, unless they are optional', () => {
  const wanted = { packages: { '': {}, 'node_modules/a': { version: '1' }, 'node_modules/b': { version: '2' }, 'node_modules/c': { version: '3', optional: true } } };
  assert.deepEqual(missingPackages(wanted, { packages: { 'node_modules/a': { version: '1' }, 'node_modules/b': { version: '1' } } }), ['node_modules/b']);
  assert.deepEqual(missingPackages(wanted, undefined), ['node_modules/a', 'node_modules/b']);
});
