// Parses the repository's Markdown for the tests: code blocks, code spans, links and anchors.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import GithubSlugger from 'github-slugger';
import { Lexer, walkTokens } from 'marked';
import { inRoot, root } from '../../scripts/setup/paths.mjs';

/** The project's files: committed, or new and not ignored. @returns {string[]} */
export const projectFiles = () =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
    .split('\0').filter(Boolean).sort();

export const readText = (/** @type {string} */ file) => readFileSync(inRoot(file), 'utf8');

/**
 * @typedef {{ where: string, language: string, text: string }} Block a fenced block; `where` is FILE:LINE
 * @typedef {{ where: string, href: string }} Link
 */

/** Parses one Markdown file. marked has no positions, so the line of a token is found by searching on from the last token. */
export function readMarkdown(/** @type {string} */ file, text = readText(file)) {
  const slugger = new GithubSlugger();
  /** @type {Block[]} */ const blocks = [];
  /** @type {Link[]} */ const links = [];
  /** @type {{ where: string, text: string }[]} */ const spans = [];
  /** @type {Set<string>} */ const anchors = new Set();

  let at = 0;
  const lineAt = (/** @type {number} */ offset) => text.slice(0, offset).split('\n').length;
  for (const top of Lexer.lex(text)) {
    const start = Math.max(at, text.indexOf(top.raw, at));
    at = start + top.raw.length;
    walkTokens([top], (token) => {
      const where = `${file}:${lineAt(start + Math.max(0, top.raw.indexOf(token.raw)))}`;
      if (token.type === 'code' && token.codeBlockStyle !== 'indented') {
        blocks.push({ where, language: (token.lang ?? '').split(/\s/)[0], text: token.text });
      } else if (token.type === 'codespan') spans.push({ where, text: token.text });
      else if (token.type === 'link' || token.type === 'image') links.push({ where, href: token.href });
      else if (token.type === 'heading') anchors.add(slugger.slug(plain(token)));
      else if (token.type === 'html') {
        for (const [, id] of token.text.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(id);
        for (const [, href] of token.text.matchAll(/\b(?:href|src)="([^"]+)"/g)) links.push({ where, href });
      }
    });
  }
  return { file, blocks, spans, links, anchors };
}

/** The text of a heading from which GitHub derives its anchor. @returns {string} */
const plain = (/** @type {any} */ token) => (token.tokens ? token.tokens.map(plain).join('') : token.text);
