// The bytes that the crate `chatkit` reads and writes in its tests: chatkit-python writes the same, and no type is missing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { startModelCheck } from './programs.mjs';

/** The lines of a file, which may have U+2028 within them. @param {string} name */
const linesOf = (name) => readFileSync(inRoot('crates', 'chatkit', 'tests', name), 'utf8').split('\n').filter(Boolean);
const events = linesOf('reference_events.jsonl');

/** @type {Awaited<ReturnType<typeof startModelCheck>>} */
let check;
before(async () => {
  check = await startModelCheck();
});
after(() => check?.close());

test('chatkit-python writes the same events', async () => {
  const problems = await Promise.all(events.map((bytes) => check.problemsOf(bytes)));
  assert.deepEqual(problems.flat(), []);
});

test('chatkit-python writes the same results', async () => {
  const problems = await Promise.all(linesOf('reference_results.txt').map((line) => {
    const [type] = line.split(' ', 1);
    return check.problemsOf(line.slice(type.length + 1), type);
  }));
  assert.deepEqual(problems.flat(), []);
});

test('every event, update and item of chatkit-python is among them', () => {
  const parsed = events.map((line) => JSON.parse(line));
  const typesIn = (/** @type {any[]} */ values) => [...new Set(values.filter(Boolean).map(({ type }) => type))].sort();
  assert.deepEqual(typesIn(parsed), check.types.events);
  assert.deepEqual(typesIn(parsed.map(({ update }) => update)), check.types.updates);
  assert.deepEqual(typesIn(parsed.map(({ item }) => item)), check.types.items);
});

test('the numbers of types are those of chatkit-python 1.6.5', () => {
  const counts = Object.fromEntries(Object.entries(check.types).map(([kind, names]) => [kind, names.length]));
  assert.deepEqual(counts, { requests: 16, events: 12, updates: 10, items: 11 });
});
