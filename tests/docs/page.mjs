// A page of docs/ as its tests use it: the code and the tables in it, as they stand.
import { readFileSync } from 'node:fs';

const table = /^\| (.+?) \| .+ \|$/gm;

/** @param {string} name the page's file in docs/ */
export function readPage(name) {
  const text = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

  /** The text below a heading, up to the next one of its rank or above. */
  function section(/** @type {string} */ heading) {
    const [, level, rest] = new RegExp(`^(##+) ${heading}$([^]*)`, 'm').exec(text) ?? [];
    if (!level) throw new Error(`docs/${name} has no heading "${heading}"`);
    return rest.split(new RegExp(`^#{2,${level.length}} `, 'm'))[0];
  }

  /** The fenced blocks of a language in a section. */
  const codes = (/** @type {string} */ heading, /** @type {string} */ language) =>
    [...section(heading).matchAll(/^```(\w+)\n([^]*?)^```$/gm)].filter((block) => block[1] === language).map(([, , text]) => text);

  /** The one fenced block of a language in a section. */
  function code(/** @type {string} */ heading, /** @type {string} */ language) {
    const blocks = codes(heading, language);
    if (blocks.length !== 1) throw new Error(`docs/${name} has ${blocks.length} blocks of ${language} in "${heading}"`);
    return blocks[0];
  }

  return {
    code,
    codes,
    /** The variables of a section's block of wrangler.toml. @param {string} heading @returns {Record<string, string>} */
    vars: (heading) =>
      Object.fromEntries([...code(heading, 'toml').matchAll(/^(\w+) = "(.*)"$/gm)].map(([, variable, value]) => [variable, value])),
    /** The rows of a section's tables, each as its cells, without head and rule. */
    rows: (/** @type {string} */ heading) =>
      [...section(heading).matchAll(/^\|.*\n\| ?:?-.*\n((?:\|.*\n?)*)/gm)].flatMap(([, body]) =>
        body.trimEnd().split('\n').map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim()))),
    /** The first column of a section's table, without its head. */
    firstColumn: (/** @type {string} */ heading) => [...section(heading).matchAll(table)].map((row) => row[1]).slice(2),
  };
}
