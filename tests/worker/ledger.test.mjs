// The ledger through the built Worker: what is counted and published, records, daily limits.
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
  const answer = await worker.fetch(path, { headers: { Authorization: `Bearer ${TOKEN}` } });
  assert.equal(answer.status, 200);
  return answer;
};
const post = (/** @type {Worker} */ worker, /** @type {string} */ path, /** @type {RequestInit} */ init = {}) =>
  worker.fetch(path, { method: 'POST', ...init });

/** Asks for the stats until they are as wanted: they appear with the next publication. */
async function statsWhen(/** @type {Worker} */ worker, /** @type {(stats: any) => boolean} */ wanted) {
  /** @type {any} */
  let stats;
  await until(async () => {
    stats = await (await admin(worker, '/api/chatkit/stats')).json();
    return wanted(stats);
  }, () => `the stats are published as wanted: ${JSON.stringify(stats)}`);
  return stats;
}

/** Ends an object of the ledger as Cloudflare may at any time, and tells whether it ran: one that no request reached does not. */
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
  test('are counted one by one, in batches, as text and without a body, in total and for the day', () =>
    withWorker({}, async (worker) => {
      const bodies = [undefined, '', '{}', '{"threadId":null}', JSON.stringify([{}, {}, {}])];
      for (const body of bodies) {
        const answer = await post(worker, '/api/analytics/message', { body, headers: { 'Content-Type': 'text/plain;charset=UTF-8' } });
        assert.equal(answer.status, 200);
        assert.deepEqual(await answer.json(), { status: 'tracked' });
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

  test('of another shape are refused', () =>
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
        const answers = await Promise.all(Array.from({ length: 50 }, () => post(worker, '/api/analytics/message')));
        for (const answer of answers) if ((await answer.json()).status === 'tracked') tracked += 1;
        // Between the bursts: the harness can wait for ever when it evicts an object that is at work.
        for (let shard = 0; shard < 4; shard++) {
          if (await evict(worker, `counters-${shard}`)) evicted += 1;
        }
      }
      assert.equal(tracked, 200);
      assert.ok(evicted > 1, `${evicted} evictions`);
      await statsWhen(worker, ({ totals }) => totals.messages === 200);
    }));

  test('are limited per address', () =>
    withinOneMinute(() => withWorker({ RATE_LIMITS: 'on' }, async (worker) => {
      const from = (/** @type {string} */ address) => post(worker, '/api/analytics/message', { headers: { 'CF-Connecting-IP': address } });
      const answers = await Promise.all(Array.from({ length: 301 }, () => from('192.0.2.7')));
      const refused = answers.filter(({ status }) => status === 429);
      assert.equal(refused.length, 1);
      assert.equal(refused[0].headers.get('retry-after'), '60');
      assert.equal((await from('192.0.2.8')).status, 200);
    })));
});

test('session outcomes are counted, failures by their code, and Prometheus can read it', () =>
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
  test('can be looked up right away and cancelled, twice, by its own visitor alone', () =>
    withWorker({}, async (worker) => {
      const start = await post(worker, '/api/chatkit/session');
      const { session_id: id, expires_at } = await start.json();
      const path = `/api/chatkit/session/${id}`;
      const mine = { headers: { Cookie: cookieOf(start) ?? '' } };
      const other = { headers: { Cookie: cookieOf(await post(worker, '/api/chatkit/session')) ?? '' } };

      const { created_at, ...shown } = await (await worker.fetch(path, mine)).json();
      assert.deepEqual(shown, { id, status: 'active', workflow_id: 'wf_sandbox', expires_at });
      assert.ok(Math.abs(created_at - Date.now() / 1000) < 5);

      for (const method of ['GET', 'DELETE']) {
        const answer = await worker.fetch(path, { method, ...other });
        assert.equal(answer.status, 404, method);
        assert.equal((await answer.json()).code, 'not_found');
        assert.equal((await worker.fetch(path, { method })).status, 401, `${method} without proof`);
      }
      for (let i = 0; i < 2; i++) {
        const answer = await worker.fetch(path, { method: 'DELETE', ...mine });
        assert.equal(answer.status, 200);
        assert.deepEqual(await answer.json(), { id, status: 'cancelled' });
      }
      assert.equal((await (await worker.fetch(path, mine)).json()).status, 'cancelled');
      const cancels = worker.sandbox.requests.filter((request) => request.path.endsWith('/cancel'));
      assert.deepEqual(cancels.map((request) => request.path), [`/v1/chatkit/sessions/${id}/cancel`]);
    }));

  const begin = async (/** @type {Worker} */ worker) => {
    const start = await post(worker, '/api/chatkit/session');
    return { path: `/api/chatkit/session/${(await start.json()).session_id}`, mine: { headers: { Cookie: cookieOf(start) ?? '' } } };
  };

  test('that OpenAI no longer knows is cancelled all the same; a real failure is told', () =>
    withWorker({}, async (worker) => {
      const { path, mine } = await begin(worker);
      worker.sandbox.fail('invalid-key');
      const answer = await worker.fetch(path, { method: 'DELETE', ...mine });
      assert.equal((await answer.json()).code, 'openai_key_rejected');
      assert.equal((await (await worker.fetch(path, mine)).json()).status, 'active');
      worker.sandbox.fail('workflow-not-found');
      assert.equal((await worker.fetch(path, { method: 'DELETE', ...mine })).status, 200);
      assert.equal((await (await worker.fetch(path, mine)).json()).status, 'cancelled');
    }));

  test('that is over is cancelled without asking OpenAI', () =>
    withWorker({ SESSION_TTL_SECONDS: '1' }, async (worker) => {
      const { path, mine } = await begin(worker);
      const status = async () => (await (await worker.fetch(path, mine)).json()).status;
      await until(async () => (await status()) === 'expired', 'the session is over');
      assert.equal((await (await worker.fetch(path, { method: 'DELETE', ...mine })).json()).status, 'cancelled');
      assert.equal(worker.sandbox.requests.length, 1);
    }));

  test('with an odd id is not found', () =>
    withWorker({}, async (worker) => {
      const mine = { headers: { Cookie: cookieOf(await post(worker, '/api/chatkit/session')) ?? '' } };
      for (const id of ['..', 'x'.repeat(5000), '%00', '%2e%2e', 'a%20b', "a'--", 'cksess_unknown']) {
        for (const method of ['GET', 'DELETE']) {
          const { status } = await worker.fetch(`/api/chatkit/session/${id}`, { method, ...mine });
          assert.ok([404, 405].includes(status), `${method} ${id.slice(0, 20)}: ${status}`);
        }
      }
    }));
});

describe('daily limits', () => {
  test('let exactly as many sessions through as they say, however many are asked for at once, and after a restart', () =>
    withWorker({ DAILY_SESSION_LIMIT: '40' }, async (worker) => {
      const starts = (/** @type {number} */ number) =>
        Promise.all(Array.from({ length: number }, () => post(worker, '/api/chatkit/session')));
      const answers = await starts(160);
      assert.ok(await evict(worker, 'limits'));
      answers.push(...(await starts(20)));
      const ok = answers.filter(({ status }) => status === 200);
      const refused = answers.filter(({ status }) => status === 429);
      assert.equal(ok.length + refused.length, 180);
      assert.equal(ok.length, 40);
      assert.equal(worker.sandbox.requests.length, 40);
      assert.equal((await refused[0].json()).code, 'daily_limit_reached');
      const wait = Number(refused[0].headers.get('retry-after'));
      assert.ok(wait >= 1 && wait <= 86_400);
    }));

  test('go on counting where a restart left off', () =>
    withWorker({ DAILY_SESSION_LIMIT: '40' }, async (worker) => {
      const starts = (/** @type {number} */ number) =>
        Promise.all(Array.from({ length: number }, () => post(worker, '/api/chatkit/session')));
      await starts(30);
      assert.ok(await evict(worker, 'limits'));
      const after = await starts(80);
      assert.equal(after.filter(({ status }) => status === 200).length, 10);
      assert.equal(worker.sandbox.requests.length, 40);
    }));

  test('are counted per user too, and a session that OpenAI refuses gives its place back', () =>
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
