// Checks a wrangler command against wrangler's help: the command, its arguments and its options exist in the installed version.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { npmBin } from '../../scripts/setup/paths.mjs';

/** @type {Map<string, Promise<string>>} */
const cache = new Map();

/** What `wrangler … --help` prints. It takes a second, so it is cached. */
function help(/** @type {string} */ command, /** @type {{ folder: string, env: NodeJS.ProcessEnv }} */ { folder, env }) {
  const printed = cache.get(command) ?? (async () => {
    const child = spawn(path.join(npmBin, 'wrangler'), [...command.split(' ').filter(Boolean), '--help'],
      { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    const [stdout] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return stdout;
  })();
  cache.set(command, printed);
  return printed;
}

/** @param {string[]} words what follows "wrangler" in the command @param {Parameters<typeof help>[1]} place */
export async function wranglerHelp(words, place) {
  const named = words.slice(0, words.findIndex((word) => !/^[a-z][a-z0-9-]*$/.test(word)) >>> 0);
  const shown = await help(named.join(' '), place);
  // The first line is the usage, such as "wrangler secret put <key>".
  const usage = shown.trim().split('\n')[0].split(' ').slice(1);
  const command = usage.filter((word) => !/^[<[]/.test(word));
  assert.deepEqual(words.slice(0, command.length), command, `wrangler has no "${words.join(' ')}": ${usage.join(' ')}`);
  assert.ok(!/^COMMANDS$/m.test(shown), `"wrangler ${command.join(' ')}" does nothing by itself`);

  const options = words.slice(command.length).filter((word) => word.startsWith('-'));
  for (const option of options) {
    const flag = option.split('=')[0];
    assert.match(shown, new RegExp(`(^|\\s)${flag}(,|\\s|$)`, 'm'), `"wrangler ${command.join(' ')}" has no ${flag}`);
  }
  const accepted = usage.length - command.length;
  const required = usage.filter((word) => word.startsWith('<')).length;
  const rest = words.slice(command.length);
  const given = rest.filter((word, i) => !word.startsWith('-') && !takesValue(rest[i - 1], shown)).length;
  const variadic = usage.some((word) => word.includes('..'));
  const fits = given >= required && (variadic || given <= accepted);
  assert.ok(fits, `"wrangler ${words.join(' ')}" should be: wrangler ${usage.join(' ')}`);
}

/** Whether the word after this option is its value. */
function takesValue(/** @type {string | undefined} */ option, /** @type {string} */ shown) {
  if (!option?.startsWith('-') || option.includes('=')) return false;
  const line = shown.split('\n').find((text) => new RegExp(`(^|\\s)${option}(,|\\s)`).test(text)) ?? '';
  return !line.includes('[boolean]');
}
