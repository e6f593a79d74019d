// A dashboard with ChatKit in it: its five endpoints in the order of a visit, with the cookie of the browser.
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
    const answer = await worker.fetch(where, { method, headers: { ...headers, ...more } });
    assert.equal(answer.status, 200, `${method} ${where}`);
    headers.Cookie ??= cookieOf(answer) ?? '';
    return answer.json();
  }

  test('POST /api/chatkit/session creates a session', async () => {
    const session = await call('POST', '/api/chatkit/session');
    assert.deepEqual(Object.keys(session), ['client_secret', 'expires_at', 'session_id']);
    assert.ok(headers.Cookie);
  });

  test('POST /api/chatkit/refresh gives the next one, for the same user', async () => {
    const session = await call('POST', '/api/chatkit/refresh');
    assert.deepEqual(Object.keys(session), ['client_secret', 'expires_at', 'session_id']);
    const [first, second] = worker.sandbox.requests;
    assert.equal(second.body.user, first.body.user);
    assert.notEqual(second.session, first.session);
    assert.equal(session.session_id, second.session);
    id = session.session_id;
  });

  test('GET /api/chatkit/session/{id} tells of it', async () => {
    const { created_at, ...session } = await call('GET', `/api/chatkit/session/${id}`);
    const expires_at = worker.sandbox.sessions.get(id)?.expiresAt;
    assert.deepEqual(session, { id, status: 'active', workflow_id: SANDBOX_WORKFLOW, expires_at });
    assert.ok(Math.abs(created_at - Date.now() / 1000) < 60);
  });

  test('DELETE /api/chatkit/session/{id} ends it at OpenAI', async () => {
    assert.deepEqual(await call('DELETE', `/api/chatkit/session/${id}`), { id, status: 'cancelled' });
    assert.equal(worker.sandbox.requests.at(-1)?.path, `/v1/chatkit/sessions/${id}/cancel`);
    assert.equal(worker.sandbox.sessions.get(id)?.status, 'cancelled');
    assert.equal((await call('GET', `/api/chatkit/session/${id}`)).status, 'cancelled');
  });

  test('GET /api/chatkit/stats has counted it, for the owner', async () => {
    const asOwner = () => call('GET', '/api/chatkit/stats', { Authorization: `Bearer ${ADMIN_TOKEN}` });
    /** @type {any} */
    let totals;
    await until(async () => {
      ({ totals } = await asOwner());
      return totals.sessions_created + totals.sessions_refreshed + totals.sessions_cancelled >= 3;
    }, () => `the three are counted: ${JSON.stringify(totals)}`);
    assert.deepEqual(totals, {
      sessions_created: 1, sessions_refreshed: 1, sessions_cancelled: 1, sessions_failed: 0,
      messages: 0, thread_changes: 0, client_errors: 0,
    });
  });
});

describe('a workflow that is', () => {
  for (const [how, workflow, words] of /** @type {const} */ ([
    ['not set is said to be missing', '', /No workflow ID configured/],
    ['not of the form wf_… is said to be wrong', 'my-workflow', /OPENAI_CHATKIT_WORKFLOW_ID .*my-workflow.*wf_/],
  ])) {
    test(how, async () => {
      const other = await startWorkerWithSandbox({ vars: { OPENAI_CHATKIT_WORKFLOW_ID: workflow } });
      try {
        const answer = await other.fetch('/api/chatkit/session', { method: 'POST' });
        assert.equal(answer.status, 500);
        const { detail, error } = await answer.json();
        assert.match(detail, /^Error creating ChatKit session: /);
        assert.match(detail, words);
        assert.equal(error, detail);
        assert.deepEqual(other.sandbox.requests, []);
      } finally {
        await other.close();
      }
    });
  }
});
