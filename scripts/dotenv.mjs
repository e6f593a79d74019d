// Reading and writing the KEY=value files that wrangler reads too (.dev.vars, .env).
import { existsSync, readFileSync } from 'node:fs';

// A name, then a quoted value (which may span lines) or the rest of the line up to a comment.
const line = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:'([^']*)'|"((?:\\.|[^"\\])*)"|`([^`]*)`|([^\r\n]*?))[ \t]*(?:(?:^|[ \t])#[^\r\n]*)?$/gm;

/** @returns {Record<string, string>} */
export function parseDotenv(/** @type {string} */ text) {
  /** @type {Record<string, string>} */
  const values = {};
  for (const [, name, single, double, backtick, bare] of text.replaceAll('\r\n', '\n').matchAll(line)) {
    values[name] = single ?? double?.replaceAll('\\n', '\n').replaceAll('\\r', '\r') ?? backtick ?? (bare ?? '').trim();
  }
  return values;
}

/** The text of a file wrangler reads the same values from. wrangler expands $NAME; a backslash keeps it from that. */
export function formatDotenv(/** @type {Record<string, string>} */ values) {
  return Object.entries(values).map(([name, value]) => {
    const quote = ["'", '`', '"'].find((mark) => !value.includes(mark));
    if (!quote) throw new Error(`${name} holds every kind of quotation mark; a settings file cannot express that.`);
    return `${name}=${quote}${value.replaceAll('$', '\\$')}${quote}\n`;
  }).join('');
}

/**
 * Settings for a local Worker. As in wrangler, .env counts only where there is no .dev.vars, but for names that .dev.vars leaves out:
 * a key in one file and a workflow in the other work together. What the shell sets wins, for names of OpenAI and ChatKit only:
 * the rest of a shell is no business of the Worker's. An empty value is as good as none.
 * @param {{ devVars?: string, env?: string[], shell?: Record<string, string | undefined> }} sources texts of files
 */
export function mergeSettings({ devVars = '', env = [], shell = {} }) {
  const fromShell = Object.entries(shell).filter(([name]) => /^(OPENAI|CHATKIT)_/.test(name) && !name.startsWith('CHATKIT_EDGE_'));
  const all = [...env.map(parseDotenv), parseDotenv(devVars)].map(Object.entries).concat([/** @type {any} */ (fromShell)]).flat();
  return Object.fromEntries(all.filter(([, value]) => value?.trim()));
}

export const readIfThere = (/** @type {string} */ file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
