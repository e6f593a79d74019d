// Code and configuration that the documentation shows: each language is parsed by what would read it, and the settings that
// it names exist.
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

const known = (/** @type {string[]} */ names) => {
  for (const name of names) assert.ok(SETTINGS.has(name), `there is no setting ${name}`);
};

/** Writes wrangler.toml with a sample added to it, as its reader would, into a file beside it. */
export function writeWithSample(/** @type {any} */ sample, /** @type {string} */ folder) {
  const whole = parseToml(readFileSync(path.join(folder, 'wrangler.toml'), 'utf8'));
  const file = path.join(folder, 'sample.toml');
  writeFileSync(file, stringify(merged(whole, sample)));
  return file;
}

/** A part of wrangler.toml fits into the one that is there: wrangler takes the whole and knows every field. */
function wranglerToml(/** @type {string} */ text, /** @type {string} */ folder) {
  const sample = parseToml(text);
  for (const place of [sample, ...Object.values(/** @type {any} */ (sample.env) ?? {})]) known(Object.keys(place.vars ?? {}));
  const file = writeWithSample(sample, folder);
  /** @type {string[]} */ const warnings = [];
  const { warn } = console;
  console.warn = (...words) => warnings.push(words.join(' '));
  try {
    for (const env of [undefined, ...Object.keys(sample.env ?? {})]) readConfig({ config: file, env }, { hideWarnings: false });
  } finally {
    console.warn = warn;
    rmSync(file);
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
  const complaints = (/** @type {string} */ code) =>
    (ts.transpileModule(code, { fileName, reportDiagnostics: true, compilerOptions }).diagnostics ?? [])
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  const found = complaints(text);
  // A part of an object, such as an option to add.
  if (found.length && !complaints(`({${text}})`).length) return;
  assert.deepEqual(found, []);
}

const ofEveryElement = new Set(['id', 'class', 'style', 'slot', 'lang', 'hidden']);

/** Our element is given only attributes that its code reads. */
function html(/** @type {string} */ text) {
  const { elements, errors } = readHtml(text);
  assert.deepEqual(errors, []);
  const code = globSync('embed/*.js', { cwd: root }).map(readText).join('');
  for (const { name } of elements.filter(({ tag }) => tag === 'chatkit-edge').flatMap(({ props }) => props)) {
    const isRead = code.includes(`'${name}'`) || code.includes(`.${name} `);
    assert.ok(ofEveryElement.has(name) || isRead, `<chatkit-edge> has no attribute "${name}"`);
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
  // A sample may leave out parts, as in {"id":"…"} or { … }.
  JSON.parse(text.replace(/([[{,]\s*)…(\s*[\]}])/g, (_, before, after) => before.replace(',', '') + after));
}

function yaml(/** @type {string} */ text) {
  for (const { errors } of parseAllDocuments(text)) assert.deepEqual(errors, []);
}

/** A change of a reader's own page marks its lines. */
function diff(/** @type {string} */ text) {
  for (const line of text.split('\n')) assert.match(line, /^([ +-]|$)/);
  assert.match(text, /^[+-]/m);
}

/** What a Content-Security-Policy may have; a block of no language is one. */
function policy(/** @type {string} */ text) {
  const directive = /^(script|connect|frame|style|img|font|worker|default)-src( (https:\/\/[\w.*-]+|'[\w-]+'|data:|blob:))+$/;
  for (const line of text.split('\n')) assert.match(line, directive);
}

/** By language. @type {Record<string, (text: string, folder: string) => void>} */
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
  dotenv: (text) => known(Object.keys(parseDotenv(text))),
  '': policy,
};
