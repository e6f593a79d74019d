// What is done with each command of the documentation. `runs` is for what runs here as it stands; `checked` is for what needs an
// account or minutes, and is looked at as far as it goes without. A command that no rule knows fails the tests.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { parseDotenv, SETTINGS } from '../../scripts/dotenv.mjs';
import { gitKnows, scriptKnows, scriptNames } from './known-words.mjs';
import { writeWithSample } from './samples.mjs';
import { wranglerHelp } from './wrangler-help.mjs';

/**
 * @typedef {{ folder: string, env: NodeJS.ProcessEnv, url: string, port: number, token: string, started: () => string,
 *   assignments: string[] }} Place assignments: of variables, earlier on the same page
 * @typedef {{ text: string, expected: string, configs: any[] }} Command configs: what the same page adds to wrangler.toml
 * @typedef {{ status: number, out: string, complaints: string }} Result
 * @typedef {{ match: RegExp, runs?: (words: string[], command: Command, place: Place) => Promise<void>,
 *   checked?: (words: string[], command: Command, place: Place) => Promise<string | void> | string | void }} Rule
 */

/** Addresses that a reader replaces by that of a Worker. */
const addresses = /http:\/\/localhost:8787|https:\/\/(?:chatkit-edge\.)?YOUR-(?:NAME|WORKER|SUBDOMAIN)(?:\.workers\.dev)?/g;

/** A command as it runs here: against the one Worker that these tests start. */
const here = (/** @type {string} */ command, /** @type {Place} */ { url, token, folder }) =>
  command.replace(addresses, url).replaceAll('/tmp/', `${folder}/`)
    .replace(/Bearer (?:YOUR[-_])?ADMIN[-_]TOKEN/g, `Bearer ${token}`);

/** @returns {Promise<Result>} */
async function bash(/** @type {string} */ command, /** @type {Place} */ { folder, env }) {
  const child = spawn('bash', ['-o', 'pipefail', '-c', command],
    { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const [out, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await ended, out, complaints };
}

async function succeeds(/** @type {string} */ command, /** @type {Place} */ place) {
  const result = await bash(here([...place.assignments, command].join('\n'), place), place);
  assert.equal(result.status, 0, `${command}\n${result.out}${result.complaints}`);
  return result;
}

/** Expected output as a pattern: an ellipsis is anything, a time or a port is any other. */
function pattern(/** @type {string} */ expected) {
  const escaped = expected.trim().replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('…', '[^]*?').replace(/\d{10}/g, '\\d{10}').replace(/\s*\n\s*/g, '\\s+')}$`);
}

async function helpNames(/** @type {string[]} */ command, /** @type {string[]} */ words, /** @type {Place} */ place) {
  const { out, complaints, status } = await bash(`${command.join(' ')} --help`, place);
  if (status === 127) return `${command[0]} is not on this machine`;
  for (const flag of words.filter((word) => word.startsWith('--'))) {
    assert.ok((out + complaints).includes(flag.split('=')[0]), `"${command.join(' ')}" has no ${flag}`);
  }
  return `options found in "${command.join(' ')} --help"`;
}

/** Files that a command reads are there. */
function filesExist(/** @type {string[]} */ words, /** @type {string} */ folder) {
  const files = words.filter((word) => /^[\w./-]+\/[\w./-]+\.\w+$/.test(word));
  assert.ok(files.length);
  for (const file of files) assert.ok(existsSync(path.join(folder, file)), `there is no ${file}`);
  return 'a tool of its own; the files it reads are there';
}

/** Deployments that a dry run went well for. @type {Set<string>} */
const deployed = new Set();

/** @type {Rule[]} */
const rules = [
  { // `npm start` is what serves these tests.
    match: /^npm start( -- --port \d+)?$/,
    async runs(_words, _command, { started, port }) {
      assert.match(started(), new RegExp(`^ChatKit Edge: http://localhost:${port}$`, 'm'));
      assert.match(started(), /^Sandbox: /m);
    },
  },
  {
    match: /^curl /,
    async runs(_words, { text: command, expected }, place) {
      const { out, complaints } = await succeeds(command, place);
      if (expected) assert.match(out.trim(), pattern(expected), command);
      else if (!/ -(w|-write-out)\b/.test(command)) {
        assert.match(complaints, /^status 2\d\d$/m, `${command}\n${out}${complaints}`);
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
      const { out } = await succeeds(addressed, place);
      if (expected) assert.match(out.trim(), pattern(`…${expected}`));
      else if (words.includes('--json')) assert.equal(JSON.parse(out).ok, true);
      else assert.match(out, /Nothing failed\./);
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
      const { out } = await succeeds(command, place);
      if (expected) assert.match(out.trim(), pattern(expected));
    },
  },
  {
    match: /^npx wrangler deploy\b/,
    async runs(words, { text: command, configs }, place) {
      await wranglerHelp(words.slice(2), place);
      // Several pages deploy in the same way.
      if (deployed.has(command)) return;
      const environment = words[words.indexOf('--env') + 1];
      const sample = configs.find(({ env }) => env?.[environment]);
      const config = sample ? ` --config ${path.basename(writeWithSample(sample, place.folder))}` : '';
      const { out, complaints } = await succeeds(`${command} --dry-run${config}`, place);
      assert.doesNotMatch(out + complaints, /No environment found/);
      if (!sample) deployed.add(command);
    },
  },
  {
    match: /^(npx )?wrangler /,
    async checked(words, _command, place) {
      const own = words.slice(words.indexOf('wrangler') + 1);
      await wranglerHelp(own, place);
      const secret = own.join(' ').match(/^secret put (\w+)/)?.[1] ?? 'NAME';
      assert.ok(secret === 'NAME' || SETTINGS.has(secret), `there is no setting ${secret}`);
      return 'needs an account; the command and its options exist';
    },
  },
  {
    match: /^npm (test|run [\w:-]+)\b/,
    checked: (words) => scriptKnows(words),
  },
  {
    match: /^node (--test )?[\w./-]+\.mjs/,
    checked(words, _command, { folder }) {
      const script = words.find((word) => word.endsWith('.mjs')) ?? '';
      assert.ok(existsSync(path.join(folder, script)), `there is no ${script}`);
      for (const option of words.filter((word) => word.startsWith('--') && word !== '--test')) scriptNames(script, option);
      return 'the file is there';
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
      return 'downloads; its options are npm\'s';
    },
  },
  {
    match: /^(rustup|cargo|pip|git) /,
    checked: (words, _command, place) => {
      const own = words.filter((word) => !word.startsWith('+'));
      const depth = own[0] === 'rustup' && ['toolchain', 'target', 'component'].includes(own[1]) ? 3 : 2;
      // `git clone --help` opens the manual; -h prints.
      if (own[0] === 'git') return gitKnows(own);
      if (own[0] === 'cargo' && ['fuzz', 'deny', 'machete'].includes(own[1])) return 'a tool that is installed on first use';
      return helpNames(own.slice(0, depth), own, place);
    },
  },
];

export const ruleFor = (/** @type {string} */ command) => rules.find(({ match }) => match.test(command));

/** The words of a command without quotes, as far as the rules look at them. */
export const wordsIn = (/** @type {string} */ command) =>
  [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare);
