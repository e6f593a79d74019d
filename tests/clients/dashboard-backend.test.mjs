// A dashboard that embeds ChatKit: it calls five endpoints in the order of one visit, with one visitor cookie.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { until } from '../support/until.mjs';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';

const ADMIN_TOKEN = 'admin-token-of-the-dashboard';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({ vars: { COUNTER_PUBLISH_SECONDS: '1' }, secrets: { ADMIN_TOKEN } });
});
after(() => worker?.close());

describe('one visit', () => {
  /** @type {Record<string, string>} */
  const headers = { 'Content-Type': 'application/json' };
  /** @type {string} */
  let id;

  /** @param {string} method @param {string} where */
  async function call(method, where, more = {}) {
    const response = await worker.fetch(where, { method, headers: { ...headers, ...more } });
    assert.equal(response.status, 200, `${method} ${where}`);
    headers.Cookie ??= cookieOf(response) ?? '';
    return response.json();
  }

  test('POST /api/chatkit/session creates a session', async () => {
    const session = await call('POST', '/api/chatkit/session');
    assert.deepEqual(Object.keys(session), ['client_secret', 'expires_at', 'session_id']);
    assert.ok(headers.Cookie);
  });

  test('POST /api/chatkit/refresh creates the next session for the same user', async () => {
    const session = await call('POST', '/api/chatkit/refresh');
    assert.deepEqual(Object.keys(session), ['client_secret', 'expires_at', 'session_id']);
    const [first, second] = worker.sandbox.requests;
    assert.equal(second.body.user, first.body.user);
    assert.notEqual(second.session, first.session);
    assert.equal(session.session_id, second.session);
    id = session.session_id;
  });

  test('GET /api/chatkit/session/{id} returns the session', async () => {
    const { created_at, ...session } = await call('GET', `/api/chatkit/session/${id}`);
    const expires_at = worker.sandbox.sessions.get(id)?.expiresAt;
    assert.deepEqual(session, { id, status: 'active', workflow_id: SANDBOX_WORKFLOW, expires_at });
    assert.ok(Math.abs(created_at - Date.now() / 1000) < 60);
  });

  test('DELETE /api/chatkit/session/{id} cancels the session at OpenAI', async () => {
    assert.deepEqual(await call('DELETE', `/api/chatkit/session/${id}`), { id, status: 'cancelled' });
    assert.equal(worker.sandbox.requests.at(-1)?.path, `/v1/chatkit/sessions/${id}/cancel`);
    assert.equal(worker.sandbox.sessions.get(id)?.status, 'cancelled');
    assert.equal((await call('GET', `/api/chatkit/session/${id}`)).status, 'cancelled');
  });

  test('GET /api/chatkit/stats has the counts, for the admin', async () => {
    const getStats = () => call('GET', '/api/chatkit/stats', { Authorization: `Bearer ${ADMIN_TOKEN}` });
    /** @type {any} */
    let totals;
    await until(async () => {
      ({ totals } = await getStats());
      return totals.sessions_created + totals.sessions_refreshed + totals.sessions_cancelled >= 3;
    }, () => `all three sessions are counted: ${JSON.stringify(totals)}`);
    assert.deepEqual(totals, {
      sessions_created: 1, sessions_refreshed: 1, sessions_cancelled: 1, sessions_failed: 0,
      messages: 0, thread_changes: 0, client_errors: 0,
      answers: 0, answers_failed: 0, answers_stopped: 0, tool_calls: 0,
      input_tokens: 0, cached_input_tokens: 0, output_tokens: 0, cost_micros: 0,
    });
  });
});

describe('POST /api/chatkit/session responds with 500', () => {
  for (const [when, workflow, expected] of /** @type {const} */ ([
    ['and says that the workflow id is missing if it is not set', '', /No workflow ID configured/],
    ['and says what the workflow id must be, but not what it is, if it does not start with wf_', 'my-workflow',
      /^[^:]*: OPENAI_CHATKIT_WORKFLOW_ID must be a workflow id like wf_123(?!.*my-workflow)/],
  ])) {
    test(when, async () => {
      const other = await startWorkerWithSandbox({ vars: { OPENAI_CHATKIT_WORKFLOW_ID: workflow } });
      try {
        const response = await other.fetch('/api/chatkit/session', { method: 'POST' });
        assert.equal(response.status, 500);
        const { detail, error } = await response.json();
        assert.match(detail, /^Error creating ChatKit session: /);
        assert.match(detail, expected);
        assert.equal(error, detail);
        assert.deepEqual(other.sandbox.requests, []);
      } finally {
        await other.close();
      }
    });
  }
});
