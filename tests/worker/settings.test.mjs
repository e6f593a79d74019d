// A Worker that is not set up, or wrongly, says what is missing; it never half-works.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startWorker } from '../support/worker.mjs';

/** Starts a Worker for one look at it. */
async function withWorker(/** @type {Parameters<typeof startWorker>[0]} */ options, /** @type {(worker: Awaited<ReturnType<typeof startWorker>>) => Promise<void>} */ look) {
  const worker = await startWorker(options);
  try {
    await look(worker);
  } finally {
    await worker.close();
  }
}

describe('a Worker', () => {
  test('without key and workflow names both, and still serves page, config and health', () =>
    withWorker({}, async (worker) => {
      for (const path of ['/api/chatkit/session', '/api/chatkit/refresh']) {
        const answer = await worker.fetch(path, { method: 'POST' });
        assert.equal(answer.status, 500);
        const { code, detail } = await answer.json();
        assert.equal(code, 'not_configured');
        assert.match(detail, /^Error creating ChatKit session: OPENAI_API_KEY is not set: .* No workflow ID configured: /);
      }
      assert.equal((await worker.fetch('/health')).status, 200);
      assert.equal((await (await worker.fetch('/api/chatkit/config')).json()).configured, false);
      assert.equal((await worker.fetch('/')).status, 200);
    }));

  test('with wrong settings lists every one with what it holds and what is allowed', () =>
    withWorker(
      {
        vars: { OPENAI_CHATKIT_WORKFLOW_ID: 'workflow', SESSION_TTL_SECONDS: '900', WORKFLOW_VERSION: 'latest' },
        secrets: { OPENAI_API_KEY: 'sk with space' },
      },
      async (worker) => {
        const answer = await worker.fetch('/api/chatkit/session', { method: 'POST' });
        const { code, detail } = await answer.json();
        assert.equal(code, 'not_configured');
        for (const part of [
          'OPENAI_API_KEY holds characters',
          'OPENAI_CHATKIT_WORKFLOW_ID is "workflow"',
          'SESSION_TTL_SECONDS is "900" and must be a whole number from 1 to 600.',
          'WORKFLOW_VERSION is "latest"',
        ]) {
          assert.ok(detail.includes(part), `${part} in ${detail}`);
        }
        assert.ok(!detail.includes('sk with space'));
      },
    ));

  test('with its key in the wrong variable does not show it', () => {
    const key = 'sk-proj-0123456789abcdef';
    return withWorker({ vars: { OPENAI_CHATKIT_WORKFLOW_ID: key }, secrets: { OPENAI_API_KEY: key } }, async (worker) => {
      const answer = await worker.fetch('/api/chatkit/session', { method: 'POST' });
      const body = await answer.text();
      assert.equal(answer.status, 500);
      assert.ok(JSON.parse(body).detail.includes('OPENAI_CHATKIT_WORKFLOW_ID is "[redacted]" and must be a workflow id'), body);
      assert.ok(!body.includes('0123456789abcdef'));
    });
  });
});
