// Checks commands of npm's scripts and of git without running them: their arguments and options exist.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { root } from '../../scripts/setup/paths.mjs';
import { readText } from './markdown.mjs';

const packageScripts = JSON.parse(readText('package.json')).scripts;

/** Scripts that list the arguments they accept when they get an unknown one. */
const listing = new Set(['test', 'bench', 'fuzz']);

function argumentsOf(/** @type {string} */ script) {
  const { stderr } = spawnSync(process.execPath, [`scripts/${script}.mjs`, 'no-such-word'], { cwd: root, encoding: 'utf8' });
  return /: ([\w-]+(?:, [\w-]+)+)\./.exec(stderr)?.[1].split(', ') ?? [];
}

/** The option appears in the code of the script. */
export function checkScriptOption(/** @type {string} */ script, /** @type {string} */ option) {
  const { stdout } = spawnSync('git', ['grep', '-lF', '--untracked', '-e', option, '--', script, 'bench', 'scripts'],
    { cwd: root, encoding: 'utf8' });
  assert.ok(stdout.trim(), `${script} does not know ${option}`);
}

/** `npm test` or `npm run NAME`: the script exists, and accepts the words after `--`. */
export function checkScript(/** @type {string[]} */ words) {
  const name = words[1] === 'test' ? 'test' : words.find((word, i) => i > 1 && !word.startsWith('-')) ?? '';
  assert.ok(packageScripts[name], `package.json has no script "${name}"`);
  const args = words.includes('--') ? words.slice(words.indexOf('--') + 1) : [];
  for (const option of args.filter((word) => word.startsWith('--'))) checkScriptOption(`scripts/${name}.mjs`, option);

  // Words in capitals are placeholders; numbers are durations.
  const named = args.filter((word) => !/^-|^\d+$|^[A-Z]+$/.test(word));
  if (named.length && listing.has(name)) {
    const known = argumentsOf(name);
    for (const word of named) assert.ok(known.includes(word), `"npm run ${name}" does not accept "${word}": ${known.join(', ')}`);
  }
  return 'takes minutes; the script and its arguments exist';
}

/** `git COMMAND …`: the command and its options exist. `--help` would open the manual; -h prints. */
export function checkGit(/** @type {string[]} */ words) {
  const { stdout, stderr } = spawnSync('git', [words[1], '-h'], { encoding: 'utf8' });
  const help = (stdout + stderr).replaceAll('[no-]', '');
  assert.match(help, /^usage: git /m, `git has no "${words[1]}"`);
  for (const flag of words.filter((word) => word.startsWith('--') && word !== '--')) {
    assert.ok(help.includes(flag.split('=')[0]), `"git ${words[1]}" has no ${flag}`);
  }
  return 'would change the repository; the command and its options exist';
}
