// Generates the tables of docs/api.md from public/openapi.yaml: `node scripts/api-docs.mjs`. A test fails if they are stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseYaml } from '@redocly/openapi-core';
import { inRoot } from './setup/paths.mjs';

const METHODS = ['get', 'post', 'delete'];

/** @typedef {any} Document the parsed public/openapi.yaml */

export const readDocument = () => /** @type {Document} */ (parseYaml(readFileSync(inRoot('public', 'openapi.yaml'), 'utf8')));

/** Resolves a $ref within the document. */
function resolve(/** @type {Document} */ document, /** @type {any} */ value) {
  if (!value?.$ref) return value;
  const names = value.$ref.slice(2).split('/');
  return names.reduce((/** @type {any} */ at, /** @type {string} */ name) => at[name], document);
}

/** Every operation: its path, method and responses by status. */
export function operations(/** @type {Document} */ document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const { tags, summary, responses } = item[method];
      return { path, method: method.toUpperCase(), tag: tags[0], summary, responses };
    }));
}

function table(/** @type {string[]} */ head, /** @type {string[][]} */ rows) {
  const row = (/** @type {string[]} */ cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [head, head.map(() => '---'), ...rows].map(row).join('\n');
}

/** The table of a tag's operations. */
function endpoints(/** @type {Document} */ document, /** @type {string} */ tag) {
  const ofTag = operations(document).filter((operation) => operation.tag === tag);
  const rows = ofTag.map(({ method, path, summary, responses }) =>
    [`\`${method} ${path}\``, summary, Object.keys(responses).join(', ')]);
  return table(['endpoint', 'does', 'answers'], rows);
}

/** Every problem with its example, in the order of the statuses. */
export function problems(/** @type {Document} */ document) {
  const all = Object.values(document.components.responses).flatMap((response) =>
    Object.values(response.content?.['application/problem+json']?.examples ?? {}).map(({ value }) => value));
  return all.sort((a, b) => a.status - b.status);
}

function problemTable(/** @type {Document} */ document) {
  const rows = problems(document).map(({ code, status, detail }) => [`\`${code}\``, String(status), detail]);
  return table(['code', 'status', 'says, for example'], rows);
}

/** The table of successful responses, from the examples of the document. */
function answers(/** @type {Document} */ document) {
  const rows = operations(document).map(({ method, path, responses }) => {
    const [type, { example }] = /** @type {[string, any]} */ (Object.entries(resolve(document, responses['200']).content)[0]);
    return [`\`${method} ${path}\``, `\`${type === 'application/json' ? JSON.stringify(example) : example}\``];
  });
  return table(['endpoint', 'answers, for example'], rows);
}

/** Returns the page with its tables generated anew. */
export function fill(/** @type {string} */ page, /** @type {Document} */ document) {
  return page.replace(/(<!-- table: (\w+) ?(\w*) -->\n)[^]*?(<!-- end -->)/g, (_, begin, kind, tag, end) => {
    if (kind === 'endpoints') return `${begin}${endpoints(document, tag)}\n${end}`;
    if (kind === 'answers') return `${begin}${answers(document)}\n${end}`;
    if (kind === 'problems') return `${begin}${problemTable(document)}\n${end}`;
    throw new Error(`There is no table "${kind}".`);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = inRoot('docs', 'api.md');
  writeFileSync(file, fill(readFileSync(file, 'utf8'), readDocument()));
}
