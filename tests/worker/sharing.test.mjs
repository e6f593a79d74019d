// Several requests for one session, and clients that go away: neither may multiply what OpenAI is asked, nor leave work behind.
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
/** The cookie of a visitor who has had one session. */
let cookie = '';
/** How many lines the log had before the test. */
let logged = 0;

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
  logged = worker.logs().length;
});
after(async () => {
  await worker.close();
  await sandbox.close();
});

const start = (/** @type {Record<string, string>} */ headers, path = '/api/chatkit/session', body = '') =>
  worker.fetch(path, { method: 'POST', headers, ...(body && { body }) });

const reached = (/** @type {number} */ count) =>
  until(() => sandbox.requests.length >= count, `${count} requests at OpenAI`);
const lines = () => worker.logs().slice(logged);
const clientGone = () => until(() => lines().some(({ code }) => code === 'client_gone'), 'the line in the log');

/** Sends a session request whose connection can be broken off. */
async function startOnSocket() {
  const socket = connect(Number(new URL(worker.url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`POST /api/chatkit/session HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\nContent-Length: 0\r\n\r\n`);
  return socket;
}

describe('starts by one visitor at the same time', () => {
  test('ask OpenAI once and get one session, which is counted once', async () => {
    const open = sandbox.hold();
    const starts = Array.from({ length: 12 }, (_, i) => start({ Cookie: cookie }, i % 2 ? '/api/chatkit/refresh' : undefined));
    await reached(1);
    open();
    const answers = await Promise.all(starts);
    for (const answer of answers) assert.equal(answer.status, 200);
    const sessions = new Set(await Promise.all(answers.map(async (answer) => (await answer.json()).session_id)));
    assert.equal(sessions.size, 1);
    assert.equal(sandbox.requests.length, 1);
    assert.equal(lines().filter(({ event }) => event === 'session.shared').length, 11);
  });

  test('get a new session each time, once the one before is there', async () => {
    const before = await start({});
    const first = await before.json();
    const second = await (await start({ Cookie: cookieOf(before) ?? '' })).json();
    assert.notEqual(first.session_id, second.session_id);
  });

  test('share a failure too', async () => {
    sandbox.fail('invalid-key', { times: 1 });
    const open = sandbox.hold();
    const starts = Array.from({ length: 5 }, () => start({ Cookie: cookie }));
    await reached(1);
    open();
    for (const answer of await Promise.all(starts)) assert.equal(answer.status, 502);
    assert.equal(sandbox.requests.length, 1);
    assert.equal((await start({ Cookie: cookie })).status, 200, 'and the next one succeeds');
  });

  test('that ask for something else, or are of another visitor, are not mixed up', async () => {
    const other = cookieOf(await start({})) ?? '';
    sandbox.reset();
    const open = sandbox.hold();
    const starts = [
      start({ Cookie: cookie }),
      start({ Cookie: other }),
      start({ Cookie: cookie }, undefined, '{"thread_id":"cthr_1"}'),
    ];
    await reached(2);
    open();
    const [mine, theirs, withThread] = await Promise.all(starts.map(async (answer) => (await answer).json()));
    assert.equal(withThread.session_id, mine.session_id, 'a thread changes nothing at OpenAI');
    assert.equal(withThread.thread_id, 'cthr_1');
    assert.notEqual(mine.session_id, theirs.session_id);
    assert.equal(sandbox.requests.length, 2);
    assert.equal(new Set(sandbox.requests.map(({ body }) => body.user)).size, 2);
  });
});

describe('a client that goes away', () => {
  test('ends the request to OpenAI, and its place for the day is given back', async () => {
    sandbox.fail('silence', { times: Infinity });
    const socket = await startOnSocket();
    await reached(1);
    socket.resetAndDestroy();
    await until(() => sandbox.requests[0]?.dropped, 'the end of the request to OpenAI');
    await clientGone();
    sandbox.reset();
    assert.equal((await start({ Cookie: cookie })).status, 200, 'the second of two sessions for the day');
    assert.equal((await start({ Cookie: cookie })).status, 429);
  });

  test('while a request is to be tried again ends that too', async () => {
    sandbox.fail('unavailable', { times: Infinity, retryAfter: 8 });
    const socket = await startOnSocket();
    await reached(1);
    socket.resetAndDestroy();
    await clientGone();
    assert.equal(sandbox.requests.length, 1);
  });

  test('leaves the session to those who wait for the same one', async () => {
    const open = sandbox.hold();
    const socket = await startOnSocket();
    await reached(1);
    const waiting = [start({ Cookie: cookie }), start({ Cookie: cookie })];
    // Both are in the Worker when a request after them has been answered.
    await worker.fetch('/health');
    socket.resetAndDestroy();
    await reached(2);
    open();
    const answers = await Promise.all(waiting);
    for (const answer of answers) assert.equal(answer.status, 200);
    assert.equal(sandbox.requests.length, 2, 'one of them asked anew, for both');
  });
});
