// docs/troubleshooting.md knows every failure there is, and quotes what is really said.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { readPage } from './page.mjs';

const page = readPage('troubleshooting.md');
const text = readFileSync(inRoot('docs', 'troubleshooting.md'), 'utf8');

test('the table has every code of the API with its status, and no other', () => {
  const api = readFileSync(inRoot('public', 'openapi.yaml'), 'utf8');
  const described = [...api.matchAll(/^ +status: (\d+)\n +detail: .*\n +code: (\w+)$/gm)].map(([, status, code]) => `${code} ${status}`);
  assert.ok(described.length > 15);
  const listed = page.rows('A session does not start').map(([code, status]) => `${code.replaceAll('`', '')} ${status}`);
  assert.equal(new Set(listed).size, listed.length);
  assert.deepEqual(listed.sort(), [...new Set(described)].sort());
});

/** Whether the scripts or the Worker say that. @param {string} words */
function isSaid(words, ...places) {
  try {
    return execFileSync('git', ['grep', '-F', '-e', words, '--', ...places], { cwd: inRoot(), encoding: 'utf8' }) !== '';
  } catch {
    return false;
  }
}

test('the words of the scripts are theirs', () => {
  const rows = page.rows('On your machine');
  assert.ok(rows.length > 5);
  for (const [words] of rows) {
    // Numbers and names in the middle are filled in when it is said.
    const parts = words.replaceAll('`', '').split(/\d{4}|wasm32-unknown-unknown/).map((part) => part.trim()).filter(Boolean);
    for (const part of parts) assert.ok(isSaid(part, 'scripts'), part);
  }
});

test('the sentences of the Worker are its own', () => {
  for (const words of ['Nothing in the request proves who it is for. Start a new session.', 'Invalid API key', 'Beta feature not available',
    'This address needs the header Authorization: Bearer ADMIN_TOKEN.']) {
    assert.ok(text.includes(`"${words}"`), words);
    assert.ok(isSaid(words, 'crates/rules/src'), words);
  }
  for (const code of ['widget_not_ready', 'blocked_by_policy']) {
    assert.ok(text.includes(`\`${code}\``), code);
    assert.ok(isSaid(`${code}:`, 'public/demo/problems.js'), code);
  }
  assert.ok(isSaid("title: 'The chat does not start'", 'public/demo/problems.js'));
});
