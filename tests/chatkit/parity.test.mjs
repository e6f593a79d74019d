// docs/parity.md is complete: it has every type of chatkit-python, and each test and file that it names exists.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { projectFiles, readText } from '../docs/markdown.mjs';
import { differences, lastCells, listed, places, testsIn } from './parity-page.mjs';
import { startModelCheck } from './programs.mjs';
import { readStream, streamNames } from './recorded-responses.mjs';

const TYPES = /** @type {const} */ ([
  ['Requests', 'requests'], ['Events', 'events'], ['Updates of items', 'updates'], ['Items', 'items'],
]);
const REFERENCE_TESTS = "The tests of chatkit-python's server";
const files = projectFiles();
const found = (/** @type {string} */ name) => files.filter((file) => path.basename(file) === name);

/** @type {Awaited<ReturnType<typeof startModelCheck>>} */
let check;
before(async () => {
  check = await startModelCheck();
});
after(() => check?.close());

describe('the page lists', () => {
  for (const [heading, kind] of TYPES) {
    test(`all ${kind}`, () => assert.deepEqual(listed(heading).sort(), check.types[kind]));
  }

  test("all 48 tests of chatkit-python's server, each once", () => {
    const names = listed(REFERENCE_TESTS);
    assert.equal(names.length, 48);
    assert.equal(new Set(names).size, 48);
    for (const name of names) assert.match(name, /^test_\w+$/);
  });

  test('the differences that the recordings show, with all of their recordings', () => {
    /** @type {Map<string, Set<string>>} */
    const shown = new Map();
    for (const stream of streamNames()) {
      for (const { improvements } of readStream(stream).differences ?? []) {
        for (const name of improvements) shown.set(name, (shown.get(name) ?? new Set()).add(stream));
      }
    }
    const onPage = differences().filter(({ recordings }) => recordings.length);
    assert.deepEqual(
      onPage.map(({ name, recordings }) => [name, recordings.sort()]).sort(),
      [...shown].map(([name, streams]) => [name, [...streams].sort()]).sort(),
    );
  });
});

describe('what the page names exists:', () => {
  for (const heading of [...TYPES.map(([name]) => name), 'What differs', REFERENCE_TESTS]) {
    test(`the tests of "${heading}"`, () => {
      for (const { of, cell } of lastCells(heading)) {
        const tests = testsIn(cell);
        assert.ok(tests.length || cell.startsWith('not done: '), `${of} has no test`);
        for (const { file, title } of tests) {
          const [where, ...others] = found(file);
          assert.ok(where && !others.length, `${of}: ${file}`);
          if (title) assert.ok(readText(where).includes(file.endsWith('.rs') ? `fn ${title}(` : `test('${title}'`), `${of}: ${title}`);
        }
      }
    });
  }

  test('the files of the code', () => {
    const names = TYPES.flatMap(([heading]) => places(heading));
    assert.ok(names.length > 20);
    assert.deepEqual(names.filter((name) => !found(name).length), []);
  });
});
