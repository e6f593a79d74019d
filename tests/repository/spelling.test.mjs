// No file of the repository contains a known misspelling. typos.toml lists the exceptions.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { pythonProgram } from '../../scripts/setup/python.mjs';
import { root } from '../../scripts/setup/paths.mjs';

/** @param {string[]} args @param {string} [input] */
const typos = (args, input) =>
  spawnSync(pythonProgram('typos'), ['--format', 'brief', '--color', 'never', ...args], { cwd: root, input, encoding: 'utf8' });

test('the repository has no known misspelling', () => {
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
