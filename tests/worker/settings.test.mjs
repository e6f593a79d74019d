// A Worker with missing or invalid settings says which, and never starts sessions with only some of them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startWorker } from '../support/worker.mjs';

/**
 * Starts a Worker, uses it and closes it.
 * @param {Parameters<typeof startWorker>[0]} options
 * @param {(worker: Awaited<ReturnType<typeof startWorker>>) => Promise<void>} use
 */
async function withWorker(options, use) {
  const worker = await startWorker(options);
  try {
    await use(worker);
  } finally {
    await worker.close();
  }
}

describe('a Worker', () => {
  test('without a key and a workflow names both, and still serves the page, the config and the health check', () =>
    withWorker({}, async (worker) => {
      for (const path of ['/api/chatkit/session', '/api/chatkit/refresh']) {
        const response = await worker.fetch(path, { method: 'POST' });
        assert.equal(response.status, 500);
        const { code, detail } = await response.json();
        assert.equal(code, 'not_configured');
        assert.match(detail, /^Error creating ChatKit session: OPENAI_API_KEY is not set: .* No workflow ID configured: /);
      }
      assert.equal((await worker.fetch('/health')).status, 200);
      assert.equal((await (await worker.fetch('/api/chatkit/config')).json()).configured, false);
      assert.equal((await worker.fetch('/')).status, 200);
    }));

  test('with invalid settings lists each one with its value and what is allowed', () =>
    withWorker(
      {
        vars: { OPENAI_CHATKIT_WORKFLOW_ID: 'workflow', SESSION_TTL_SECONDS: '900', WORKFLOW_VERSION: 'latest' },
        secrets: { OPENAI_API_KEY: 'sk with space' },
      },
      async (worker) => {
        const response = await worker.fetch('/api/chatkit/session', { method: 'POST' });
        const { code, detail } = await response.json();
        assert.equal(code, 'not_configured');
        for (const part of [
          'OPENAI_API_KEY contains characters',
          'OPENAI_CHATKIT_WORKFLOW_ID is "workflow"',
          'SESSION_TTL_SECONDS is "900" and must be a whole number from 1 to 600.',
          'WORKFLOW_VERSION is "latest"',
        ]) {
          assert.ok(detail.includes(part), `${part} in ${detail}`);
        }
        assert.ok(!detail.includes('sk with space'));
      },
    ));

  test('with its key in the wrong variable does not reveal the key', () => {
    const key = 'sk-proj-0123456789abcdef';
    return withWorker({ vars: { OPENAI_CHATKIT_WORKFLOW_ID: key }, secrets: { OPENAI_API_KEY: key } }, async (worker) => {
      const response = await worker.fetch('/api/chatkit/session', { method: 'POST' });
      const body = await response.text();
      assert.equal(response.status, 500);
      assert.ok(JSON.parse(body).detail.includes('OPENAI_CHATKIT_WORKFLOW_ID is "[redacted]" and must be a workflow id'), body);
      assert.ok(!body.includes('0123456789abcdef'));
    });
  });
});
