// What the ledger's objects store, row by row: what is cut, kept, deleted and taken over from version 0.1.0. The tests read the
// objects' tables.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { startKv } from '../support/kv.mjs';
import { until } from '../support/until.mjs';
import { startWorkerd } from '../support/workerd.mjs';
import { rpc, wrappedBuild } from '../support/wrapped.mjs';

const post = { method: 'POST' };
const ADMIN = { headers: { Authorization: 'Bearer admin-token-for-tests' } };
const QUARTER_HOUR = 900_000;
const HOUR = 3_600_000;
const today = () => Math.floor(Date.now() / 86_400_000);

/** @typedef {Awaited<ReturnType<typeof startWorkerd>>} Worker */

/**
 * @param {Record<string, string>} variables @param {string | undefined} prepare
 * @param {(worker: Worker, kv: Awaited<ReturnType<typeof startKv>>) => Promise<void>} use
 */
async function withObjects(variables, prepare, use) {
  const [build, sandbox, kv] = await Promise.all([wrappedBuild({ prepare }), startSandbox(), startKv()]);
  const worker = await startWorkerd({
    OPENAI_API_KEY: SANDBOX_KEY, OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW, OPENAI_BASE_URL: sandbox.baseUrl,
    ADMIN_TOKEN: 'admin-token-for-tests', RATE_LIMITS: 'off', ...variables,
  }, { build: build.folder, kv: kv.address });
  try {
    await use(worker, kv);
  } finally {
    await worker.close();
    await Promise.all([sandbox.close(), kv.close(), build.remove()]);
  }
}

const rows = async (/** @type {Worker} */ worker, /** @type {string} */ object, /** @type {string} */ sql) => {
  const { result, error } = await rpc(worker, object, 'query', sql);
  assert.equal(error, undefined);
  return result;
};
const reports = async (/** @type {Worker} */ worker) =>
  (await (await worker.fetch('/api/errors', ADMIN)).json()).reports.map((/** @type {any} */ { message }) => message);
const boom = (/** @type {number} */ from, /** @type {number} */ to) =>
  JSON.stringify(Array.from({ length: to - from }, (_, i) => ({ message: `boom ${from + i}` })));
const latest = (/** @type {number} */ to, /** @type {number} */ from) =>
  Array.from({ length: to - from }, (_, i) => `boom ${to - 1 - i}`);

test('a hundred reports in one request are one row with the newest fifty', () =>
  withObjects({}, undefined, async (worker) => {
    assert.deepEqual(await (await worker.fetch('/api/errors', { ...post, body: boom(0, 100) })).json(), { status: 'logged' });
    assert.deepEqual(await reports(worker), latest(100, 50));
    await worker.fetch('/api/errors', { ...post, body: boom(100, 103) });
    assert.deepEqual(await reports(worker), latest(103, 53));
    assert.deepEqual(await rows(worker, 'counters-0', 'SELECT count(*) AS n FROM latest_reports'), [{ n: 1 }]);
    assert.deepEqual(await rows(worker, 'counters-0', 'SELECT count(*) AS n FROM reports'), [{ n: 0 }]);
  }));

test('failures by code have a total and no number by day, which nothing shows', () =>
  withObjects({}, undefined, async (worker) => {
    await worker.fetch('/api/chatkit/session', { ...post, body: '{' });
    const names = async () => await rows(worker, 'counters-0', 'SELECT day, name, count FROM counters ORDER BY day, name');
    await until(async () => (await names()).length > 0, 'the refusal is counted');
    assert.deepEqual(await names(), [
      { day: -1, name: 'failed:invalid_json', count: 1 },
      { day: -1, name: 'sessions_failed', count: 1 },
      { day: today(), name: 'sessions_failed', count: 1 },
    ]);
  }));

/** An answer as the rules hand it to the ledger. */
const ANSWER = {
  answers: 1, answers_failed: 1, input_tokens: 1_000, cost_micros: 2_200, 'answers_failed:openai_timeout': 1, 'first_token_ms:2000': 1,
  'first_token_ms:sum': 1_500,
};
const count = (/** @type {Worker} */ worker, /** @type {Record<string, number>} */ numbers) =>
  rpc(worker, 'counters-0', 'count', 0, 1, JSON.stringify(numbers));

test('an answer is one call whose numbers add up in total and by day, its code and its first token in total only', () =>
  withObjects({ COUNTER_PUBLISH_SECONDS: '1' }, undefined, async (worker) => {
    for (let i = 0; i < 2; i++) assert.deepEqual(await count(worker, ANSWER), { result: true });
    const stored = await rows(worker, 'counters-0', 'SELECT day, name, count FROM counters WHERE day >= 0 ORDER BY name');
    assert.deepEqual(stored, ['answers', 'answers_failed', 'cost_micros', 'input_tokens'].map((name) => (
      { day: today(), name, count: 2 * ANSWER[/** @type {keyof typeof ANSWER} */ (name)] })));
    /** @type {any} */
    let stats;
    await until(async () => {
      stats = await (await worker.fetch('/api/chatkit/stats', ADMIN)).json();
      return stats.totals.answers === 2;
    }, 'the answers are published');
    assert.deepEqual([stats.totals.input_tokens, stats.totals.cost_micros, stats.totals.answers_stopped], [2_000, 4_400, 0]);
    assert.deepEqual(stats.failures, { openai_timeout: 2 });
    assert.deepEqual([stats.first_token_seconds.count, stats.first_token_seconds.sum], [2, 3]);
    const metrics = await (await worker.fetch('/metrics', ADMIN)).text();
    for (const line of [
      'chatkit_answers_failed_total{code="openai_timeout"} 2', 'chatkit_cost_dollars_total 0.004400',
      'chatkit_first_token_seconds_bucket{le="1"} 0', 'chatkit_first_token_seconds_bucket{le="2"} 2',
    ]) assert.ok(metrics.includes(`\n${line}\n`), line);
    assert.ok(!metrics.includes('chatkit_sessions_failed_total{'), 'no session failed');
  }));

test('a number that JavaScript has not exactly is never stored, so the counters can always be published', () =>
  withObjects({ COUNTER_PUBLISH_SECONDS: '1' }, undefined, async (worker) => {
    for (let i = 0; i < 3; i++) assert.deepEqual(await count(worker, { input_tokens: Number.MAX_SAFE_INTEGER }), { result: true });
    await until(async () => {
      const { totals } = await (await worker.fetch('/api/chatkit/stats', ADMIN)).json();
      return totals.input_tokens === Number.MAX_SAFE_INTEGER;
    }, 'the largest number is published');
    assert.equal((await rpc(worker, 'counters-0', 'ring')).error, undefined);
  }));

test('a count whose reports cannot be stored counts nothing', () =>
  withObjects({}, undefined, async (worker) => {
    const count = (/** @type {string} */ stored) => rpc(worker, 'counters-0', 'count', 0, 120, '{"client_errors":1}', stored, 1000);
    assert.equal((await count('[]')).error, undefined);
    assert.notEqual((await count('{')).error, undefined);
    assert.deepEqual(await rows(worker, 'counters-0', 'SELECT count FROM counters'), [{ count: 1 }, { count: 1 }]);
  }));

test('beyond the rows of the day events are refused until midnight, and sessions go on', () =>
  withObjects({ DAILY_EVENT_ROWS: '10', COUNTER_PUBLISH_SECONDS: '1' }, undefined, async (worker) => {
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await worker.fetch('/api/analytics/message', post)).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    const refused = await worker.fetch('/api/errors', { ...post, body: boom(0, 1) });
    assert.equal((await refused.json()).code, 'daily_limit_reached');
    const wait = Number(refused.headers.get('retry-after'));
    assert.ok(wait >= 1 && wait <= 86_400, String(wait));
    assert.equal((await worker.fetch('/api/chatkit/session', post)).status, 200);
    const stored = () => rows(worker, 'counters-0', 'SELECT day, count FROM event_rows');
    await until(async () => (await stored())[0]?.count === 9, 'the publication stores the rows');
    assert.deepEqual(await stored(), [{ day: today(), count: 9 }]);
  }));

test('a restarted object remembers what events have written', () =>
  withObjects({ DAILY_EVENT_ROWS: '10' }, undefined, async (worker) => {
    const send = async () => (await worker.fetch('/api/analytics/message', post)).status;
    assert.equal(await send(), 200);
    const published = () => worker.logs().some(({ event }) => event === 'counters.published');
    await until(published, 'the first event is published at once');
    assert.equal(await send(), 200);
    await rpc(worker, 'counters-0', 'restart');
    assert.deepEqual([await send(), await send()], [200, 429]);
  }));

test('records and daily counts are deleted at whole quarters of an hour', () =>
  withObjects({ DAILY_SESSION_LIMIT: '10' }, undefined, async (worker) => {
    const { session_id: id, expires_at } = await (await worker.fetch('/api/chatkit/session', post)).json();
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(id)) hash = Math.imul(hash ^ byte, 0x01000193);
    const { result: deletion } = await rpc(worker, `records-${(hash >>> 0) % 16}`, 'alarmTime');
    const end = (expires_at + 86_400) * 1000;
    assert.equal(deletion, Math.ceil(end / QUARTER_HOUR) * QUARTER_HOUR);
    const { result: midnight } = await rpc(worker, 'limits', 'alarmTime');
    assert.equal(midnight, (today() + 1) * 86_400_000 + QUARTER_HOUR);
  }));

const pastDays = (/** @type {string} */ rest = '') => `(storage, name) => {
  if (name !== 'limits') return;
  storage.sql.exec('CREATE TABLE IF NOT EXISTS places (day INTEGER, owner TEXT, count INTEGER, PRIMARY KEY (day, owner)) WITHOUT ROWID');
  const today = Math.floor(Date.now() / 86_400_000);
  storage.sql.exec("INSERT OR IGNORE INTO places VALUES (?1, '', 5), (?2, '', 2)", today - 2, today);
  ${rest}
}`;

test('the alarm deletes the daily counts of past days and keeps those of today', () =>
  withObjects({}, pastDays(), async (worker) => {
    assert.equal((await rpc(worker, 'limits', 'ring')).error, undefined);
    assert.deepEqual(await rows(worker, 'limits', 'SELECT day, count FROM places'), [{ day: today(), count: 2 }]);
  }));

test('a request stamped the day before counts for today, and not from zero', () =>
  withObjects({}, pastDays(), async (worker) => {
    const reserve = (/** @type {string} */ request) => rpc(worker, 'limits', 'reserve', today() - 1, 'user', 3, null, request);
    assert.deepEqual(await reserve('a'), { result: today() });
    assert.deepEqual(await reserve('a'), { result: today() }, 'the same request');
    assert.deepEqual(await reserve('b'), { result: false });
    assert.equal((await rpc(worker, 'limits', 'release', null, 'user', 'unknown')).error, undefined);
    assert.deepEqual(await reserve('c'), { result: false });
    await rpc(worker, 'limits', 'release', null, 'user', 'a');
    assert.deepEqual(await reserve('c'), { result: today() });
  }));

test('counters that nobody adds to are published once an hour, so that as_of tells idle from not publishing', () =>
  withObjects({}, `(storage, name) => {
    if (name !== 'counters-0') return;
    storage.sql.exec('CREATE TABLE IF NOT EXISTS publishing (one INTEGER PRIMARY KEY CHECK (one = 1), shard INTEGER, seconds INTEGER, waiting INTEGER DEFAULT 0, at INTEGER, failures INTEGER)');
    storage.sql.exec('INSERT OR IGNORE INTO publishing VALUES (1, 0, 120, 0, ?1, 0)', Date.now() - ${HOUR} - 1000);
  }`, async (worker, kv) => {
    const before = Date.now();
    assert.equal((await rpc(worker, 'counters-0', 'ring')).error, undefined);
    const published = JSON.parse(kv.values.get('counters/1/0') ?? 'null');
    assert.ok(published.as_of >= before, JSON.stringify(published));
    const { result: next } = await rpc(worker, 'counters-0', 'alarmTime');
    assert.ok(Math.abs(next - published.as_of - HOUR) < 1000, String(next));
    kv.values.clear();
    await rpc(worker, 'counters-0', 'ring');
    assert.equal(kv.values.size, 0, 'not before the hour has passed');
    assert.deepEqual(await (await worker.fetch('/api/analytics/message', post)).json(), { status: 'tracked' });
    const { result: soon } = await rpc(worker, 'counters-0', 'alarmTime');
    assert.ok(soon < next && soon - published.as_of <= 121_000, 'an event is published after the usual interval');
  }));

// As version 0.1.0 stored it.
const OLD = `(storage, name) => {
  const exec = (...statement) => storage.sql.exec(...statement);
  const day = Math.floor(Date.now() / 86_400_000);
  exec('CREATE TABLE IF NOT EXISTS counters (day INTEGER, name TEXT, count INTEGER, PRIMARY KEY (day, name)) WITHOUT ROWID');
  exec('CREATE TABLE IF NOT EXISTS publishing (one INTEGER PRIMARY KEY CHECK (one = 1), shard INTEGER, seconds INTEGER, waiting INTEGER DEFAULT 0, at INTEGER, failures INTEGER)');
  exec('CREATE TABLE IF NOT EXISTS reports (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, message TEXT, stack TEXT, url TEXT)');
  exec('CREATE TABLE IF NOT EXISTS places (day INTEGER, owner TEXT, count INTEGER, PRIMARY KEY (day, owner)) WITHOUT ROWID');
  if (name === 'counters-0' && exec('SELECT * FROM counters').toArray().length === 0) {
    for (const of of [-1, day]) {
      exec("INSERT INTO counters VALUES (?1, 'messages', 7), (?1, 'sessions_failed', 3), (?1, 'failed:openai_timeout', 3)", of);
    }
    exec('INSERT INTO publishing VALUES (1, 0, 1, 2, ?1, 0)', Date.now() - 60_000);
    for (let n = 0; n < 50; n++) exec("INSERT INTO reports (at, message, stack, url) VALUES (?1, ?2, 's', 'u')", 1000 + n, 'boom ' + n);
  }
  if (name === 'limits') exec("INSERT OR IGNORE INTO places VALUES (?1, '', 1)", day);
}`;

test('what version 0.1.0 stored is read on: counters, error reports and the count of the day', () =>
  withObjects({ COUNTER_PUBLISH_SECONDS: '1', DAILY_SESSION_LIMIT: '2' }, OLD, async (worker) => {
    assert.deepEqual(await reports(worker), latest(50, 0));
    await worker.fetch('/api/errors', { ...post, body: boom(50, 52) });
    assert.deepEqual(await reports(worker), latest(52, 2));
    assert.deepEqual(await rows(worker, 'counters-0', 'SELECT count(*) AS n FROM reports'), [{ n: 0 }]);
    const statuses = [];
    for (let i = 0; i < 2; i++) statuses.push((await worker.fetch('/api/chatkit/session', post)).status);
    assert.deepEqual(statuses, [200, 429], 'one was used up before the upgrade');
    /** @type {any} */
    let stats;
    await until(async () => {
      stats = await (await worker.fetch('/api/chatkit/stats', ADMIN)).json();
      return stats.totals.client_errors === 2 && stats.totals.sessions_created === 1;
    }, () => JSON.stringify(stats));
    assert.equal(stats.totals.messages, 7);
    assert.equal(stats.days[0].messages, 7);
    assert.deepEqual(stats.failures, { openai_timeout: 3, daily_limit_reached: 1 });
  }));
