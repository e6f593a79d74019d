// Sites whose own server called OpenAI's REST API: the Worker makes that call as they did, and names the same troubles.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';

/** Allowed by the owner, and unknown to OpenAI. */
const GONE = 'wf_gone';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({ vars: { OPENAI_CHATKIT_WORKFLOW_ID: `${SANDBOX_WORKFLOW},${GONE}` } });
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

test('OpenAI gets one POST with the key, the beta header and JSON', async () => {
  assert.equal((await start(worker)).status, 200);
  assert.deepEqual(
    worker.sandbox.requests.map(({ method, path, headers }) => [
      method, path, headers.authorization, headers['openai-beta'], headers['content-type'],
    ]),
    [['POST', '/v1/chatkit/sessions', `Bearer ${SANDBOX_KEY}`, 'chatkit_beta=v1', 'application/json']],
  );
});

test('the session is the one that OpenAI made', async () => {
  const session = await (await start(worker)).json();
  const made = worker.sandbox.sessions.get(session.session_id);
  assert.equal(session.client_secret, made?.clientSecret);
  assert.equal(session.expires_at, made?.expiresAt);
});

describe('the page is told', () => {
  /** @param {Response} answer @param {string} words */
  async function says(answer, words) {
    assert.equal(answer.status, 502);
    const { detail, error } = await answer.json();
    assert.ok(detail.startsWith(`Error creating ChatKit session: ${words}`), detail);
    assert.equal(error, detail);
  }

  test('"Invalid API key" where OpenAI does not know the key', async () => {
    const other = await startWorkerWithSandbox({ secrets: { OPENAI_API_KEY: 'sk-of-nobody-000000000000' } });
    try {
      await says(await start(other), 'Invalid API key');
    } finally {
      await other.close();
    }
  });

  test('"Workflow not found" where OpenAI does not know the workflow', async () => {
    await says(await start(worker, { workflowId: GONE }), 'Workflow not found');
    assert.equal(worker.sandbox.requests[0].body.workflow.id, GONE);
  });

  test('"Beta feature not available" where the key may not use ChatKit', async () => {
    worker.sandbox.fail('beta-unavailable');
    await says(await start(worker), 'Beta feature not available');
  });
});
