// Reads the code and the tables of a page in docs/ for its tests.
import { Lexer, walkTokens } from 'marked';
import { readText } from './markdown.mjs';

/** @param {string} name the page's file in docs/ */
export function readPage(name) {
  const tokens = Lexer.lex(readText(`docs/${name}`));

  /** The tokens below a heading, up to the next heading of the same or a higher level. @returns {any[]} */
  function section(/** @type {string} */ heading) {
    const at = tokens.findIndex(({ type, text }) => type === 'heading' && text === heading);
    if (at === -1) throw new Error(`docs/${name} has no heading "${heading}"`);
    const rest = tokens.slice(at + 1);
    const end = rest.findIndex(({ type, depth }) => type === 'heading' && depth <= tokens[at].depth);
    return end === -1 ? rest : rest.slice(0, end);
  }

  /** The code blocks of a language in a section. */
  function codes(/** @type {string} */ heading, /** @type {string} */ language) {
    /** @type {string[]} */
    const found = [];
    walkTokens(section(heading), (token) => {
      if (token.type === 'code' && token.lang === language) found.push(`${token.text}\n`);
    });
    return found;
  }

  /** The only code block of a language in a section. */
  function code(/** @type {string} */ heading, /** @type {string} */ language) {
    const blocks = codes(heading, language);
    if (blocks.length !== 1) throw new Error(`docs/${name} has ${blocks.length} blocks of ${language} in "${heading}"`);
    return blocks[0];
  }

  /** The cells of each row of a section's tables, without the headers. @returns {string[][]} */
  const rows = (/** @type {string} */ heading) =>
    section(heading).filter(({ type }) => type === 'table')
      .flatMap((table) => table.rows.map((/** @type {{ text: string }[]} */ row) => row.map(({ text }) => text)));

  return {
    code,
    codes,
    /** The variables in a section's sample of wrangler.toml. @param {string} heading @returns {Record<string, string>} */
    vars: (heading) =>
      Object.fromEntries([...code(heading, 'toml').matchAll(/^(\w+) = "(.*)"$/gm)].map(([, name, value]) => [name, value])),
    rows,
    /** The first column of a section's tables, without the headers. */
    firstColumn: (/** @type {string} */ heading) => rows(heading).map(([cell]) => cell),
  };
}
