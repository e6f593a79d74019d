// A Worker with missing or invalid settings says which, and never starts sessions with only some of them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { startWorker, startWorkerWithSandbox } from '../support/worker.mjs';

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

  test('with invalid settings lists each one with what is allowed, and no value', () =>
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
          'OPENAI_CHATKIT_WORKFLOW_ID must be a workflow id like wf_123, or several, separated by commas.',
          'SESSION_TTL_SECONDS must be a whole number from 1 to 600.',
          'WORKFLOW_VERSION must be a version number',
        ]) {
          assert.ok(detail.includes(part), `${part} in ${detail}`);
        }
        for (const value of ['sk with space', '"workflow"', '900']) assert.ok(!detail.includes(value), detail);
        assert.ok(worker.logs().at(-1).cause.includes('SESSION_TTL_SECONDS must be'));
      },
    ));

  test('with its key in the wrong variable does not reveal the key', () => {
    const key = 'sk-proj-0123456789abcdef';
    return withWorker({ vars: { OPENAI_CHATKIT_WORKFLOW_ID: key }, secrets: { OPENAI_API_KEY: key } }, async (worker) => {
      const response = await worker.fetch('/api/chatkit/session', { method: 'POST' });
      const body = await response.text();
      assert.equal(response.status, 500);
      assert.ok(JSON.parse(body).detail.includes('OPENAI_CHATKIT_WORKFLOW_ID must be a workflow id'), body);
      assert.ok(!body.includes('0123456789abcdef'));
    });
  });

  test('reads lists as wrangler.toml has them', async () => {
    const site = 'https://www.site.example';
    const worker = await startWorkerWithSandbox({
      vars: { ALLOWED_ORIGINS: ['https://other.example', site], OPENAI_CHATKIT_WORKFLOW_ID: [SANDBOX_WORKFLOW, 'wf_other'] },
    });
    try {
      const response = await worker.fetch('/api/chatkit/session', { method: 'POST', headers: { Origin: site } });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('access-control-allow-origin'), site);
    } finally {
      await worker.close();
    }
  });

  test('with a list or a table where one value is allowed is not configured', () =>
    withWorker({ vars: { HISTORY: [true], AUTH_ISSUER: { issuer: 'https://id.example' } } }, async (worker) => {
      const { code, detail } = await (await worker.fetch('/api/chatkit/session', { method: 'POST' })).json();
      assert.equal(code, 'not_configured');
      assert.ok(detail.includes('HISTORY must be true or false. AUTH_ISSUER must be up to 256'), detail);
    }));
});
