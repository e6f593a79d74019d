// Splits a shell block of the documentation into commands as bash would, each with the output that the page shows.
import { spawnSync } from 'node:child_process';

/** Whether this is a complete command, for which bash would not wait for more input. */
function isComplete(/** @type {string} */ text) {
  if (/(^|[^\\])(\\\\)*\\$/.test(text)) return false;
  const { status, stderr } = spawnSync('bash', ['-n'], { input: `${text}\n`, encoding: 'utf8' });
  return status === 0 && !stderr.includes('here-document');
}

const withoutComment = (/** @type {string} */ line) => line.replace(/(^|\s+)#(?=\s)(?![^'"]*['"]$).*$/, '').trimEnd();

/** @returns {{ text: string, expected: string }[]} */
export function commandsIn(/** @type {string} */ language, /** @type {string} */ block) {
  const prompted = language === 'console';
  /** @type {{ text: string, expected: string }[]} */ const commands = [];
  let open = '';
  for (const line of block.split('\n')) {
    if (!open && prompted && !line.startsWith('$ ')) {
      const last = commands.at(-1);
      if (!last) throw new Error(`The block must begin with a command, not with: ${line}`);
      last.expected += `${line}\n`;
      continue;
    }
    const code = open ? `${open}\n${line.replace(/^> /, prompted ? '' : '> ')}` : withoutComment(prompted ? line.slice(2) : line);
    if (!code.trim()) continue;
    if (isComplete(code)) {
      commands.push({ text: code, expected: '' });
      open = '';
    } else open = code;
  }
  if (open) throw new Error(`The command is incomplete: ${open}`);
  return commands.flatMap(split);
}

/** Splits commands joined by &&; the output belongs to the last one. */
function split(/** @type {{ text: string, expected: string }} */ { text, expected }) {
  if (/['"]/.test(text) && /['"][^'"]*&&[^'"]*['"]/.test(text)) return [{ text, expected }];
  const parts = text.split(/\s+&&\s+/);
  return parts.map((part, i) => ({ text: part, expected: i === parts.length - 1 ? expected : '' }));
}
