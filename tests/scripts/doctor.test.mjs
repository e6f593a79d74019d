// `npm run doctor` against a fake Worker: the request it sends, its output and its exit status.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { recordPort } from '../../scripts/running.mjs';

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
/** An empty working folder. */
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

/** Makes the fake Worker respond like this. */
const respondWith = (/** @type {number} */ status, /** @type {unknown} */ body, headers = {}) => {
  respond = (_, response) => response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
};

/**
 * Runs the command, without the environment variables of this process.
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, before?: string[] }} [options] before: a program that runs it
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

/** Runs the command and expects exit status 2, no stdout and this message. */
async function assertNoReport(/** @type {RegExp} */ message, /** @type {string[]} */ args = [url], options = {}) {
  const { code, out, err } = await doctor(args, options);
  assert.match(err, message);
  assert.equal(code, 2);
  assert.equal(out, '');
  assert.ok(!err.includes(TOKEN));
  assert.doesNotMatch(err, /\n\s+at /, 'no stack trace');
}

describe('the report', () => {
  test('without failures has one line per check and a reminder of the allow-list, and the exit status is 0', async () => {
    respondWith(200, GOOD);
    const { code, out, err } = await doctor([url]);
    assert.equal(code, 0);
    assert.equal(err, '');
    assert.ok(out.startsWith(`${url}\nok       settings: Fine.\nskipped  RATE_LIMITS: RATE_LIMITS is off.\nok       session: Fine.\n\nNothing failed.\n`), out);
    assert.match(out, /Not checked: the domain allow-list at OpenAI/);
  });

  test('shows the hint of a failed check and the request id, and the exit status is 1', async () => {
    respondWith(200, BAD, { 'X-Request-Id': 'request-1' });
    const { code, out } = await doctor([url]);
    assert.equal(code, 1);
    assert.match(out, /^failed   session: Workflow not found\.\n {9}Publish it\.\n/m);
    assert.match(out, /^1 of 3 checks failed\. .*request id request-1\.$/m);
    assert.match(out, /allow-list/);
  });

  test('is printed unchanged with --json, with the same exit status', async () => {
    for (const [report, status] of /** @type {[object, number][]} */ ([[GOOD, 0], [BAD, 1]])) {
      respondWith(200, report);
      const { code, out } = await doctor([url, '--json']);
      assert.equal(code, status);
      assert.equal(out, `${JSON.stringify(report)}\n`);
    }
  });

  test('has no colour when piped, and no control characters', async () => {
    respondWith(200, { ok: false, checks: [check('a\u001b[2J', 'failed', 'b\u001b[31m\u009b1m\nok c', 'd\u0007')] });
    const { out } = await doctor([url]);
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    assert.doesNotMatch(out, /^ok/m);
  });

  test('has colour on a terminal, but not with NO_COLOR', { skip: process.platform === 'win32' }, async () => {
    const python = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
    const terminal = ['python3', '-c', python];
    respondWith(200, BAD);
    const coloured = await doctor([url], { before: terminal });
    assert.equal(coloured.code, 1, coloured.err);
    assert.ok(coloured.out.includes('\u001b[31mfailed '), coloured.out);
    const plain = await doctor([url], { before: terminal, env: { ADMIN_TOKEN: TOKEN, NO_COLOR: '1' } });
    assert.match(plain.out, /failed {3}session/);
    assert.ok(!plain.out.includes('\u001b'));
  });
});

describe('without an address', () => {
  const port = () => Number(new URL(url).port);
  const records = () => path.join(folder, '.wrangler');
  /** Records a Worker of another process. */
  function record(/** @type {number | undefined} */ pid, /** @type {number} */ port) {
    mkdirSync(records(), { recursive: true });
    writeFileSync(path.join(records(), `start-${pid}.json`), JSON.stringify({ port }));
  }

  test('the Worker that npm start serves is checked, on whatever port', async () => {
    respondWith(200, GOOD);
    const forget = recordPort(records(), port());
    const { code, out, err } = await doctor([]);
    assert.equal(err, '');
    assert.equal(code, 0);
    assert.ok(out.startsWith(`http://localhost:${port()}\n`), out);
    forget();
    assert.match((await doctor(['--timeout', '0.001'])).err, /http:\/\/localhost:8787\b/);
  });

  test('a Worker whose process was killed is skipped', async () => {
    respondWith(200, GOOD);
    const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(ended, 'exit');
    record(ended.pid, 1);
    recordPort(records(), port());
    assert.equal((await doctor([])).code, 0);
  });

  test('one of several Workers must be named', async () => {
    recordPort(records(), port());
    record(process.ppid, 9000);
    await assertNoReport(/serves 2 Workers[^]*npm run doctor -- http:\/\/localhost:9000/, []);
    assert.deepEqual(requests, []);
  });
});

describe('the admin token', () => {
  test('is read from the shell, then .dev.vars, then .env', async () => {
    respondWith(200, GOOD);
    writeFileSync(path.join(folder, '.env'), 'ADMIN_TOKEN=from-env\n');
    assert.equal((await doctor([url], { env: {} })).code, 0);
    writeFileSync(path.join(folder, '.dev.vars'), 'ADMIN_TOKEN="from-dev-vars"\n');
    assert.equal((await doctor([url], { env: {} })).code, 0);
    assert.equal((await doctor([`${url}/`], { env: { ADMIN_TOKEN: 'from-shell' } })).code, 0);
    assert.deepEqual(requests.map(({ method, url: path, headers }) => `${method} ${path} ${headers.authorization}`),
      ['env', 'dev-vars', 'shell'].map((from) => `POST /api/chatkit/doctor Bearer from-${from}`));
  });

  test('is required: without it the message says how to set it, and nothing is sent', async () => {
    await assertNoReport(/^ADMIN_TOKEN is not set in the shell, \.dev\.vars or \.env[^]*ADMIN_TOKEN=… into \.dev\.vars/, [url], { env: {} });
    await assertNoReport(/npx wrangler secret put ADMIN_TOKEN/, ['https://worker.invalid'], { env: { ADMIN_TOKEN: ' ' } });
    assert.deepEqual(requests, []);
  });

  test('is rejected, and not printed, if it is not a valid header value', async () => {
    await assertNoReport(/^ADMIN_TOKEN contains a character[^€]*$/, [url], { env: { ADMIN_TOKEN: 'a€b' } });
  });

  test('is sent over HTTPS only, and not to the target of a redirect', async () => {
    await assertNoReport(/Use https:\/\/worker\.invalid instead/, ['http://worker.invalid']);
    respondWith(302, '', { Location: `${url}/elsewhere` });
    await assertNoReport(/redirects to .*\/elsewhere \(302\)/);
    assert.equal(requests.length, 1);
  });
});

describe('the exit status is 2, with a message,', () => {
  test('if nothing listens at the address', async () => {
    const free = createServer();
    await new Promise((resolve) => free.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (free.address());
    await new Promise((resolve) => free.close(resolve));
    await assertNoReport(/^No Worker responds at .*ECONNREFUSED.*npm start/, [`127.0.0.1:${port}`]);
  });

  test('if the host name cannot be resolved', () =>
    assertNoReport(/^https:\/\/worker\.invalid cannot be reached/, ['worker.invalid']));

  test('if the token is wrong', async () => {
    respondWith(401, {});
    await assertNoReport(/ADMIN_TOKEN .* does not match the one of the Worker.*401/);
  });

  test('if the token of the Worker is too short, or too many wrong ones were sent', async () => {
    respondWith(500, { detail: 'ADMIN_TOKEN is shorter than 16 bytes.', code: 'not_configured' });
    await assertNoReport(/is not configured: ADMIN_TOKEN is shorter than 16 bytes\.\n$/);
    respondWith(429, {});
    await assertNoReport(/Too many wrong tokens.*429/);
  });

  test('if the Worker has no ADMIN_TOKEN or is not ChatKit Edge', async () => {
    respondWith(404, {});
    await assertNoReport(/has no ADMIN_TOKEN, or there is no ChatKit Edge/);
  });

  test('if the response is not a report', async () => {
    for (const body of ['<!doctype html>', '', 'null', '{"ok":true}', '{"ok":true,"checks":[null]}', '{"ok":"yes","checks":[]}']) {
      respondWith(200, body);
      await assertNoReport(/is not a ChatKit Edge/);
    }
  });

  test('if the Worker fails, with the request id', async () => {
    respondWith(503, {}, { 'X-Request-Id': 'request-2' });
    await assertNoReport(/responded with 503 and no report.*request-2/);
  });

  test('if the connection closes during the response', async () => {
    respond = (_, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('{', () => response.destroy());
    };
    await assertNoReport(/No Worker responds/);
  });

  test('if the response does not arrive, or not completely, before the timeout', async () => {
    for (const partial of [false, true]) {
      respond = (_, response) => void (partial && response.writeHead(200).write('{"ok"'));
      await assertNoReport(/did not respond within 0\.5 s/, [url, '--timeout=0.5']);
    }
  });

  test('if the arguments are invalid', async () => {
    await assertNoReport(/Unknown option --nonsense[^]*npm run doctor/, ['--nonsense']);
    await assertNoReport(/Pass only one address/, [url, url]);
    await assertNoReport(/--timeout must be a number/, [url, '--timeout', 'soon']);
    for (const address of ['ftp://worker.invalid', 'https://', 'https://user:word@worker.invalid']) {
      await assertNoReport(/is not the address of a Worker/, [address]);
    }
    assert.deepEqual(requests, []);
  });
});

test('--help prints the usage', async () => {
  const { code, out } = await doctor(['--help']);
  assert.equal(code, 0);
  assert.match(out, /npm run doctor -- https:/);
});
