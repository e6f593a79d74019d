// docs/troubleshooting.md lists every failure, and quotes the messages exactly.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { root } from '../../scripts/setup/paths.mjs';
import { readText } from './markdown.mjs';
import { readPage } from './page.mjs';

const page = readPage('troubleshooting.md');
const text = readText('docs/troubleshooting.md');

test('the table has exactly the codes of the API, with their status', () => {
  const problems = readText('public/openapi.yaml').matchAll(/^ +status: (\d+)\n +detail: .*\n +code: (\w+)$/gm);
  const described = [...problems].map(([, status, code]) => `${code} ${status}`);
  assert.ok(described.length > 15);
  const listed = page.rows('A session does not start').map(([code, status]) => `${code.replaceAll('`', '')} ${status}`);
  assert.equal(new Set(listed).size, listed.length);
  assert.deepEqual(listed.sort(), [...new Set(described)].sort());
});

/** Whether the source at a path contains these words. */
const contains = (/** @type {string} */ path, /** @type {string} */ words) =>
  spawnSync('git', ['grep', '--quiet', '-F', '-e', words, '--', path], { cwd: root }).status === 0;

test('the messages quoted from the scripts are in the scripts', () => {
  const rows = page.rows('On your machine');
  assert.ok(rows.length > 5);
  for (const [words] of rows) {
    // The scripts insert the port and the target's name.
    const parts = words.replaceAll('`', '').split(/\d{4}|wasm32-unknown-unknown/).map((part) => part.trim()).filter(Boolean);
    for (const part of parts) assert.ok(contains('scripts', part), part);
  }
});

test('the messages quoted from the Worker and the demo are in their code', () => {
  for (const words of [
    "The refresh has neither the visitor's cookie nor the old client secret.",
    'The client secret does not prove this refresh:',
    'Nothing in the request proves who the visitor is.',
    'Invalid API key',
    'Beta feature not available',
    'This address requires the header Authorization: Bearer ADMIN_TOKEN.',
  ]) {
    assert.ok(text.includes(`"${words}"`), words);
    assert.ok(contains('crates/rules/src', words), words);
  }
  for (const code of ['widget_not_ready', 'blocked_by_policy', 'domain_key_missing']) {
    assert.ok(text.includes(`\`${code}\``), code);
    assert.ok(contains('public/demo/problems.js', `${code}:`), code);
  }
  assert.ok(contains('public/demo/problems.js', "title: 'The chat does not start'"));
});
