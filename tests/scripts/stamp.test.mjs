// Whether a build is up to date.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { buildInputs, fingerprint, isCurrent, writeStamp } from '../../scripts/stamp.mjs';

/** Creates a small workspace in a temporary folder that is deleted after the test. */
function workspace(/** @type {import('node:test').TestContext} */ t) {
  const root = mkdtempSync(path.join(tmpdir(), 'stamp-'));
  t.after(() => rmSync(root, { recursive: true }));
  const write = (/** @type {string} */ name, content = '') => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  };
  for (const name of ['Cargo.toml', 'Cargo.lock', 'src/lib.rs', 'src/a/b.rs', 'crates/rules/Cargo.toml', 'crates/rules/src/lib.rs']) write(name, name);
  const print = (also = '') => fingerprint(root, buildInputs(root), also);
  return { root, write, print };
}

test('every crate of the workspace counts, and neither its tests nor other folders', (t) => {
  const { root, write } = workspace(t);
  for (const name of ['crates/rules/tests/x.rs', 'crates/rules/target/x', 'public/index.html', 'build/index.js']) write(name);
  assert.deepEqual(buildInputs(root).map((file) => path.relative(root, file)),
    ['Cargo.lock', 'Cargo.toml', 'crates/rules/Cargo.toml', 'crates/rules/src/lib.rs', 'src/a/b.rs', 'src/lib.rs']);
});

test('the same sources give the same fingerprint', (t) => {
  const { write, print } = workspace(t);
  const before = print();
  write('src/lib.rs', 'src/lib.rs');
  assert.equal(print(), before);
});

test('a changed, added or renamed source or another compiler changes the fingerprint', (t) => {
  const { root, write, print } = workspace(t);
  const prints = [print(), print('rustc 2')];
  write('src/lib.rs', 'changed');
  prints.push(print());
  write('src/new.rs');
  prints.push(print());
  rmSync(path.join(root, 'src/new.rs'));
  write('src/newer.rs');
  prints.push(print());
  assert.equal(new Set(prints).size, prints.length);
});

test('a build is current if its stamp matches and all its files exist', (t) => {
  const { root, write, print } = workspace(t);
  const stamp = path.join(root, '.stamp');
  const result = path.join(root, 'build/index.js');
  assert.equal(isCurrent(stamp, print(), [result]), false);
  write('build/index.js');
  writeStamp(stamp, print());
  assert.equal(isCurrent(stamp, print(), [result]), true);
  assert.equal(isCurrent(stamp, print('other'), [result]), false);
  rmSync(result);
  assert.equal(isCurrent(stamp, print(), [result]), false);
});
