// Concurrent requests for one session, and clients that disconnect: neither may multiply the requests to OpenAI or leave work
// unfinished.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { until } from '../support/until.mjs';
import { cookieOf } from '../support/worker.mjs';
import { startWorkerd } from '../support/workerd.mjs';

/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
/** @type {Awaited<ReturnType<typeof startWorkerd>>} */
let worker;
/** The cookie of a visitor with one session so far. */
let cookie = '';
/** The number of log lines before the test. */
let oldLines = 0;

before(async () => {
  sandbox = await startSandbox();
  worker = await startWorkerd({
    OPENAI_API_KEY: SANDBOX_KEY,
    OPENAI_BASE_URL: sandbox.baseUrl,
    OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
    DAILY_SESSIONS_PER_USER: '2',
    RATE_LIMITS: 'off',
  });
});
beforeEach(async () => {
  sandbox.reset();
  cookie = cookieOf(await start({})) ?? '';
  sandbox.reset();
  oldLines = worker.logs().length;
});
after(async () => {
  await worker.close();
  await sandbox.close();
});

const start = (/** @type {Record<string, string>} */ headers, path = '/api/chatkit/session', body = '') =>
  worker.fetch(path, { method: 'POST', headers, ...(body && { body }) });

const openAiGot = (/** @type {number} */ count) =>
  until(() => sandbox.requests.length >= count, `${count} requests at OpenAI`);
const newLines = () => worker.logs().slice(oldLines);
const goneCount = () => newLines().filter(({ code }) => code === 'client_gone').length;
const clientGoneLogged = () => until(() => goneCount() > 0, 'the log line client_gone');

/** Sends a session request over a socket that the test can close. */
async function startOnSocket() {
  const socket = connect(Number(new URL(worker.url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`POST /api/chatkit/session HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\nContent-Length: 0\r\n\r\n`);
  return socket;
}

/** Closes a connection, and waits until the Worker has noticed: it reads its sockets in turn. */
async function disconnect(/** @type {import('node:net').Socket} */ socket) {
  socket.resetAndDestroy();
  for (let times = 0; times < 3; times++) await worker.fetch('/health');
}

/** Starts a session and disconnects before OpenAI has answered. */
async function breakOff() {
  const [sent, gone] = [sandbox.requests.length, goneCount()];
  const release = sandbox.hold();
  const socket = await startOnSocket();
  await openAiGot(sent + 1);
  await disconnect(socket);
  release();
  await until(() => goneCount() > gone, 'the log line client_gone');
}

describe('session starts by one visitor', () => {
  test('share one request to OpenAI and one session when they are concurrent', async () => {
    const release = sandbox.hold();
    const starts = Array.from({ length: 12 }, (_, i) => start({ Cookie: cookie }, i % 2 ? '/api/chatkit/refresh' : undefined));
    await openAiGot(1);
    release();
    const responses = await Promise.all(starts);
    for (const response of responses) assert.equal(response.status, 200);
    const sessions = new Set(await Promise.all(responses.map(async (response) => (await response.json()).session_id)));
    assert.equal(sessions.size, 1);
    assert.equal(sandbox.requests.length, 1);
    assert.equal(newLines().filter(({ event }) => event === 'session.shared').length, 11);
  });

  test('each create a new session when they are sequential', async () => {
    const before = await start({});
    const first = await before.json();
    const second = await (await start({ Cookie: cookieOf(before) ?? '' })).json();
    assert.notEqual(first.session_id, second.session_id);
  });

  test('share a failure too when they are concurrent', async () => {
    sandbox.fail('invalid-key', { times: 1 });
    const release = sandbox.hold();
    const starts = Array.from({ length: 5 }, () => start({ Cookie: cookie }));
    await openAiGot(1);
    release();
    for (const response of await Promise.all(starts)) assert.equal(response.status, 502);
    assert.equal(sandbox.requests.length, 1);
    assert.equal((await start({ Cookie: cookie })).status, 200, 'the next start succeeds');
  });

  test('are shared when only the thread differs, but never with another visitor', async () => {
    const other = cookieOf(await start({})) ?? '';
    sandbox.reset();
    const release = sandbox.hold();
    const starts = [
      start({ Cookie: cookie }),
      start({ Cookie: other }),
      start({ Cookie: cookie }, undefined, '{"thread_id":"cthr_1"}'),
    ];
    await openAiGot(2);
    release();
    const [mine, theirs, withThread] = await Promise.all(starts.map(async (response) => (await response).json()));
    assert.equal(withThread.session_id, mine.session_id, 'the thread is not part of the request to OpenAI');
    assert.equal(withThread.thread_id, 'cthr_1');
    assert.notEqual(mine.session_id, theirs.session_id);
    assert.equal(sandbox.requests.length, 2);
    assert.equal(new Set(sandbox.requests.map(({ body }) => body.user)).size, 2);
  });
});

test('concurrent cancellations of one session ask OpenAI once and are logged once', async () => {
  const response = await start({ Cookie: cookie });
  const { session_id: id } = await response.json();
  sandbox.requests.length = 0;
  const release = sandbox.hold();
  const init = { method: 'DELETE', headers: { Cookie: cookie } };
  const cancellations = Array.from({ length: 8 }, () => worker.fetch(`/api/chatkit/session/${id}`, init));
  await openAiGot(1);
  release();
  for (const each of await Promise.all(cancellations)) {
    assert.deepEqual([each.status, await each.json()], [200, { id, status: 'cancelled' }]);
  }
  assert.equal(sandbox.requests.length, 1);
  assert.equal(newLines().filter(({ event }) => event === 'session.cancelled').length, 1);
});

describe('when a client disconnects', () => {
  test('its session is cancelled at OpenAI before its daily quota is released', async () => {
    for (let times = 1; times <= 4; times++) {
      await breakOff();
      const [created, cancelled] = sandbox.requests.slice(-2);
      assert.equal(created.dropped, undefined, 'the request to OpenAI is not aborted');
      assert.equal(cancelled.path, `/v1/chatkit/sessions/${created.session}/cancel`);
      assert.equal(sandbox.requests.length, 2 * times);
      assert.deepEqual([...sandbox.sessions.values()].filter(({ status }) => status === 'active'), []);
    }
    assert.equal((await start({ Cookie: cookie })).status, 200, 'the second of two sessions for the day');
    assert.equal((await start({ Cookie: cookie })).status, 429);
  });

  test('a pending retry is cancelled too', async () => {
    sandbox.fail('unavailable', { times: Infinity, retryAfter: 8 });
    const socket = await startOnSocket();
    await openAiGot(1);
    socket.resetAndDestroy();
    await clientGoneLogged();
    assert.equal(sandbox.requests.length, 1);
  });

  test('the requests that wait for its session get it', async () => {
    const release = sandbox.hold();
    const socket = await startOnSocket();
    await openAiGot(1);
    const waiting = [start({ Cookie: cookie }), start({ Cookie: cookie })];
    // Once a later request has its response, both have reached the Worker.
    await worker.fetch('/health');
    await disconnect(socket);
    release();
    const responses = await Promise.all(waiting);
    for (const response of responses) assert.equal(response.status, 200);
    const ids = await Promise.all(responses.map(async (response) => (await response.json()).session_id));
    assert.deepEqual(sandbox.requests.map(({ session }) => session), [ids[0]], 'it is created once and not cancelled');
    assert.equal(ids[0], ids[1]);
  });
});
