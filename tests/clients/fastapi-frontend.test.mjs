// A front end that was written for a ChatKit backend in FastAPI and now calls the same endpoints of the Worker.
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
    test(`with ${what} returns a client secret and the thread`, async () => {
      const response = await post('/api/chatkit/session', body);
      assert.equal(response.status, 200);
      const session = await response.json();
      assert.deepEqual(Object.keys(session).sort(), ['client_secret', 'expires_at', 'session_id', 'thread_id']);
      assert.match(session.client_secret, /^ek_/);
      assert.equal(session.thread_id, thread);
      assert.match(worker.sandbox.requests[0].body.user, /^visitor_/, 'the user in the body is ignored');
    });
  }

  test('needs no body', async () => {
    const response = await post('/api/chatkit/session');
    assert.equal(response.status, 200);
    assert.deepEqual(Object.keys(await response.json()), ['client_secret', 'expires_at', 'session_id']);
  });
});

describe('POST /api/chatkit/refresh', () => {
  for (const [where, refresh] of /** @type {const} */ ([
    ['in the query', (token, headers) => post(`/api/chatkit/refresh?token=${encodeURIComponent(token)}`, undefined, headers)],
    ['in the body', (token, headers) => post('/api/chatkit/refresh', { token }, headers)],
  ])) {
    test(`with the token ${where} returns the next client secret of the same user`, async () => {
      const start = await post('/api/chatkit/session');
      const { client_secret: token } = await start.json();
      const response = await refresh(token, { Cookie: cookieOf(start) });
      assert.equal(response.status, 200);
      const { client_secret } = await response.json();
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
    test(`POST ${where} responds with the status "${status}"`, async () => {
      const response = await post(where, body);
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), { status });
    });
  }

  test('GET /health responds with the status "healthy"', async () => {
    const response = await worker.fetch('/health');
    assert.equal(response.status, 200);
    const { status, ...others } = await response.json();
    assert.equal(status, 'healthy');
    assert.deepEqual(Object.keys(others), ['version']);
  });
});

describe('errors have their message in "detail", as in FastAPI,', () => {
  /** @param {Response} response @param {number} status @param {RegExp} message */
  async function assertDetail(response, status, message) {
    assert.equal(response.status, status);
    const { detail } = await response.json();
    assert.match(detail, message);
  }

  test('if OpenAI rejects the request', async () => {
    worker.sandbox.fail('bad-request');
    await assertDetail(await post('/api/chatkit/session', { thread_id: 'cthr_1' }), 502, /^Error creating ChatKit session: /);
  });

  test('if a refresh has no proof of identity', async () => {
    const unproven = /^Error creating ChatKit session: The client secret does not prove this refresh: /;
    await assertDetail(await post('/api/chatkit/refresh?token=ek_of_nobody'), 401, unproven);
    const missing = /^Error creating ChatKit session: The refresh has neither the visitor's cookie nor the old client secret\. /;
    await assertDetail(await post('/api/chatkit/refresh'), 401, missing);
  });

  test('if the body is invalid', async () => {
    await assertDetail(await post('/api/chatkit/session', { thread_id: 7 }), 400, /thread_id/);
    await assertDetail(await post('/api/analytics/message', 'a string'), 400, /^The body must be a JSON object/);
  });

  test('if the endpoint does not exist', async () => {
    await assertDetail(await post('/api/chatkit/sessions'), 404, /nothing at this address/);
  });
});
