// For sites whose own server called OpenAI's REST API: the Worker sends the same request and reports the same errors.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';

/** A workflow that the Worker allows and OpenAI does not know. */
const UNKNOWN = 'wf_gone';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({ vars: { OPENAI_CHATKIT_WORKFLOW_ID: `${SANDBOX_WORKFLOW},${UNKNOWN}` } });
});
beforeEach(() => worker.sandbox.reset());
after(() => worker?.close());

/** @param {{ fetch: (path: string, init: RequestInit) => Promise<Response> }} to @param {unknown} [body] */
const start = (to, body) =>
  to.fetch('/api/chatkit/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: body ? JSON.stringify(body) : undefined,
  });

test('OpenAI receives one POST with the key, the beta header and the JSON content type', async () => {
  assert.equal((await start(worker)).status, 200);
  assert.deepEqual(
    worker.sandbox.requests.map(({ method, path, headers }) => [
      method, path, headers.authorization, headers['openai-beta'], headers['content-type'],
    ]),
    [['POST', '/v1/chatkit/sessions', `Bearer ${SANDBOX_KEY}`, 'chatkit_beta=v1', 'application/json']],
  );
});

test('the response has the session that OpenAI created', async () => {
  const session = await (await start(worker)).json();
  const created = worker.sandbox.sessions.get(session.session_id);
  assert.equal(session.client_secret, created?.clientSecret);
  assert.equal(session.expires_at, created?.expiresAt);
});

describe('the error detail starts with', () => {
  /** @param {Response} response @param {string} message */
  async function assertDetail(response, message) {
    assert.equal(response.status, 502);
    const { detail, error } = await response.json();
    assert.ok(detail.startsWith(`Error creating ChatKit session: ${message}`), detail);
    assert.equal(error, detail);
  }

  test('"Invalid API key" if OpenAI does not know the key', async () => {
    const other = await startWorkerWithSandbox({ secrets: { OPENAI_API_KEY: 'sk-of-nobody-000000000000' } });
    try {
      await assertDetail(await start(other), 'Invalid API key');
    } finally {
      await other.close();
    }
  });

  test('"Workflow not found" if OpenAI does not know the workflow', async () => {
    await assertDetail(await start(worker, { workflowId: UNKNOWN }), 'Workflow not found');
    assert.equal(worker.sandbox.requests[0].body.workflow.id, UNKNOWN);
  });

  test('"Beta feature not available" if the key may not use ChatKit', async () => {
    worker.sandbox.fail('beta-unavailable');
    await assertDetail(await start(worker), 'Beta feature not available');
  });
});
