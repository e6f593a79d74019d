// No word of the repository is a known misspelling: pages, documents, comments and names. typos.toml says what is left out.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { pythonProgram } from '../../scripts/setup/python.mjs';
import { root } from '../../scripts/setup/paths.mjs';

/** @param {string[]} args @param {string} [input] */
const typos = (args, input) =>
  spawnSync(pythonProgram('typos'), ['--format', 'brief', '--color', 'never', ...args], { cwd: root, input, encoding: 'utf8' });

test('every word is spelt as it should be', () => {
  const { status, stdout, stderr } = typos(['--hidden', '--exclude', '.git/', '.']);
  assert.equal(stdout + stderr, '');
  assert.equal(status, 0);
});

test('a misspelling is found', () => {
  const wrong = ['rec', 'ie', 'ves'].join('');
  const { status, stdout } = typos(['-'], `The visitor ${wrong} a cookie.\n`);
  assert.equal(status, 2);
  assert.match(stdout, /`receives`/);
});
