// What docs/ says about the code is true: the tests that docs/security.md names exist, and docs/storage.md lists every table and
// key, docs/sandbox.md every fault. links.test.mjs checks paths.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { FAULTS } from '../../sandbox/faults.mjs';
import { RESPONSES_FAULTS } from '../../sandbox/responses-faults.mjs';
import { MODELS } from '../../sandbox/responses.mjs';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { readText } from './markdown.mjs';
import { readPage } from './page.mjs';

test('every test that docs/security.md names for an attack exists', () => {
  const rows = readPage('security.md').rows('Attacks, and the tests that show them stopped');
  assert.ok(rows.length > 20);
  for (const [attack, tests] of rows) {
    for (const part of tests.split(/[;,] (?=`)/)) {
      const [, path, name] = /^`(.+?)`(?:: (.+))?/.exec(part) ?? [];
      assert.ok(path && existsSync(inRoot(path)), `${attack}: ${part}`);
      if (name) assert.ok(readText(path).includes(name), `${attack}: ${part}`);
    }
  }
});

test('docs/storage.md lists exactly the tables of the ledger and of the chats', () => {
  for (const [folder, heading, column] of /** @type {const} */ ([['ledger', 'In the objects', 1], ['chats', 'In the chats', 0]])) {
    const code = readdirSync(inRoot('src', folder)).map((file) => readText(`src/${folder}/${file}`)).join('\n');
    const tables = [...code.matchAll(/CREATE TABLE IF NOT EXISTS (\w+)/g)].map(([, table]) => table);
    const listed = readPage('storage.md').rows(heading).map((row) => row[column].replaceAll('`', ''));
    assert.deepEqual(listed.sort(), tables.sort());
  }
});

test('docs/storage.md lists every key that the pages store in the browser', () => {
  const page = readText('docs/storage.md');
  for (const path of ['public/demo/theme.js', 'public/demo/language.js', 'public/dashboard/token.js', 'embed/visitor.js']) {
    const key = /KEY = ['`]([\w-]+)/.exec(readText(path))?.[1] ?? '';
    assert.ok(key.startsWith('chatkit-edge-'), path);
    assert.ok(page.includes(`\`${key}`), key);
  }
});

test('docs/sandbox.md lists exactly the faults, by what they apply to, and the models', () => {
  /** @type {{ sessions: string[], answers: string[] }} */
  const listed = { sessions: [], answers: [] };
  for (const [names, session, answer] of readPage('sandbox.md').rows('Faults')) {
    for (const [, name] of names.matchAll(/`([\w-]+)`/g)) {
      if (session) listed.sessions.push(name);
      if (answer) listed.answers.push(name);
    }
  }
  assert.deepEqual(listed.sessions.sort(), [...FAULTS].sort());
  const sessionsOnly = ['no-secret', 'odd', 'long-over'];
  const ofAnswers = new Set([...FAULTS.filter((name) => !sessionsOnly.includes(name)), ...RESPONSES_FAULTS]);
  assert.deepEqual(listed.answers.sort(), [...ofAnswers].sort());
  const [, models] = /The models are (.+?)\. Like/s.exec(readText('docs/sandbox.md')) ?? [];
  assert.deepEqual([...models.matchAll(/`(.+?)`/g)].map(([, name]) => name), MODELS);
});
