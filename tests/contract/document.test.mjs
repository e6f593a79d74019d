// The API description lists the same problem codes and paths as the Worker's code.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const read = (/** @type {string} */ path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const document = read('public/openapi.yaml');

/** The matches of a pattern's first group, unique and sorted. */
function findAll(/** @type {string} */ text, /** @type {RegExp} */ pattern) {
  return [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
}

/** A file of the rules without its tests. */
const rules = (/** @type {string} */ path) => read(path).split('#[cfg(test)]')[0] ?? '';

test('the description lists every problem code and no other', () => {
  // client_gone is only logged: a client that disconnected gets no response.
  const codes = findAll(rules('crates/rules/src/problem_texts.rs'), /\b\d{3},\s+"([a-z_]+)",/g).filter((code) => code !== 'client_gone');
  assert.ok(codes.length > 10);
  assert.deepEqual(findAll(document, /^ {12}- ([a-z_]+)$/gm), codes);
  assert.deepEqual(findAll(document, /^ {12}([a-z_]+):\n {14}value:/gm), codes, 'each code has an example');
});

test('the description lists every endpoint and no other', () => {
  const served = rules('crates/rules/src/router.rs').match(/fn of\(path[\s\S]+?fn allow/)?.[0] ?? '';
  const paths = findAll(served, /"(\/[^"]*)"/g);
  assert.ok(paths.length > 10);
  assert.deepEqual(findAll(document, /^ {2}(\/[^:]*):$/gm), [...paths, '/api/chatkit/session/{id}', '/chatkit/runs/{id}'].sort());
});
