// Takes a block of shell apart into its commands, as bash would read them, with what the page says that each prints.
import { spawnSync } from 'node:child_process';

/** Is that whole, or does bash wait for more? */
function isWhole(/** @type {string} */ text) {
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
      if (!last) throw new Error(`The block begins without a command: ${line}`);
      last.expected += `${line}\n`;
      continue;
    }
    const code = open ? `${open}\n${line.replace(/^> /, prompted ? '' : '> ')}` : withoutComment(prompted ? line.slice(2) : line);
    if (!code.trim()) continue;
    if (isWhole(code)) {
      commands.push({ text: code, expected: '' });
      open = '';
    } else open = code;
  }
  if (open) throw new Error(`The command does not end: ${open}`);
  return commands.flatMap(split);
}

/** Commands joined by && are each their own; what is printed is the last one's. */
function split(/** @type {{ text: string, expected: string }} */ { text, expected }) {
  if (/['"]/.test(text) && /['"][^'"]*&&[^'"]*['"]/.test(text)) return [{ text, expected }];
  const parts = text.split(/\s+&&\s+/);
  return parts.map((part, i) => ({ text: part, expected: i === parts.length - 1 ? expected : '' }));
}
