// The front end of a FastAPI backend for ChatKit, which used to find these endpoints in Python.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox();
});
beforeEach(() => worker.sandbox.reset());
after(() => worker?.close());

/** @param {string} where @param {unknown} [body] @param {Record<string, string>} [headers] */
const post = (where, body, headers = {}) =>
  worker.fetch(where, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

describe('POST /api/chatkit/session', () => {
  for (const [what, body, thread] of /** @type {const} */ ([
    ['a user and a thread', { user_id: 'user-1', thread_id: 'cthr_1' }, 'cthr_1'],
    ['a user and no thread', { user_id: 'user-1', thread_id: null }, null],
  ])) {
    test(`with ${what} gives a secret and the thread`, async () => {
      const answer = await post('/api/chatkit/session', body);
      assert.equal(answer.status, 200);
      const session = await answer.json();
      assert.deepEqual(Object.keys(session).sort(), ['client_secret', 'expires_at', 'session_id', 'thread_id']);
      assert.match(session.client_secret, /^ek_/);
      assert.equal(session.thread_id, thread);
      assert.match(worker.sandbox.requests[0].body.user, /^visitor_/, 'the user is not taken from the body');
    });
  }

  test('needs no body', async () => {
    const answer = await post('/api/chatkit/session');
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(await answer.json()), ['client_secret', 'expires_at', 'session_id']);
  });
});

describe('POST /api/chatkit/refresh', () => {
  for (const [where, ask] of /** @type {const} */ ([
    ['in the query', (token, headers) => post(`/api/chatkit/refresh?token=${encodeURIComponent(token)}`, undefined, headers)],
    ['in the body', (token, headers) => post('/api/chatkit/refresh', { token }, headers)],
  ])) {
    test(`with the token ${where} gives the next secret of the same user`, async () => {
      const start = await post('/api/chatkit/session');
      const { client_secret: token } = await start.json();
      const answer = await ask(token, { Cookie: cookieOf(start) });
      assert.equal(answer.status, 200);
      const { client_secret } = await answer.json();
      assert.match(client_secret, /^ek_/);
      assert.notEqual(client_secret, token);
      const [first, second] = worker.sandbox.requests.map(({ body }) => body.user);
      assert.equal(second, first);
    });
  }
});

describe('events and health', () => {
  for (const [where, body, status] of /** @type {const} */ ([
    ['/api/analytics/message', { event: 'message', threadId: 'cthr_1', timestamp: 1795237200 }, 'tracked'],
    ['/api/analytics/thread-change', { threadId: null }, 'tracked'],
    ['/api/errors', { message: 'It broke', stack: 'Error: It broke\n    at page.js:1' }, 'logged'],
  ])) {
    test(`POST ${where} answers ${status}`, async () => {
      const answer = await post(where, body);
      assert.equal(answer.status, 200);
      assert.deepEqual(await answer.json(), { status });
    });
  }

  test('GET /health answers healthy', async () => {
    const answer = await worker.fetch('/health');
    assert.equal(answer.status, 200);
    const { status, ...others } = await answer.json();
    assert.equal(status, 'healthy');
    assert.deepEqual(Object.keys(others), ['version']);
  });
});

describe('a failure has its sentence in detail, as FastAPI has it', () => {
  /** @param {Response} answer @param {number} status @param {RegExp} words */
  async function says(answer, status, words) {
    assert.equal(answer.status, status);
    const { detail } = await answer.json();
    assert.match(detail, words);
  }

  test('where OpenAI gives no session', async () => {
    worker.sandbox.fail('bad-request');
    await says(await post('/api/chatkit/session', { thread_id: 'cthr_1' }), 502, /^Error creating ChatKit session: /);
  });

  test('where a refresh does not say who it is for', async () => {
    await says(await post('/api/chatkit/refresh?token=ek_of_nobody'), 401, /^Error creating ChatKit session: .*who it is for/);
  });

  test('where the body is not what it should be', async () => {
    await says(await post('/api/chatkit/session', { thread_id: 7 }), 400, /thread_id/);
    await says(await post('/api/analytics/message', 'a string'), 400, /^The body must be a JSON object/);
  });

  test('where there is no such endpoint', async () => {
    await says(await post('/api/chatkit/sessions'), 404, /nothing at this address/);
  });
});
