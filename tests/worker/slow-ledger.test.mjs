// A ledger that hangs or fails for a moment, a rate limiter that throws, and what Analytics Engine gets: in plain workerd, with
// the binding replaced.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { until } from '../support/until.mjs';
import { cookieOf } from '../support/worker.mjs';
import { startWorkerd } from '../support/workerd.mjs';
import { wrappedBuild } from '../support/wrapped.mjs';

const post = { method: 'POST' };

/** @typedef {Awaited<ReturnType<typeof startWorkerd>>} Worker */

/**
 * Starts the Worker with replaced bindings: the code of a function of `env`.
 * @param {string} bindings @param {Record<string, string>} variables @param {(worker: Worker) => Promise<void>} use
 */
async function withBindings(bindings, variables, use) {
  const [build, sandbox] = await Promise.all([wrappedBuild({ bindings }), startSandbox()]);
  const worker = await startWorkerd({
    OPENAI_API_KEY: SANDBOX_KEY, OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW, OPENAI_BASE_URL: sandbox.baseUrl,
    RATE_LIMITS: 'off', ...variables,
  }, { build: build.folder });
  try {
    await use(worker);
  } finally {
    await worker.close();
    await Promise.all([sandbox.close(), build.remove()]);
  }
}

/** A ledger in which `fault(method)` runs before each call of a method. */
const ledgerWith = (/** @type {string} */ fault) => `(env) => ({
  LEDGER: {
    getByName: (name) => new Proxy(env.LEDGER.getByName(name), {
      get: (stub, method) => async (...values) => {
        await (${fault})(method);
        return stub[method](...values);
      },
    }),
  },
})`;
const hanging = (/** @type {string} */ methods) =>
  ledgerWith(`(method) => ${methods}.includes(method) && new Promise((resolve) => setTimeout(resolve, 20_000))`);

describe('a ledger that hangs', () => {
  test('holds a session for one second a call, and every session starts', () =>
    withBindings(hanging("['reserve', 'putRecord']"), { DAILY_SESSION_LIMIT: '1' }, async (worker) => {
      const started = performance.now();
      const responses = await Promise.all(Array.from({ length: 5 }, () => worker.fetch('/api/chatkit/session', post)));
      const seconds = (performance.now() - started) / 1000;
      assert.deepEqual(responses.map(({ status }) => status), [200, 200, 200, 200, 200]);
      assert.ok(seconds >= 2 && seconds < 4, `${seconds} s for two calls`);
      const lines = worker.logs().filter(({ event }) => event === 'session.created');
      // Both calls failed for the same reason, which the line says once.
      assert.deepEqual(lines.map((line) => line.cause), Array(5).fill('the ledger failed: no answer within one second'));
    }));

  test('with DAILY_LIMITS_FAIL=closed starts no session, and says when to try again', () =>
    withBindings(hanging("['reserve']"), { DAILY_SESSION_LIMIT: '1', DAILY_LIMITS_FAIL: 'closed' }, async (worker) => {
      const response = await worker.fetch('/api/chatkit/session', post);
      assert.equal(response.status, 429);
      assert.equal(response.headers.get('retry-after'), '60');
      assert.equal((await response.json()).code, 'daily_limit_reached');
    }));

  test('makes events fail after one second, and a look-up too', () =>
    withBindings(hanging("['count', 'getRecord']"), {}, async (worker) => {
      const cookie = cookieOf(await worker.fetch('/api/chatkit/session', post)) ?? '';
      const started = performance.now();
      const [event, lookUp] = await Promise.all([
        worker.fetch('/api/analytics/message', post),
        worker.fetch('/api/chatkit/session/cksess_1', { headers: { Cookie: cookie } }),
      ]);
      const seconds = (performance.now() - started) / 1000;
      assert.deepEqual(await event.json(), { status: 'failed' });
      assert.equal((await lookUp.json()).code, 'internal');
      assert.ok(seconds >= 1 && seconds < 3, `${seconds} s`);
    }));
});

/** A ledger whose first call of each method fails with the runtime's flags. */
const failingOnce = (/** @type {string} */ flags, after = false) => `(env) => {
  globalThis.failed ??= new Set();
  const fails = (method) => !failed.has(method) && failed.add(method);
  const error = () => Object.assign(new Error('Network connection lost.'), ${flags});
  return { LEDGER: { getByName: (name) => new Proxy(env.LEDGER.getByName(name), {
    get: (stub, method) => async (...values) => {
      if (!${after} && fails(method)) throw error();
      const result = await stub[method](...values);
      if (${after} && fails(method)) throw error();
      return result;
    },
  }) } };
}`;

describe('a call of the ledger that fails', () => {
  test('is tried once more if the runtime says that it may help: records, events, counts after the response', () =>
    withBindings(failingOnce('{ retryable: true }'), { DAILY_SESSION_LIMIT: '1' }, async (worker) => {
      const start = await worker.fetch('/api/chatkit/session', post);
      const { session_id: id } = await start.json();
      assert.equal((await worker.fetch('/api/chatkit/session', post)).status, 429, 'the limit holds');
      const lookUp = await worker.fetch(`/api/chatkit/session/${id}`, { headers: { Cookie: cookieOf(start) ?? '' } });
      assert.equal(lookUp.status, 200);
      assert.deepEqual(await (await worker.fetch('/api/analytics/message', post)).json(), { status: 'tracked' });
      assert.ok(!worker.printed().includes('Network connection lost'), worker.printed());
    }));

  test('is left alone if the object is overloaded, and the log line names the request', () =>
    withBindings(failingOnce('{ retryable: true, overloaded: true }'), {}, async (worker) => {
      const start = await worker.fetch('/api/chatkit/session', post);
      assert.equal(start.status, 200);
      const { session_id: id } = await start.json();
      const failed = () => worker.logs().find(({ event }) => event === 'ledger.failed');
      await until(failed, 'the line of the count');
      assert.deepEqual(failed(), {
        level: 'error', event: 'ledger.failed', request_id: start.headers.get('x-request-id'), cause: 'Error: Network connection lost.',
      });
      const created = worker.logs().find(({ event }) => event === 'session.created');
      assert.equal(created.cause, 'the ledger failed: Error: Network connection lost.');
      const headers = { Cookie: cookieOf(start) ?? '' };
      const statuses = [];
      for (let i = 0; i < 2; i++) statuses.push((await worker.fetch(`/api/chatkit/session/${id}`, { headers })).status);
      assert.deepEqual(statuses, [500, 404], 'the record was not stored');
    }));

  test('counts a session of the daily limit once if its answer was lost', () =>
    withBindings(failingOnce('{ retryable: true }', true), { DAILY_SESSION_LIMIT: '2' }, async (worker) => {
      const statuses = [];
      for (let i = 0; i < 3; i++) statuses.push((await worker.fetch('/api/chatkit/session', post)).status);
      assert.deepEqual(statuses, [200, 200, 429]);
    }));
});

test('a rate limiter that throws lets requests pass, and their log lines say so', () =>
  withBindings(`() => Object.fromEntries(['SESSIONS_PER_ADDRESS', 'SESSIONS_PER_CALLER', 'EVENTS_PER_ADDRESS', 'EVENTS_OVERALL']
    .map((name) => [name, { limit: async () => { throw new Error('no limiter here'); } }]))`, { RATE_LIMITS: 'on' }, async (worker) => {
    for (const [path, limiters] of /** @type {const} */ ([
      ['/api/chatkit/session', ['SESSIONS_PER_ADDRESS', 'SESSIONS_PER_CALLER']],
      ['/api/analytics/message', ['EVENTS_PER_ADDRESS', 'EVENTS_OVERALL']],
    ])) {
      const response = await worker.fetch(path, post);
      assert.equal(response.status, 200);
      const line = worker.logs().find(({ request_id: id }) => id === response.headers.get('x-request-id'));
      assert.equal(line.cause, limiters.map((name) => `the rate limiter ${name} failed: Error: no limiter here`).join('; '));
    }
  }));

// The class has the name that the runtime's own has.
const DATASET = (/** @type {string} */ write) => `() => ({ EVENTS: new (class AnalyticsEngineDataset {
  writeDataPoint(point) { ${write} }
})() })`;

test('a point for Analytics Engine has the event as index and first blob, the code as second, and the number as double', () =>
  withBindings(DATASET("console.log(JSON.stringify({ event: 'point', point }))"), {}, async (worker) => {
    await worker.fetch('/api/analytics/message', { ...post, body: '[{},{},{}]' });
    await worker.fetch('/api/chatkit/session', post);
    await worker.fetch('/api/chatkit/session', { ...post, body: '{' });
    const points = () => worker.logs().filter(({ event }) => event === 'point').map(({ point }) => point);
    await until(() => points().length === 3, 'three points');
    assert.deepEqual(points(), [
      { indexes: ['messages'], blobs: ['messages', ''], doubles: [3] },
      { indexes: ['sessions_created'], blobs: ['sessions_created', ''], doubles: [1] },
      { indexes: ['sessions_failed'], blobs: ['sessions_failed', 'invalid_json'], doubles: [1] },
    ]);
  }));

test('an Analytics Engine that throws is named as such, and the event is counted', () =>
  withBindings(DATASET("throw new TypeError('too long')"), {}, async (worker) => {
    const response = await worker.fetch('/api/analytics/message', post);
    assert.deepEqual(await response.json(), { status: 'tracked' });
    const [line] = worker.logs();
    assert.equal(line.cause, 'Analytics Engine failed: TypeError: too long');
    assert.equal(line.request_id, response.headers.get('x-request-id'));
  }));
