// Runs the documentation: every command, against one `npm start` in a fresh copy of the project, and every sample, parsed by the
// tool that would read it. Test names say which commands are checked but not run. An unknown command or language fails, so that
// nothing untested is added.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { parse as parseToml } from 'smol-toml';
import { freePort } from '../support/port.mjs';
import { copyProject } from './copy.mjs';
import { ruleFor, wordsIn } from './commands.mjs';
import { projectFiles, readMarkdown } from './markdown.mjs';
import { parsers } from './samples.mjs';
import { commandsIn } from './shell.mjs';

const pages = projectFiles().filter((file) => file.endsWith('.md')).map((file) => readMarkdown(file));
const shells = new Set(['sh', 'bash', 'shell', 'console']);
/** Commands inside sentences follow the same rules. */
const isCommand = /^(npx wrangler|npm|node|cargo|rustup|wrangler|git|curl) \S/;

/** @type {import('./commands.mjs').Place} */
const place = { folder: '', env: {}, url: '', port: 0, token: 'admin-token-of-the-docs', started: () => '', assignments: [] };
/** @type {() => Promise<void>} */
let stop = async () => {};

before(async () => {
  const copy = await copyProject();
  const port = await freePort();
  Object.assign(place, { ...copy, port, url: `http://localhost:${port}` });
  // curl prints the status of every response, so that a failure is not mistaken for output.
  writeFileSync(`${copy.folder}/.curlrc`, 'silent\nshow-error\nwrite-out = "%{stderr}\\nstatus %{http_code}\\n"\n');
  Object.assign(place.env, { CURL_HOME: copy.folder, ADMIN_TOKEN: place.token });

  let printed = '';
  place.started = () => printed;
  const child = spawn('npm', ['start', '--', '--port', String(port)],
    { cwd: copy.folder, env: place.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const ended = new Promise((resolve) => child.once('close', resolve));
  stop = async () => {
    if (child.exitCode === null) process.kill(-(/** @type {number} */ (child.pid)), 'SIGTERM');
    await ended;
    copy.remove();
  };
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        printed += chunk;
        if (printed.includes('Ctrl-C stops it.')) resolve(undefined);
      });
    }
    child.once('close', () => reject(new Error(`"npm start" ended:\n${printed}`)));
  });
});
after(() => stop());

test('npm start refuses requests for another host, as DNS rebinding sends them', async () => {
  const status = (/** @type {string} */ host) => new Promise((resolve, reject) => {
    const options = { host: 'localhost', port: place.port, path: '/api/chatkit/session', method: 'POST', headers: { Host: host } };
    const sent = request(options, (response) => resolve(response.resume().statusCode));
    sent.on('error', reject).end();
  });
  assert.equal(await status(`evil.example:${place.port}`), 403);
  assert.equal(await status(`localhost:${place.port}`), 200);
});

function testCommand(/** @type {string} */ where, /** @type {import('./commands.mjs').Command} */ command) {
  const rule = ruleFor(command.text);
  const name = `${where} ${command.text.replaceAll(/\s+/g, ' ')}`;
  if (!rule) {
    test(name, () => assert.fail('No rule in tests/docs/commands.mjs matches this command. Add one.'));
  } else if (rule.runs) {
    test(`${name}: runs`, () => rule.runs?.(wordsIn(command.text), command, place));
  } else {
    test(`${name}: not run`, async (t) => {
      t.diagnostic(`not run: ${command.text}: ${await rule.checked?.(wordsIn(command.text), command, place)}`);
    });
  }
}

for (const { file, blocks, spans } of pages) {
  if (!blocks.length && !spans.some(({ text }) => isCommand.test(text))) continue;
  describe(file, () => {
    before(() => place.assignments.splice(0));
    const configs = blocks.filter(({ language }) => language === 'toml').map(({ text }) => parseToml(text));
    for (const { where, language, text } of blocks) {
      if (shells.has(language)) {
        for (const command of commandsIn(language, text)) testCommand(where, { ...command, configs });
      } else if (parsers[language]) {
        test(`${where} is well-formed ${language || 'policy'}`, () => parsers[language](text, place.folder));
      } else {
        test(`${where} a block of "${language}"`,
          () => assert.fail('No parser in tests/docs/samples.mjs reads this language. Add one.'));
      }
    }
    for (const { where, text } of spans) {
      if (isCommand.test(text)) testCommand(where, { text, expected: '', configs });
    }
  });
}
