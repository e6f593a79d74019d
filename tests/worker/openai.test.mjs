// What the page is told when OpenAI fails, and what never gets out. One row each.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { startWorkerd } from '../support/workerd.mjs';

const TIMEOUT_SECONDS = 3;

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({ vars: { OPENAI_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS) } });
});
beforeEach(() => {
  worker.sandbox.reset();
  worker.server.clearLogs();
});
after(() => worker.close());

const start = () => worker.fetch('/api/chatkit/session', { method: 'POST' });

/** @type {[name: string, options: Record<string, unknown>, status: number, code: string | null, tries: number][]} */
const rows = [
  ['bad-request', {}, 502, 'openai_rejected', 1],
  ['invalid-key', {}, 502, 'openai_key_rejected', 1],
  ['beta-unavailable', {}, 502, 'openai_key_rejected', 1],
  ['workflow-not-found', {}, 502, 'workflow_not_found', 1],
  ['request-timeout', {}, 502, 'openai_rejected', 3],
  ['conflict', {}, 502, 'openai_rejected', 3],
  ['rate-limited', {}, 429, 'openai_rate_limited', 3],
  ['rate-limited', { retryAfter: 1 }, 429, 'openai_rate_limited', 3],
  ['rate-limited', { retryAfter: 60 }, 429, 'openai_rate_limited', 1],
  ['server-error', {}, 502, 'openai_unavailable', 3],
  ['bad-gateway', {}, 502, 'openai_unavailable', 3],
  ['unavailable', {}, 502, 'openai_unavailable', 3],
  ['unavailable', { headers: { 'x-should-retry': 'false' } }, 502, 'openai_unavailable', 1],
  ['gateway-timeout', {}, 502, 'openai_unavailable', 3],
  ['unavailable', { times: 2 }, 200, null, 3],
  ['reset', {}, 502, 'openai_unavailable', 3],
  ['html', {}, 502, 'openai_bad_response', 1],
  ['empty', {}, 502, 'openai_bad_response', 1],
  ['no-secret', {}, 502, 'openai_bad_response', 1],
  ['huge', {}, 502, 'openai_bad_response', 1],
  ['odd', {}, 200, null, 1],
  ['drip', {}, 504, 'openai_timeout', 1],
  ['silence', {}, 504, 'openai_timeout', 1],
];

describe('when OpenAI answers with', () => {
  for (const [name, options, status, code, tries] of rows) {
    test(`${name} ${JSON.stringify(options)}, the page gets ${code ?? 'its session'}`, async () => {
      worker.sandbox.fail(name, { times: Infinity, ...options });
      const started = performance.now();
      const answer = await start();
      const took = performance.now() - started;
      assert.equal(answer.status, status);
      const body = await answer.json();
      assert.equal(body.code ?? null, code);
      assert.ok(took < (TIMEOUT_SECONDS + 1) * 1000, `took ${took} ms`);
      assert.equal(worker.sandbox.requests.length, tries);
      if (options.retryAfter) assert.equal(answer.headers.get('retry-after'), String(options.retryAfter));
      if (code) {
        assert.match(body.detail, /^Error creating ChatKit session: /);
        const line = worker.logs().find(({ request_id }) => request_id === body.request_id);
        assert.equal(line.code, code);
        assert.equal(line.tries, tries);
        assert.ok(line.cause, 'the log says why');
        // OpenAI echoes the key with its middle starred out.
        if (name === 'invalid-key') assert.match(line.cause, /^Incorrect API key provided: \[redacted\] /);
      }
      worker.sandbox.reset();
      assert.equal((await start()).status, 200, 'the next session succeeds');
      for (const text of [JSON.stringify(body), worker.printed()]) {
        assert.ok(!text.includes(SANDBOX_KEY) && !text.includes(SANDBOX_KEY.slice(-8)), 'no part of the key gets out');
        assert.ok(status === 200 || !text.includes('ek_'), 'no client secret gets out');
      }
    });
  }
});

test('the words of the seeds name the three most common failures', async () => {
  for (const [fault, words] of [
    ['invalid-key', 'Invalid API key'],
    ['beta-unavailable', 'Beta feature not available'],
    ['workflow-not-found', 'Workflow not found'],
  ]) {
    worker.sandbox.fail(fault);
    assert.ok((await (await start()).json()).detail.includes(words));
  }
});

test('nobody listening at OPENAI_BASE_URL is openai_unavailable', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  const cut = await startWorkerWithSandbox({ vars: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` } });
  try {
    const answer = await cut.fetch('/api/chatkit/session', { method: 'POST' });
    assert.equal(answer.status, 502);
    assert.equal((await answer.json()).code, 'openai_unavailable');
  } finally {
    await cut.close();
  }
});

test('a body that is cut short is openai_bad_response', async () => {
  const sandbox = await startSandbox();
  const direct = await startWorkerd({
    OPENAI_API_KEY: SANDBOX_KEY,
    OPENAI_BASE_URL: sandbox.baseUrl,
    OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
    RATE_LIMITS: 'off',
  });
  try {
    sandbox.fail('cut');
    const answer = await direct.fetch('/api/chatkit/session', { method: 'POST' });
    assert.equal(answer.status, 502);
    assert.equal((await answer.json()).code, 'openai_bad_response');
    assert.equal((await direct.fetch('/api/chatkit/session', { method: 'POST' })).status, 200);
  } finally {
    await direct.close();
    await sandbox.close();
  }
});
