// Faults of the ledger: its Durable Object or KV is missing, or the process is killed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { measureOurs } from '../../bench/counters.mjs';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { until } from '../support/until.mjs';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';
import { startWorkerd } from '../support/workerd.mjs';

const TOKEN = 'admin-token-for-tests';

test('without the ledger and KV, sessions still start, events respond with "failed", and the log has the cause', async () => {
  const sandbox = await startSandbox();
  const worker = await startWorkerd({
    OPENAI_API_KEY: SANDBOX_KEY,
    OPENAI_BASE_URL: sandbox.baseUrl,
    OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
    ADMIN_TOKEN: TOKEN,
    DAILY_SESSION_LIMIT: '5',
    RATE_LIMITS: 'off',
  }, { ledger: false });
  try {
    const post = (/** @type {string} */ path) => worker.fetch(path, { method: 'POST' });
    const start = await post('/api/chatkit/session');
    assert.equal(start.status, 200);
    for (const path of ['/api/analytics/message', '/api/analytics/thread-change', '/api/errors']) {
      const response = await post(path);
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), { status: 'failed' });
    }
    const { session_id } = await start.json();
    const lookup = await worker.fetch(`/api/chatkit/session/${session_id}`, { headers: { Cookie: cookieOf(start) ?? '' } });
    assert.equal((await lookup.json()).code, 'internal');
    const stats = await worker.fetch('/api/chatkit/stats', { headers: { Authorization: `Bearer ${TOKEN}` } });
    assert.equal((await stats.json()).code, 'internal');
    const failed = worker.logs().filter(({ event }) => event === 'events.not_stored');
    assert.equal(failed.length, 3);
    for (const { cause } of failed) assert.match(cause, /^the ledger failed: /);
  } finally {
    await worker.close();
    await sandbox.close();
  }
});

describe('the ledger', () => {
  test('counts events without KV while sessions still start, and the log has why nothing was published', async () => {
    const worker = await startWorkerWithSandbox({
      secrets: { ADMIN_TOKEN: TOKEN },
      edit: (text) => text.replace('[[kv_namespaces]]\nbinding = "COUNTERS"', ''),
    });
    try {
      assert.equal((await worker.fetch('/api/chatkit/session', { method: 'POST' })).status, 200);
      const response = await worker.fetch('/api/analytics/message', { method: 'POST' });
      assert.deepEqual(await response.json(), { status: 'tracked' });
      const stats = await worker.fetch('/api/chatkit/stats', { headers: { Authorization: `Bearer ${TOKEN}` } });
      assert.equal((await stats.json()).code, 'internal');
      const line = () => worker.logs().find(({ event }) => event === 'counters.not_published');
      await until(line, 'the log line counters.not_published');
      assert.ok(line().cause.length > 0);
    } finally {
      await worker.close();
    }
  });

  test('counts events when they also go to Analytics Engine', async () => {
    const worker = await startWorkerWithSandbox({
      edit: (text) => `${text}\n[[analytics_engine_datasets]]\nbinding = "EVENTS"\ndataset = "chatkit_edge"\n`,
    });
    try {
      const response = await worker.fetch('/api/analytics/message', { method: 'POST' });
      assert.deepEqual(await response.json(), { status: 'tracked' });
      assert.ok(!worker.printed().includes('ledger.failed'));
    } finally {
      await worker.close();
    }
  });

  test('deletes the record of a session that ended a day ago', async () => {
    const worker = await startWorkerWithSandbox();
    try {
      worker.sandbox.fail('long-over');
      const start = await worker.fetch('/api/chatkit/session', { method: 'POST' });
      const { session_id } = await start.json();
      const status = async () =>
        (await worker.fetch(`/api/chatkit/session/${session_id}`, { headers: { Cookie: cookieOf(start) ?? '' } })).status;
      await until(async () => (await status()) === 404, 'the record is deleted');
    } finally {
      await worker.close();
    }
  });

  test('loses no acknowledged event when the process is killed', { timeout: 120_000 }, async () => {
    const { sent, tracked, counted } = await measureOurs(600, 1);
    assert.ok(tracked > 300, `${tracked} of ${sent} were tracked`);
    assert.ok(counted >= tracked, `${counted} counted of ${tracked} tracked`);
    assert.ok(counted <= sent, `${counted} counted of ${sent} sent`);
  });
});
