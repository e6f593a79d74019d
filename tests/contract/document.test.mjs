// The API description names the same codes and paths as the Worker's own rules.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const read = (/** @type {string} */ path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const document = read('public/openapi.yaml');

/** What a pattern's first group finds, each once, sorted. */
function found(/** @type {string} */ text, /** @type {RegExp} */ pattern) {
  return [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
}

/** The code of a file of rules, without its tests. */
const rules = (/** @type {string} */ path) => read(path).split('#[cfg(test)]')[0] ?? '';

test('the description has every problem code and no other', () => {
  // Nobody sees the answer to a client that is gone; its code is for the log.
  const codes = found(rules('crates/rules/src/problem.rs'), /\b\d{3},\s+"([a-z_]+)",/g).filter((code) => code !== 'client_gone');
  assert.ok(codes.length > 10);
  assert.deepEqual(found(document, /^ {12}- ([a-z_]+)$/gm), codes);
  assert.deepEqual(found(document, /^ {12}([a-z_]+):\n {14}value:/gm), codes, 'an example for each');
});

test('the description has every endpoint and no other', () => {
  const served = rules('crates/rules/src/router.rs').match(/fn of\(path[\s\S]+?fn allow/)?.[0] ?? '';
  const paths = found(served, /"(\/[^"]*)"/g);
  assert.ok(paths.length > 10);
  assert.deepEqual(found(document, /^ {2}(\/[^:]*):$/gm), [...paths, '/api/chatkit/session/{id}'].sort());
});
