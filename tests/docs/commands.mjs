// How each command in the documentation is tested. `runs` executes it; `checked` is for a command that needs an account or takes
// minutes, and checks what can be checked without. A command that no rule matches fails the tests.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { parseDotenv, SETTINGS } from '../../scripts/dotenv.mjs';
import { checkGit, checkScript, checkScriptOption } from './known-words.mjs';
import { writeConfigWith } from './samples.mjs';
import { wranglerHelp } from './wrangler-help.mjs';

/**
 * @typedef {{ folder: string, env: NodeJS.ProcessEnv, url: string, port: number, token: string, started: () => string,
 *   assignments: string[] }} Place assignments: shell variables set earlier on the same page
 * @typedef {{ text: string, expected: string, configs: any[] }} Command configs: what the same page adds to wrangler.toml
 * @typedef {{ status: number, stdout: string, stderr: string }} Result
 * @typedef {{ match: RegExp, runs?: (words: string[], command: Command, place: Place) => Promise<void>,
 *   checked?: (words: string[], command: Command, place: Place) => Promise<string | void> | string | void }} Rule
 */

/** Addresses that a reader replaces with the address of a Worker. */
const addresses = /http:\/\/localhost:8787|https:\/\/(?:chatkit-edge\.)?YOUR-(?:NAME|WORKER|SUBDOMAIN)(?:\.workers\.dev)?/g;

/** The command, changed to use the one Worker that these tests start. */
const localCommand = (/** @type {string} */ command, /** @type {Place} */ { url, token }) =>
  command.replace(addresses, url).replace(/Bearer (?:YOUR[-_])?ADMIN[-_]TOKEN/g, `Bearer ${token}`);

/** @returns {Promise<Result>} */
async function bash(/** @type {string} */ command, /** @type {Place} */ { folder, env }) {
  const child = spawn('bash', ['-o', 'pipefail', '-c', command],
    { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await ended, stdout, stderr };
}

async function succeeds(/** @type {string} */ command, /** @type {Place} */ place) {
  const result = await bash(localCommand([...place.assignments, command].join('\n'), place), place);
  assert.equal(result.status, 0, `${command}\n${result.stdout}${result.stderr}`);
  return result;
}

/** The expected output as a pattern: an ellipsis matches anything, and a time matches any time. */
function pattern(/** @type {string} */ expected) {
  const escaped = expected.trim().replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('…', '[^]*?').replace(/\d{10}/g, '\\d{10}').replace(/\s*\n\s*/g, '\\s+')}$`);
}

/** The command's help names the options among the words. */
async function checkHelp(/** @type {string[]} */ command, /** @type {string[]} */ words, /** @type {Place} */ place) {
  const { stdout, stderr, status } = await bash(`${command.join(' ')} --help`, place);
  if (status === 127) return `${command[0]} is not on this machine`;
  for (const flag of words.filter((word) => word.startsWith('--'))) {
    assert.ok((stdout + stderr).includes(flag.split('=')[0]), `"${command.join(' ')}" has no ${flag}`);
  }
  return `options found in "${command.join(' ')} --help"`;
}

/** The files that a command reads exist. */
function filesExist(/** @type {string[]} */ words, /** @type {string} */ folder) {
  const files = words.filter((word) => /^[\w./-]+\/[\w./-]+\.\w+$/.test(word));
  assert.ok(files.length);
  for (const file of files) assert.ok(existsSync(path.join(folder, file)), `there is no ${file}`);
  return 'needs a tool that is not installed; the files it reads exist';
}

/** Deploy commands whose dry run succeeded. @type {Set<string>} */
const deployed = new Set();

/** @type {Rule[]} */
const rules = [
  { // Already running: it serves these tests.
    match: /^npm start( -- --port \d+)?$/,
    async runs(_words, _command, { started, port }) {
      assert.match(started(), new RegExp(`^ChatKit Edge: http://localhost:${port}$`, 'm'));
      assert.match(started(), /^Sandbox: /m);
    },
  },
  { // One is running already.
    match: /^npm start -- --backend (hosted|agent)$/,
    async checked(words, _command, { folder }) {
      const script = readFileSync(path.join(folder, 'scripts', 'start.mjs'), 'utf8');
      assert.ok(script.includes(`backend !== '${words.at(-1)}'`), 'the script accepts this backend');
      return 'would start a second Worker; the script accepts the backend';
    },
  },
  {
    match: /^curl /,
    async runs(_words, { text: command, expected }, place) {
      const { stdout, stderr } = await succeeds(command, place);
      if (expected) assert.match(stdout.trim(), pattern(expected), command);
      else if (!/ -(w|-write-out)\b/.test(command)) {
        assert.match(stderr, /^status 2\d\d$/m, `${command}\n${stdout}${stderr}`);
      }
    },
  },
  {
    match: /^\w+=\S/,
    async runs(_words, { text: command }, place) {
      await succeeds(command, place);
      place.assignments.push(command);
    },
  },
  {
    match: /^npm run doctor\b/,
    async runs(words, { text: command, expected }, place) {
      const addressed = command.search(addresses) >= 0 ? command : `${command}${words.includes('--') ? '' : ' --'} ${place.url}`;
      const { stdout } = await succeeds(addressed, place);
      if (expected) assert.match(stdout.trim(), pattern(`…${expected}`));
      else if (words.includes('--json')) assert.equal(JSON.parse(stdout).ok, true);
      else assert.match(stdout, /Nothing failed\./);
    },
  },
  { match: /^npm run build$/, runs: async (_words, { text: command }, place) => void (await succeeds(command, place)) },
  {
    match: /^cp \.dev\.vars\.example \.dev\.vars$/,
    async runs(_words, { text: command }, place) {
      await succeeds(command, place);
      const names = Object.keys(parseDotenv(readFileSync(path.join(place.folder, '.dev.vars'), 'utf8').replaceAll('#', '')));
      assert.ok(names.includes('OPENAI_API_KEY'));
    },
  },
  {
    match: /^(openssl rand|node -p|node -e|jq|echo|export|cat|mkdir|cd|printf) ?/,
    runs: async (_words, { text: command, expected }, place) => {
      const { stdout } = await succeeds(command, place);
      if (expected) assert.match(stdout.trim(), pattern(expected));
    },
  },
  {
    match: /^npx wrangler deploy\b/,
    async runs(words, { text: command, configs }, place) {
      await wranglerHelp(words.slice(2), place);
      // Several pages have the same command; one dry run is enough.
      if (deployed.has(command)) return;
      const environment = words[words.indexOf('--env') + 1];
      const sample = configs.find(({ env }) => env?.[environment]);
      const config = sample ? ` --config ${path.basename(writeConfigWith(sample, place.folder))}` : '';
      const { stdout, stderr } = await succeeds(`${command} --dry-run${config}`, place);
      assert.doesNotMatch(stdout + stderr, /No environment found/);
      if (!sample) deployed.add(command);
    },
  },
  {
    match: /^(npx )?wrangler /,
    async checked(words, _command, place) {
      const args = words.slice(words.indexOf('wrangler') + 1);
      await wranglerHelp(args, place);
      const secret = args.join(' ').match(/^secret put (\w+)/)?.[1] ?? 'NAME';
      assert.ok(secret === 'NAME' || SETTINGS.has(secret), `there is no setting ${secret}`);
      return 'needs an account; the command and its options exist';
    },
  },
  {
    match: /^npm (test|run [\w:-]+)\b/,
    checked: (words) => checkScript(words),
  },
  {
    match: /^node (--test )?[\w./-]+\.mjs/,
    checked(words, _command, { folder }) {
      const script = words.find((word) => word.endsWith('.mjs')) ?? '';
      assert.ok(existsSync(path.join(folder, script)), `there is no ${script}`);
      for (const option of words.filter((word) => word.startsWith('--') && word !== '--test')) checkScriptOption(script, option);
      return 'the file exists';
    },
  },
  { match: /^promtool /, checked: (words, _command, { folder }) => filesExist(words, folder) },
  {
    match: /^npm version \d/,
    async runs(words, { text: command }, place) {
      await succeeds(command, place);
      const lock = JSON.parse(readFileSync(path.join(place.folder, 'package-lock.json'), 'utf8'));
      assert.equal(lock.packages[''].version, words[2]);
    },
  },
  {
    match: /^npm (ci|install)\b/,
    checked(words) {
      for (const option of words.filter((word) => word.startsWith('--'))) {
        assert.match(option, /^--(save-dev|save-exact|no-save|prefix|ignore-scripts)/);
      }
      return 'downloads packages; its options are npm\'s';
    },
  },
  {
    match: /^(rustup|cargo|pip|git) /,
    checked: (words, _command, place) => {
      const args = words.filter((word) => !word.startsWith('+'));
      if (args[0] === 'git') return checkGit(args);
      if (args[0] === 'cargo' && ['fuzz', 'deny', 'machete'].includes(args[1])) return 'its tool is installed on first use';
      const depth = args[0] === 'rustup' && ['toolchain', 'target', 'component'].includes(args[1]) ? 3 : 2;
      return checkHelp(args.slice(0, depth), args, place);
    },
  },
];

export const ruleFor = (/** @type {string} */ command) => rules.find(({ match }) => match.test(command));

/** The words of a command, without their quotes. */
export const wordsIn = (/** @type {string} */ command) =>
  [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare);
