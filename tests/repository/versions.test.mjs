// Cargo.toml, package.json, the lockfiles, the API description and the changelog agree on the version, and npm dependencies are
// pinned.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { readText } from '../docs/markdown.mjs';

const cargo = /** @type {any} */ (parseToml(readText('Cargo.toml')));
const npm = JSON.parse(readText('package.json'));
const npmLock = JSON.parse(readText('package-lock.json'));
const { version } = cargo.workspace.package;

test('every file that states the version has the same one', () => {
  const locked = (/** @type {string} */ lock, /** @type {string} */ crate) =>
    /** @type {any[]} */ (parseToml(readText(lock)).package).find(({ name }) => name === crate)?.version;
  assert.deepEqual({
    'package.json': npm.version,
    'package-lock.json': npmLock.version,
    'package-lock.json, its root': npmLock.packages[''].version,
    'Cargo.lock, the Worker': locked('Cargo.lock', cargo.package.name),
    'Cargo.lock, the rules': locked('Cargo.lock', 'rules'),
    'fuzz/Cargo.lock': locked('fuzz/Cargo.lock', 'rules'),
    'public/openapi.yaml': parseYaml(readText('public/openapi.yaml')).info.version,
  }, {
    'package.json': version,
    'package-lock.json': version,
    'package-lock.json, its root': version,
    'Cargo.lock, the Worker': version,
    'Cargo.lock, the rules': version,
    'fuzz/Cargo.lock': version,
    'public/openapi.yaml': version,
  });
});

test('the changelog starts with this version, is sorted, and has release dates', () => {
  const headings = [...readText('CHANGELOG.md').matchAll(/^## \[(.+?)\](.*)$/gm)].map(([, name, rest]) => ({ name, rest }));
  const [first, ...others] = headings.filter(({ name }) => name !== 'Unreleased');
  assert.equal(first.name, version, 'the newest version in CHANGELOG.md is the one of Cargo.toml');
  for (const { name, rest } of [first, ...others]) {
    assert.match(name, /^\d+\.\d+\.\d+$/);
    assert.match(rest, /^ - (\d{4}-\d{2}-\d{2}|unreleased)$/);
  }
  for (const { rest } of others) assert.doesNotMatch(rest, /unreleased/, 'older versions have a release date');
  const sorted = [...headings.map(({ name }) => name)].sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  assert.deepEqual(headings.map(({ name }) => name), sorted);
});

test('npm packages are pinned, and the lockfile has no registry URLs', () => {
  for (const [name, range] of Object.entries({ ...npm.dependencies, ...npm.devDependencies })) {
    assert.match(String(range), /^\d+\.\d+\.\d+$/, `${name} is not pinned`);
    assert.equal(npmLock.packages[`node_modules/${name}`].version, range);
  }
  const hosts = Object.entries(npmLock.packages).filter(([, entry]) => entry.resolved);
  assert.deepEqual(hosts, []);
});

test('the lockfile has workerd for every supported platform', () => {
  for (const system of ['darwin-64', 'darwin-arm64', 'linux-64', 'linux-arm64', 'windows-64']) {
    const entry = npmLock.packages[`node_modules/@cloudflare/workerd-${system}`];
    assert.ok(entry, `npm dropped workerd for ${system}; restore it by hand`);
  }
});
