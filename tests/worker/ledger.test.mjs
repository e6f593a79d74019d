// The ledger behind the built Worker: event counters and their publication to KV, session records, daily limits.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../support/until.mjs';
import { cookieOf, startWorkerWithSandbox, withinOneMinute } from '../support/worker.mjs';

const TOKEN = 'admin-token-for-tests';

/** @typedef {Awaited<ReturnType<typeof startWorkerWithSandbox>>} Worker */

/** @param {Record<string, string>} vars @param {(worker: Worker) => Promise<void>} use */
async function withWorker(vars, use) {
  const worker = await startWorkerWithSandbox({
    vars: { COUNTER_PUBLISH_SECONDS: '1', ...vars },
    secrets: { ADMIN_TOKEN: TOKEN },
  });
  try {
    await use(worker);
  } finally {
    await worker.close();
  }
}

const admin = async (/** @type {Worker} */ worker, /** @type {string} */ path) => {
  const response = await worker.fetch(path, { headers: { Authorization: `Bearer ${TOKEN}` } });
  assert.equal(response.status, 200);
  return response;
};
const post = (/** @type {Worker} */ worker, /** @type {string} */ path, /** @type {RequestInit} */ init = {}) =>
  worker.fetch(path, { method: 'POST', ...init });

/** Polls the stats until they match: they change with the next publication. */
async function statsWhen(/** @type {Worker} */ worker, /** @type {(stats: any) => boolean} */ matches) {
  /** @type {any} */
  let stats;
  await until(async () => {
    stats = await (await admin(worker, '/api/chatkit/stats')).json();
    return matches(stats);
  }, () => `the expected stats; last seen: ${JSON.stringify(stats)}`);
  return stats;
}

/**
 * Evicts a Durable Object of the ledger, as Cloudflare may at any time. Returns whether it was running: an object that no
 * request has reached is not.
 */
async function evict(/** @type {Worker} */ worker, /** @type {string} */ name) {
  try {
    await worker.server.getWorker().evictDurableObject('Ledger', { name });
    return true;
  } catch (error) {
    if (!String(error).includes('it is not currently running')) throw error;
    return false;
  }
}

describe('events', () => {
  test('are counted one by one, in batches, as text/plain and without a body, in total and for the day', () =>
    withWorker({}, async (worker) => {
      const bodies = [undefined, '', '{}', '{"threadId":null}', JSON.stringify([{}, {}, {}])];
      for (const body of bodies) {
        const headers = { 'Content-Type': 'text/plain;charset=UTF-8' };
        const response = await post(worker, '/api/analytics/message', { body, headers });
        assert.equal(response.status, 200);
        assert.deepEqual(await response.json(), { status: 'tracked' });
      }
      assert.deepEqual(await (await post(worker, '/api/analytics/thread-change', { body: '{"threadId":"cthr_1"}' })).json(), { status: 'tracked' });
      const report = [{ message: 'boom at https://a.example/x?token=ek_1', stack: 'at y' }, { note: 'nothing to keep' }];
      assert.deepEqual(await (await post(worker, '/api/errors', { body: JSON.stringify(report) })).json(), { status: 'logged' });

      const stats = await statsWhen(worker, ({ totals }) => totals.client_errors === 2 && totals.messages === 7);
      assert.equal(stats.totals.thread_changes, 1);
      assert.equal(stats.days.length, 1);
      assert.equal(stats.days[0].date, new Date().toISOString().slice(0, 10));
      assert.equal(stats.days[0].messages, 7);
      assert.ok(Math.abs(stats.as_of - Date.now() / 1000) < 20);
      const { reports } = await (await admin(worker, '/api/errors')).json();
      assert.deepEqual(reports.map((/** @type {any} */ { message, stack }) => [message, stack]), [['boom at https://a.example/x', 'at y']]);
    }));

  test('with an invalid body or a foreign origin are rejected', () =>
    withWorker({}, async (worker) => {
      for (const [body, status] of /** @type {const} */ ([
        ['{', 400], ['7', 400], ['[1]', 400], [JSON.stringify(Array(101).fill({})), 400], ['{"threadId":7}', 400], [' '.repeat(16 * 1024 + 1), 413],
      ])) {
        assert.equal((await post(worker, '/api/analytics/message', { body })).status, status, body.slice(0, 20));
      }
      assert.equal((await post(worker, '/api/errors', { headers: { Origin: 'https://evil.example' } })).status, 403);
    }));

  test('survive evictions, and shards add up', () =>
    withWorker({ COUNTER_SHARDS: '4' }, async (worker) => {
      let tracked = 0;
      let evicted = 0;
      for (let burst = 0; burst < 4; burst++) {
        const responses = await Promise.all(Array.from({ length: 50 }, () => post(worker, '/api/analytics/message')));
        for (const response of responses) if ((await response.json()).status === 'tracked') tracked += 1;
        // Evict only between bursts: evicting an object that is handling a request can hang the harness.
        for (let shard = 0; shard < 4; shard++) {
          if (await evict(worker, `counters-${shard}`)) evicted += 1;
        }
      }
      assert.equal(tracked, 200);
      assert.ok(evicted > 1, `${evicted} evictions`);
      await statsWhen(worker, ({ totals }) => totals.messages === 200);
    }));

  test('are rate limited per address', () =>
    withinOneMinute(() => withWorker({ RATE_LIMITS: 'on' }, async (worker) => {
      const from = (/** @type {string} */ address) => post(worker, '/api/analytics/message', { headers: { 'CF-Connecting-IP': address } });
      const responses = await Promise.all(Array.from({ length: 301 }, () => from('192.0.2.7')));
      const limited = responses.filter(({ status }) => status === 429);
      assert.equal(limited.length, 1);
      assert.equal(limited[0].headers.get('retry-after'), '60');
      assert.equal((await from('192.0.2.8')).status, 200);
    })));
});

test('session outcomes are counted, failures by code, and GET /metrics has them in the format of Prometheus', () =>
  withWorker({}, async (worker) => {
    const start = await post(worker, '/api/chatkit/session');
    const cookie = { Cookie: cookieOf(start) ?? '' };
    const { session_id } = await start.json();
    await post(worker, '/api/chatkit/refresh', { headers: cookie });
    await worker.fetch(`/api/chatkit/session/${session_id}`, { method: 'DELETE', headers: cookie });
    worker.sandbox.fail('invalid-key');
    await post(worker, '/api/chatkit/session');
    await post(worker, '/api/chatkit/session', { body: '{' });
    await post(worker, '/api/chatkit/session', { headers: { Origin: 'https://evil.example' } });
    const stats = await statsWhen(worker, ({ totals }) => totals.sessions_failed === 2 && totals.sessions_cancelled === 1);
    assert.equal(stats.totals.sessions_created, 1);
    assert.equal(stats.totals.sessions_refreshed, 1);
    assert.deepEqual(stats.failures, { invalid_json: 1, openai_key_rejected: 1 });
    const metrics = await admin(worker, '/metrics');
    assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    const text = await metrics.text();
    assert.match(text, /^# HELP chatkit_sessions_created_total .+\n# TYPE chatkit_sessions_created_total counter\nchatkit_sessions_created_total 1$/m);
    assert.match(text, /^chatkit_sessions_failed_total\{code="openai_key_rejected"\} 1$/m);
  }));

describe('a session', () => {
  test('can be looked up and cancelled, even twice, only by its own visitor', () =>
    withWorker({}, async (worker) => {
      const start = await post(worker, '/api/chatkit/session');
      const { session_id: id, expires_at } = await start.json();
      const path = `/api/chatkit/session/${id}`;
      const mine = { headers: { Cookie: cookieOf(start) ?? '' } };
      const other = { headers: { Cookie: cookieOf(await post(worker, '/api/chatkit/session')) ?? '' } };

      const { created_at, ...session } = await (await worker.fetch(path, mine)).json();
      assert.deepEqual(session, { id, status: 'active', workflow_id: 'wf_sandbox', expires_at });
      assert.ok(Math.abs(created_at - Date.now() / 1000) < 5);

      for (const method of ['GET', 'DELETE']) {
        const response = await worker.fetch(path, { method, ...other });
        assert.equal(response.status, 404, method);
        assert.equal((await response.json()).code, 'not_found');
        assert.equal((await worker.fetch(path, { method })).status, 401, `${method} without proof`);
      }
      for (let i = 0; i < 2; i++) {
        const response = await worker.fetch(path, { method: 'DELETE', ...mine });
        assert.equal(response.status, 200);
        assert.deepEqual(await response.json(), { id, status: 'cancelled' });
      }
      assert.equal((await (await worker.fetch(path, mine)).json()).status, 'cancelled');
      const cancels = worker.sandbox.requests.filter((request) => request.path.endsWith('/cancel'));
      assert.deepEqual(cancels.map((request) => request.path), [`/v1/chatkit/sessions/${id}/cancel`]);
    }));

  const begin = async (/** @type {Worker} */ worker) => {
    const start = await post(worker, '/api/chatkit/session');
    return { path: `/api/chatkit/session/${(await start.json()).session_id}`, mine: { headers: { Cookie: cookieOf(start) ?? '' } } };
  };

  test('that OpenAI no longer knows counts as cancelled; other errors of OpenAI are returned', () =>
    withWorker({}, async (worker) => {
      const { path, mine } = await begin(worker);
      worker.sandbox.fail('invalid-key');
      const response = await worker.fetch(path, { method: 'DELETE', ...mine });
      assert.equal((await response.json()).code, 'openai_key_rejected');
      assert.equal((await (await worker.fetch(path, mine)).json()).status, 'active');
      worker.sandbox.fail('workflow-not-found');
      assert.equal((await worker.fetch(path, { method: 'DELETE', ...mine })).status, 200);
      assert.equal((await (await worker.fetch(path, mine)).json()).status, 'cancelled');
    }));

  test('that has expired is cancelled without a call to OpenAI', () =>
    withWorker({ SESSION_TTL_SECONDS: '1' }, async (worker) => {
      const { path, mine } = await begin(worker);
      const status = async () => (await (await worker.fetch(path, mine)).json()).status;
      await until(async () => (await status()) === 'expired', 'the session expires');
      assert.equal((await (await worker.fetch(path, { method: 'DELETE', ...mine })).json()).status, 'cancelled');
      assert.equal(worker.sandbox.requests.length, 1);
    }));

  test('with a malformed or unknown id is not found', () =>
    withWorker({}, async (worker) => {
      const mine = { headers: { Cookie: cookieOf(await post(worker, '/api/chatkit/session')) ?? '' } };
      for (const id of ['..', 'x'.repeat(5000), '%00', '%2e%2e', 'a%20b', "a'--", 'cksess_unknown']) {
        for (const method of ['GET', 'DELETE']) {
          const { status } = await worker.fetch(`/api/chatkit/session/${id}`, { method, ...mine });
          assert.equal(status, 404, `${method} ${id.slice(0, 20)}`);
        }
      }
    }));
});

describe('daily limits', () => {
  test('allow exactly the configured number of sessions, under concurrency and across a restart', () =>
    withWorker({ DAILY_SESSION_LIMIT: '40' }, async (worker) => {
      const starts = (/** @type {number} */ number) =>
        Promise.all(Array.from({ length: number }, () => post(worker, '/api/chatkit/session')));
      const responses = await starts(160);
      assert.ok(await evict(worker, 'limits'));
      responses.push(...(await starts(20)));
      const ok = responses.filter(({ status }) => status === 200);
      const limited = responses.filter(({ status }) => status === 429);
      assert.equal(ok.length + limited.length, 180);
      assert.equal(ok.length, 40);
      assert.equal(worker.sandbox.requests.length, 40);
      assert.equal((await limited[0].json()).code, 'daily_limit_reached');
      const wait = Number(limited[0].headers.get('retry-after'));
      assert.ok(wait >= 1 && wait <= 86_400);
    }));

  test('keep their count across a restart', () =>
    withWorker({ DAILY_SESSION_LIMIT: '40' }, async (worker) => {
      const starts = (/** @type {number} */ number) =>
        Promise.all(Array.from({ length: number }, () => post(worker, '/api/chatkit/session')));
      await starts(30);
      assert.ok(await evict(worker, 'limits'));
      const after = await starts(80);
      assert.equal(after.filter(({ status }) => status === 200).length, 10);
      assert.equal(worker.sandbox.requests.length, 40);
    }));

  test('apply per user too, and a session that OpenAI rejects releases its quota', () =>
    withWorker({ DAILY_SESSIONS_PER_USER: '2' }, async (worker) => {
      const first = await post(worker, '/api/chatkit/session');
      const mine = { headers: { Cookie: cookieOf(first) ?? '' } };
      worker.sandbox.fail('invalid-key');
      assert.equal((await post(worker, '/api/chatkit/refresh', mine)).status, 502);
      assert.equal((await post(worker, '/api/chatkit/refresh', mine)).status, 200);
      assert.equal((await post(worker, '/api/chatkit/refresh', mine)).status, 429);
      assert.equal((await post(worker, '/api/chatkit/session')).status, 200);
    }));
});
