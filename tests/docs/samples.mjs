// Checks the code and configuration in the documentation: each language is parsed by the tool that would read it, and every
// setting named exists.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseToml, stringify } from 'smol-toml';
import ts from 'typescript';
import { compileScript, compileTemplate, parse as parseVue } from 'vue/compiler-sfc';
import { unstable_readConfig as readConfig } from 'wrangler';
import { parseAllDocuments } from 'yaml';
import { parseDotenv, SETTINGS } from '../../scripts/dotenv.mjs';
import { pythonProgram } from '../../scripts/setup/python.mjs';
import { readHtml } from './html.mjs';
import { root } from '../../scripts/setup/paths.mjs';
import { readText } from './markdown.mjs';

const settingsExist = (/** @type {string[]} */ names) => {
  for (const name of names) assert.ok(SETTINGS.has(name), `there is no setting ${name}`);
};

/** Writes a copy of the folder's wrangler.toml with a sample added, into a file beside it. */
export function writeConfigWith(/** @type {any} */ sample, /** @type {string} */ folder) {
  const whole = parseToml(readFileSync(path.join(folder, 'wrangler.toml'), 'utf8'));
  const file = path.join(folder, 'sample.toml');
  writeFileSync(file, stringify(merged(whole, sample)));
  return file;
}

/** What wrangler reads from the folder's wrangler.toml with a sample added. */
export function readConfigWith(/** @type {any} */ sample, /** @type {string} */ folder, /** @type {string | undefined} */ env) {
  const file = writeConfigWith(sample, folder);
  try {
    return readConfig({ config: file, env }, { hideWarnings: false });
  } finally {
    rmSync(file);
  }
}

/** A part of wrangler.toml fits into the folder's: wrangler accepts the whole and knows every field. */
function wranglerToml(/** @type {string} */ text, /** @type {string} */ folder) {
  const sample = parseToml(text);
  const environments = /** @type {any} */ (sample.env) ?? {};
  for (const { vars } of [sample, ...Object.values(environments)]) settingsExist(Object.keys(vars ?? {}));
  /** @type {string[]} */ const warnings = [];
  const { warn } = console;
  console.warn = (...words) => warnings.push(words.join(' '));
  try {
    for (const env of [undefined, ...Object.keys(environments)]) readConfigWith(sample, folder, env);
  } finally {
    console.warn = warn;
  }
  assert.doesNotMatch(warnings.join('\n'), /Unexpected fields/);
}

/** @returns {any} */
function merged(/** @type {any} */ whole, /** @type {any} */ part) {
  if (Array.isArray(whole) && Array.isArray(part)) return [...whole, ...part];
  if (typeof whole !== 'object' || typeof part !== 'object' || Array.isArray(part)) return part;
  const added = Object.entries(part).map(([name, value]) => [name, name in whole ? merged(whole[name], value) : value]);
  return { ...whole, ...Object.fromEntries(added) };
}

function script(/** @type {string} */ text, /** @type {string} */ fileName) {
  const compilerOptions = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, jsx: ts.JsxEmit.Preserve };
  const errors = (/** @type {string} */ code) =>
    (ts.transpileModule(code, { fileName, reportDiagnostics: true, compilerOptions }).diagnostics ?? [])
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  const found = errors(text);
  // A sample may be a part of an object, such as an option to add.
  if (found.length && !errors(`({${text}})`).length) return;
  assert.deepEqual(found, []);
}

const globalAttributes = new Set(['id', 'class', 'style', 'slot', 'lang', 'hidden']);

/** The HTML is valid, and <chatkit-edge> has only attributes that its code reads. */
function html(/** @type {string} */ text) {
  const { elements, errors } = readHtml(text);
  assert.deepEqual(errors, []);
  const code = globSync('embed/*.js', { cwd: root }).map(readText).join('');
  for (const { name } of elements.filter(({ tag }) => tag === 'chatkit-edge').flatMap(({ props }) => props)) {
    const isRead = code.includes(`'${name}'`) || code.includes(`.${name} `);
    assert.ok(globalAttributes.has(name) || isRead, `<chatkit-edge> has no attribute "${name}"`);
  }
}

function vue(/** @type {string} */ text) {
  const { descriptor, errors } = parseVue(text);
  assert.deepEqual(errors, []);
  if (descriptor.scriptSetup) compileScript(descriptor, { id: 'sample' });
  if (descriptor.template) {
    const compiled = compileTemplate({ source: descriptor.template.content, filename: 'sample.vue', id: 'sample' });
    assert.deepEqual(compiled.errors, []);
  }
}

function python(/** @type {string} */ text) {
  const parse = 'import ast, sys; ast.parse(sys.stdin.read())';
  const { status, stderr } = spawnSync(pythonProgram(), ['-c', parse], { input: text, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

function json(/** @type {string} */ text) {
  // A sample may abbreviate, as in {"id":"…"} or { … }.
  JSON.parse(text.replace(/([[{,]\s*)…(\s*[\]}])/g, (_, before, after) => before.replace(',', '') + after));
}

function yaml(/** @type {string} */ text) {
  for (const { errors } of parseAllDocuments(text)) assert.deepEqual(errors, []);
}

/** Every line of a diff is marked, and at least one is changed. */
function diff(/** @type {string} */ text) {
  for (const line of text.split('\n')) assert.match(line, /^([ +-]|$)/);
  assert.match(text, /^[+-]/m);
}

/** A block without a language is a Content-Security-Policy. */
function policy(/** @type {string} */ text) {
  const directive = /^(script|connect|frame|style|img|font|worker|default)-src( (https:\/\/[\w.*-]+|'[\w-]+'|data:|blob:))+$/;
  for (const line of text.split('\n')) assert.match(line, directive);
}

/** The check of each language. @type {Record<string, (text: string, folder: string) => void>} */
export const parsers = {
  toml: wranglerToml,
  ts: (text) => script(text, 'sample.ts'),
  tsx: (text) => script(text, 'sample.tsx'),
  js: (text) => script(text, 'sample.js'),
  jsx: (text) => script(text, 'sample.jsx'),
  html,
  vue,
  python,
  json,
  jsonc: (text) => assert.equal(ts.parseConfigFileTextToJson('sample.json', text).error, undefined),
  yaml,
  diff,
  dotenv: (text) => settingsExist(Object.keys(parseDotenv(text))),
  '': policy,
};
