// The ledger's own bad days: its object or KV is gone, the process is killed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { measureOurs } from '../../bench/counters.mjs';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { until } from '../support/until.mjs';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';
import { startWorkerd } from '../support/workerd.mjs';

const TOKEN = 'admin-token-for-tests';

test('without its object and KV sessions still start, events are answered as failed, and the log says why', async () => {
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
      const answer = await post(path);
      assert.equal(answer.status, 200);
      assert.deepEqual(await answer.json(), { status: 'failed' });
    }
    const { session_id } = await start.json();
    const shown = await worker.fetch(`/api/chatkit/session/${session_id}`, { headers: { Cookie: cookieOf(start) ?? '' } });
    assert.equal((await shown.json()).code, 'internal');
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
  test('counts and starts sessions where KV is gone, and the log says what could not be published', async () => {
    const worker = await startWorkerWithSandbox({
      secrets: { ADMIN_TOKEN: TOKEN },
      edit: (text) => text.replace('[[kv_namespaces]]\nbinding = "COUNTERS"', ''),
    });
    try {
      assert.equal((await worker.fetch('/api/chatkit/session', { method: 'POST' })).status, 200);
      const answer = await worker.fetch('/api/analytics/message', { method: 'POST' });
      assert.deepEqual(await answer.json(), { status: 'tracked' });
      const stats = await worker.fetch('/api/chatkit/stats', { headers: { Authorization: `Bearer ${TOKEN}` } });
      assert.equal((await stats.json()).code, 'internal');
      const line = () => worker.logs().find(({ event }) => event === 'counters.not_published');
      await until(line, 'it is in the log');
      assert.ok(line().cause.length > 0);
    } finally {
      await worker.close();
    }
  });

  test('counts all the same where events go to Analytics Engine too', async () => {
    const worker = await startWorkerWithSandbox({
      edit: (text) => `${text}\n[[analytics_engine_datasets]]\nbinding = "EVENTS"\ndataset = "chatkit_edge"\n`,
    });
    try {
      const answer = await worker.fetch('/api/analytics/message', { method: 'POST' });
      assert.deepEqual(await answer.json(), { status: 'tracked' });
      assert.ok(!worker.printed().includes('ledger.failed'));
    } finally {
      await worker.close();
    }
  });

  test('forgets the record of a session that ended a day ago', async () => {
    const worker = await startWorkerWithSandbox();
    try {
      worker.sandbox.fail('long-over');
      const start = await worker.fetch('/api/chatkit/session', { method: 'POST' });
      const { session_id } = await start.json();
      const status = async () =>
        (await worker.fetch(`/api/chatkit/session/${session_id}`, { headers: { Cookie: cookieOf(start) ?? '' } })).status;
      await until(async () => (await status()) === 404, 'the record is gone');
    } finally {
      await worker.close();
    }
  });

  test('has every event that was answered as tracked, though the process was killed', { timeout: 120_000 }, async () => {
    const { sent, tracked, counted } = await measureOurs(600, 1);
    assert.ok(tracked > 300, `${tracked} of ${sent} were tracked`);
    assert.ok(counted >= tracked, `${counted} counted of ${tracked} tracked`);
    assert.ok(counted <= sent, `${counted} counted of ${sent} sent`);
  });
});
