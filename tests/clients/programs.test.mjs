// Programs without a browser: Python's requests.Session, a Django view and a PHP script that forward a page's request, and curl
// with a cookie jar. Each keeps its visitor over http on this machine, as in development.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { pythonProgram } from '../../scripts/setup/python.mjs';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** The folder of cookie jars. @type {string} */
let folder;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chatkit-edge-'));
  worker = await startWorkerWithSandbox();
});
beforeEach(() => worker.sandbox.reset());
after(async () => {
  await worker?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The stdout of a program, which connects to the Worker without the machine's proxy. @param {string[]} args */
async function stdoutOf(/** @type {string} */ program, ...args) {
  const env = { ...process.env, NO_PROXY: 'localhost', no_proxy: 'localhost' };
  return (await promisify(execFile)(program, args, { env })).stdout;
}

/** What a Python program prints as JSON. `session` is a new requests.Session, `url` the address of the Worker. */
async function python(/** @type {string} */ program) {
  const start = `import json, requests\nurl = "${worker.url}"\nsession = requests.Session()\n`;
  return JSON.parse(await stdoutOf(pythonProgram(), '-c', start + program));
}

const users = () => worker.sandbox.requests.filter(({ path }) => path.endsWith('/sessions')).map(({ body }) => body.user);

describe("Python's requests.Session over http", () => {
  test('refreshes for the same visitor with the old secret in the body', async () => {
    const statuses = await python(`start = session.post(f"{url}/api/chatkit/session")
body = {"client_secret": start.json()["client_secret"]}
refresh = session.post(f"{url}/api/chatkit/refresh", json=body)
print(json.dumps([start.status_code, refresh.status_code]))`);
    assert.deepEqual(statuses, [200, 200]);
    assert.equal(users().length, 2);
    assert.equal(new Set(users()).size, 1);
  });

  test('reads and cancels its session', async () => {
    const answers = await python(`id = session.post(f"{url}/api/chatkit/session", json={"thread_id": ""}).json()["session_id"]
shown = session.get(f"{url}/api/chatkit/session/{id}")
cancelled = session.delete(f"{url}/api/chatkit/session/{id}")
again = session.get(f"{url}/api/chatkit/session/{id}")
print(json.dumps([answer.json().get("status") for answer in (shown, cancelled, again)]))`);
    assert.deepEqual(answers, ['active', 'cancelled', 'cancelled']);
  });

  test('gets another visitor than a second requests.Session, which cannot read its session', async () => {
    const status = await python(`id = session.post(f"{url}/api/chatkit/session").json()["session_id"]
other = requests.Session()
other.post(f"{url}/api/chatkit/session")
print(other.get(f"{url}/api/chatkit/session/{id}").status_code)`);
    assert.equal(status, 404);
    assert.equal(new Set(users()).size, 2);
  });
});

describe('a Django view that forwards the cookies of its visitor and adds a slash to each path', () => {
  test('gets a session and the next one of the same visitor', async () => {
    const start = await worker.fetch('/api/chatkit/session', { method: 'POST' });
    const cookie = cookieOf(start);
    const statuses = await python(`headers = {"Cookie": "csrftoken=abc; sessionid=def; ${cookie}", "X-CSRFToken": "abc"}
paths = ("/api/chatkit/session/", "/api/chatkit/refresh/")
print(json.dumps([requests.post(url + path, data=b"", headers=headers).status_code for path in paths]))`);
    assert.deepEqual(statuses, [200, 200]);
    assert.equal(users().length, 3);
    assert.equal(new Set(users()).size, 1);
  });
});

describe('a PHP script that forwards the cookies of its visitor', () => {
  test('gets a session for json_encode([]) and refreshes it with an empty array for each object', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const start = await worker.fetch('/api/chatkit/session', { method: 'POST', headers, body: '[]' });
    assert.equal(start.status, 200);
    const { client_secret } = await start.json();
    const refresh = await worker.fetch('/api/chatkit/refresh', {
      method: 'POST',
      headers: { ...headers, Cookie: `PHPSESSID=abc; ${cookieOf(start)}` },
      body: JSON.stringify({ current_client_secret: client_secret, workflow: [], state_variables: [] }),
    });
    assert.equal(refresh.status, 200);
    assert.equal(users().length, 2);
    assert.equal(new Set(users()).size, 1);
  });
});

test('curl with a cookie jar refreshes for the same visitor', async () => {
  const jar = path.join(folder, 'jar');
  const post = async (/** @type {string} */ where, /** @type {string[]} */ ...args) =>
    JSON.parse(await stdoutOf('curl', '-s', '-X', 'POST', '-b', jar, '-c', jar, ...args, worker.url + where));
  const { client_secret } = await post('/api/chatkit/session');
  const body = JSON.stringify({ token: client_secret });
  const next = await post('/api/chatkit/refresh', '-H', 'Content-Type: application/json', '-d', body);
  assert.match(next.client_secret, /^ek_/);
  assert.equal(users().length, 2);
  assert.equal(new Set(users()).size, 1);
});
