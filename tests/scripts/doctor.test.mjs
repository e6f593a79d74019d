// `npm run doctor` as a command: what it sends, prints and exits with, against a server that answers as told.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../scripts/doctor.mjs', import.meta.url));
const TOKEN = 'admin-token-for-tests';
const check = (/** @type {string} */ name, status = 'ok', detail = 'Fine.', /** @type {string | null} */ hint = null) => ({ name, status, detail, hint });
const GOOD = { ok: true, checks: [check('settings'), check('RATE_LIMITS', 'skipped', 'RATE_LIMITS is off.'), check('session')] };
const BAD = { ok: false, checks: [check('settings'), check('session', 'failed', 'Workflow not found.', 'Publish it.'), check('cancel', 'skipped', 'None.')] };

/** @type {import('node:http').IncomingMessage[]} */
let requests = [];
/** @type {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void} */
let respond;
const server = createServer((request, response) => {
  requests.push(request);
  respond(request, response);
});
let url = '';
/** A folder without settings. */
let folder = '';

before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  url = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
});
beforeEach(() => {
  requests = [];
  if (folder) rmSync(folder, { recursive: true });
  folder = mkdtempSync(path.join(tmpdir(), 'doctor-'));
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
  server.closeAllConnections();
  server.close();
});

const answer = (/** @type {number} */ status, /** @type {unknown} */ body, headers = {}) => {
  respond = (_, response) => response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
};

/**
 * Runs the command to its end, with no setting of this process.
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, before?: string[] }} [options] before: a program to run it in
 * @returns {Promise<{ code: number | null, out: string, err: string }>}
 */
function doctor(args, { env = { ADMIN_TOKEN: TOKEN }, before: wrapper = [] } = {}) {
  const [program, ...rest] = [...wrapper, process.execPath, script, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { cwd: folder, env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    child.on('error', reject).on('close', (code) => resolve({ code, out, err }));
  });
}

/** Runs it and expects exit status 2, nothing on stdout and a sentence. */
async function cannotAsk(/** @type {RegExp} */ sentence, /** @type {string[]} */ args = [url], options = {}) {
  const { code, out, err } = await doctor(args, options);
  assert.match(err, sentence);
  assert.equal(code, 2);
  assert.equal(out, '');
  assert.ok(!err.includes(TOKEN));
  assert.doesNotMatch(err, /\n\s+at /, 'no stack trace');
}

describe('a report', () => {
  test('without a failure is one line for each check, a reminder of the allow-list, and status 0', async () => {
    answer(200, GOOD);
    const { code, out, err } = await doctor([url]);
    assert.equal(code, 0);
    assert.equal(err, '');
    assert.ok(out.startsWith(`${url}\nok       settings: Fine.\nskipped  RATE_LIMITS: RATE_LIMITS is off.\nok       session: Fine.\n\nNothing failed.\n`), out);
    assert.match(out, /Not checked: the domain allow-list at OpenAI/);
  });

  test('with a failure shows the hint below it, where the log says more, and has status 1', async () => {
    answer(200, BAD, { 'X-Request-Id': 'request-1' });
    const { code, out } = await doctor([url]);
    assert.equal(code, 1);
    assert.match(out, /^failed   session: Workflow not found\.\n {9}Publish it\.\n/m);
    assert.match(out, /^1 of 3 failed\. .*request id request-1\.$/m);
    assert.match(out, /allow-list/);
  });

  test('is printed as it came with --json, with the same exit status', async () => {
    for (const [report, status] of /** @type {[object, number][]} */ ([[GOOD, 0], [BAD, 1]])) {
      answer(200, report);
      const { code, out } = await doctor([url, '--json']);
      assert.equal(code, status);
      assert.equal(out, `${JSON.stringify(report)}\n`);
    }
  });

  test('has no colour when piped, and cannot steer the terminal', async () => {
    answer(200, { ok: false, checks: [check('a\u001b[2J', 'failed', 'b\u001b[31m\u009b1m\nok c', 'd\u0007')] });
    const { out } = await doctor([url]);
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    assert.doesNotMatch(out, /^ok/m);
  });

  test('has colour on a terminal, but not with NO_COLOR', { skip: process.platform === 'win32' }, async () => {
    const python = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
    const terminal = ['python3', '-c', python];
    answer(200, BAD);
    const coloured = await doctor([url], { before: terminal });
    assert.equal(coloured.code, 1, coloured.err);
    assert.ok(coloured.out.includes('\u001b[31mfailed '), coloured.out);
    const plain = await doctor([url], { before: terminal, env: { ADMIN_TOKEN: TOKEN, NO_COLOR: '1' } });
    assert.match(plain.out, /failed {3}session/);
    assert.ok(!plain.out.includes('\u001b'));
  });
});

describe('the admin token', () => {
  test('is sent from the shell, else from .dev.vars, else from .env', async () => {
    answer(200, GOOD);
    writeFileSync(path.join(folder, '.env'), 'ADMIN_TOKEN=from-env\n');
    assert.equal((await doctor([url], { env: {} })).code, 0);
    writeFileSync(path.join(folder, '.dev.vars'), 'ADMIN_TOKEN="from-dev-vars"\n');
    assert.equal((await doctor([url], { env: {} })).code, 0);
    assert.equal((await doctor([`${url}/`], { env: { ADMIN_TOKEN: 'from-shell' } })).code, 0);
    assert.deepEqual(requests.map(({ method, url: asked, headers }) => `${method} ${asked} ${headers.authorization}`),
      ['env', 'dev-vars', 'shell'].map((from) => `GET /api/chatkit/doctor Bearer from-${from}`));
  });

  test('when missing is asked for, with how to set it, and nothing is sent', async () => {
    await cannotAsk(/no ADMIN_TOKEN in the shell, \.dev\.vars or \.env[^]*ADMIN_TOKEN=… into \.dev\.vars/, [url], { env: {} });
    await cannotAsk(/npx wrangler secret put ADMIN_TOKEN/, ['https://worker.invalid'], { env: { ADMIN_TOKEN: ' ' } });
    assert.deepEqual(requests, []);
  });

  test('that no header can carry is refused without being shown', async () => {
    await cannotAsk(/^ADMIN_TOKEN holds a character[^€]*$/, [url], { env: { ADMIN_TOKEN: 'a€b' } });
  });

  test('is neither sent without encryption nor to where the answer points', async () => {
    await cannotAsk(/Use https:\/\/worker\.invalid instead/, ['http://worker.invalid']);
    answer(302, '', { Location: `${url}/elsewhere` });
    await cannotAsk(/sends to another address.*\/elsewhere \(302\)/);
    assert.equal(requests.length, 1);
  });
});

describe('status 2 and a sentence', () => {
  test('where nothing listens', async () => {
    const free = createServer();
    await new Promise((resolve) => free.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (free.address());
    await new Promise((resolve) => free.close(resolve));
    await cannotAsk(/^No Worker answers at .*ECONNREFUSED.*npm start/, [`127.0.0.1:${port}`]);
  });

  test('where the name leads nowhere', () => cannotAsk(/^https:\/\/worker\.invalid cannot be reached/, ['worker.invalid']));

  test('where the token is wrong', async () => {
    answer(401, {});
    await cannotAsk(/another ADMIN_TOKEN.*401/);
  });

  test('where there is no ADMIN_TOKEN or no ChatKit Edge', async () => {
    answer(404, {});
    await cannotAsk(/has no ADMIN_TOKEN, or there is no ChatKit Edge/);
  });

  test('where the answer is no report', async () => {
    for (const body of ['<!doctype html>', '', 'null', '{"ok":true}', '{"ok":true,"checks":[null]}', '{"ok":"yes","checks":[]}']) {
      answer(200, body);
      await cannotAsk(/is not a ChatKit Edge/);
    }
  });

  test('where the Worker fails, with the request id to look for', async () => {
    answer(503, {}, { 'X-Request-Id': 'request-2' });
    await cannotAsk(/answered 503 and no report.*request-2/);
  });

  test('where the connection ends before the answer does', async () => {
    respond = (_, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('{', () => response.destroy());
    };
    await cannotAsk(/No Worker answers/);
  });

  test('where no answer comes in time, or only a part of one', async () => {
    for (const first of [false, true]) {
      respond = (_, response) => void (first && response.writeHead(200).write('{"ok"'));
      await cannotAsk(/did not answer within 0\.5 s/, [url, '--timeout=0.5']);
    }
  });

  test('for arguments that make no sense', async () => {
    await cannotAsk(/no option --nonsense[^]*npm run doctor/, ['--nonsense']);
    await cannotAsk(/One address at a time/, [url, url]);
    await cannotAsk(/--timeout must be a number/, [url, '--timeout', 'soon']);
    for (const address of ['ftp://worker.invalid', 'https://', 'https://user:word@worker.invalid']) {
      await cannotAsk(/is not the address of a Worker/, [address]);
    }
    assert.deepEqual(requests, []);
  });
});

test('--help says how to use it', async () => {
  const { code, out } = await doctor(['--help']);
  assert.equal(code, 0);
  assert.match(out, /npm run doctor -- https:/);
});
