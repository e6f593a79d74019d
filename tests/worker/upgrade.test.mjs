// An upgrade from version 0.1.0: the built Worker runs on what that version stored, and loses no visitor, record or counter.
//
// data-0.1.0/ has that data: the SQLite tables of each Durable Object, the counters in KV, and what two visitors and a signed-in
// user got. tests/support/make-data.mjs made it. Its times are relative, so the data is always a few seconds old.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startSandbox } from '../../sandbox/openai.mjs';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { startKv } from '../support/kv.mjs';
import { atTime, loadObjects, objectFile } from '../support/stored-data.mjs';
import { hs256 } from '../support/tokens.mjs';
import { until } from '../support/until.mjs';
import { cookieOf } from '../support/worker.mjs';
import { startWorkerd } from '../support/workerd.mjs';

const FOLDER = inRoot('tests', 'worker', 'data-0.1.0');
const TOKEN = 'admin-token-for-tests';
const DAY_MS = 86_400_000;

const data = JSON.parse(readFileSync(`${FOLDER}/data.json`, 'utf8'));
const { byCookie, byHeader, signedIn, withVisitorSecret } = data;
const asCookie = { Cookie: byCookie.cookie };
const asHeader = { Origin: data.site, 'X-ChatKit-Visitor': byHeader.value };
/** Values of version 0.1.0 have no time of issue. They end 400 days after its last day, and so do the tests that need one. */
const ENDED = Date.now() >= Date.UTC(2026, 10, 29) + 400 * DAY_MS;
const skip = ENDED && 'the visitors of version 0.1.0 have ended';

/** The objects that have records. */
const RECORDS = readdirSync(FOLDER).filter((name) => name.startsWith('records-')).map((name) => path.basename(name, '.sql'));

/** What version 0.1.0 counted, published or not. */
const COUNTED = {
  sessions_created: 6,
  sessions_refreshed: 1,
  sessions_cancelled: 1,
  sessions_failed: 1,
  messages: 7,
  thread_changes: 1,
  client_errors: 3,
};
/** What it counted of that on the day before. */
const COUNTED_YESTERDAY = {
  ...COUNTED,
  sessions_created: 1,
  sessions_refreshed: 0,
  sessions_cancelled: 0,
  messages: 4,
  client_errors: 1,
};
/** The sessions of today: all of them, and those of one visitor. */
const USED = { total: 6, byCookie: 3 };

/** @typedef {Awaited<ReturnType<typeof upgraded>>} Worker */

/** Starts the Worker on the data, which was stored so many milliseconds ago. */
async function upgraded(/** @type {Record<string, string>} */ variables, age = 0) {
  const now = Date.now() - age;
  const sandbox = await startSandbox();
  const kv = await startKv();
  for (const [key, value] of Object.entries(data.published)) kv.values.set(key, atTime(value, now));
  const worker = await startWorkerd({
    OPENAI_API_KEY: data.apiKey,
    OPENAI_BASE_URL: sandbox.baseUrl,
    OPENAI_CHATKIT_WORKFLOW_ID: data.workflow,
    ALLOWED_ORIGINS: data.site,
    ADMIN_TOKEN: TOKEN,
    COUNTER_PUBLISH_SECONDS: '1',
    RATE_LIMITS: 'off',
    ...variables,
  }, { kv: kv.address, prepare: (storage) => loadObjects(FOLDER, storage, now) });
  return {
    ...worker,
    sandbox,
    async close() {
      await worker.close();
      await kv.close();
      await sandbox.close();
    },
  };
}

/** @param {Record<string, string>} variables @param {(worker: Worker) => Promise<void>} use @param {number} [age] */
async function afterUpgrade(variables, use, age) {
  const untilMidnight = DAY_MS - (Date.now() % DAY_MS);
  // The data's "today" must be the day of the test until its end.
  if (untilMidnight < 30_000) await pause(untilMidnight + 1);
  const worker = await upgraded(variables, age);
  try {
    await use(worker);
  } finally {
    await worker.close();
  }
}

/** @typedef {Record<string, string>} Headers */

const post = (/** @type {Worker} */ worker, /** @type {string} */ path, /** @type {Headers} */ headers = {}, body = '') =>
  worker.fetch(path, { method: 'POST', headers, ...(body && { body }) });
const start = (/** @type {Worker} */ worker, /** @type {Headers} */ headers = {}) => post(worker, '/api/chatkit/session', headers);
const lookUp = (/** @type {Worker} */ worker, /** @type {string} */ id, /** @type {Headers} */ headers, method = 'GET') =>
  worker.fetch(`/api/chatkit/session/${id}`, { method, headers });
const admin = (/** @type {Worker} */ worker, /** @type {string} */ path) =>
  worker.fetch(path, { headers: { Authorization: `Bearer ${TOKEN}` } });

/** The user that OpenAI gets for a successful start. */
async function userOf(/** @type {Worker} */ worker, /** @type {Response} */ response) {
  assert.equal(response.status, 200, await response.clone().text());
  return worker.sandbox.requests.at(-1)?.body.user;
}

/** Makes a session of the old version known to the sandbox. */
async function adopt(/** @type {Worker} */ worker, /** @type {string} */ id) {
  await start(worker);
  const session = [...worker.sandbox.sessions.values()].at(-1);
  assert.ok(session);
  worker.sandbox.sessions.set(id, Object.assign(session, { id }));
  return session;
}

/** Polls the stats until all totals are as expected, and checks that no total ever falls. */
async function statsWith(/** @type {Worker} */ worker, /** @type {Record<string, number>} */ expected) {
  /** @type {any} */
  let stats;
  /** @type {Record<string, number>} */
  let least = JSON.parse(atTime(data.published['counters/1/0'], 0)).totals;
  await until(async () => {
    stats = await (await admin(worker, '/api/chatkit/stats')).json();
    for (const [name, count] of Object.entries(least)) {
      assert.ok(stats.totals[name] >= count, `${name} fell from ${count} to ${stats.totals[name]}`);
    }
    least = stats.totals;
    return Object.entries(expected).every(([name, count]) => stats.totals[name] === count);
  }, () => `${JSON.stringify(expected)}; last seen: ${JSON.stringify(stats)}`);
  return stats;
}

/** The statements of version 0.1.0 that store something, for its own tables. */
const OLD_STATEMENTS = [
  `INSERT INTO counters SELECT day, key, value FROM json_each(?1), (SELECT ?2 AS day UNION ALL SELECT ?3) WHERE true
   ON CONFLICT (day, name) DO UPDATE SET count = count + excluded.count`,
  `INSERT INTO publishing VALUES (1, ?1, ?2, 1, NULL, 0)
   ON CONFLICT (one) DO UPDATE SET shard = ?1, seconds = ?2, waiting = waiting + 1`,
  'UPDATE publishing SET at = ?1, failures = failures + 1',
  `INSERT INTO reports (at, message, stack, url)
   SELECT value ->> 'at', value ->> 'message', value ->> 'stack', value ->> 'url' FROM json_each(?1)`,
  'INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3, ?4, ?5, 0)',
  'UPDATE records SET cancelled = 1 WHERE id = ?1',
  `INSERT INTO places VALUES (?1, ?2, 1), (?1, ?3, 1)
   ON CONFLICT (day, owner) DO UPDATE SET count = count + 1`,
];

/** How many rows a table has, in the file of an object. */
function rows(/** @type {string} */ file, /** @type {string} */ table) {
  const database = new DatabaseSync(file, { readOnly: true });
  const count = database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count;
  database.close();
  return Number(count);
}

const date = (/** @type {number} */ at) => new Date(at).toISOString().slice(0, 10);

describe('after an upgrade from version 0.1.0, a visitor', { skip }, () => {
  test('is the same user by the old cookie, at a start and a refresh', () =>
    afterUpgrade({}, async (worker) => {
      assert.equal(await userOf(worker, await start(worker, asCookie)), byCookie.user);
      assert.equal(await userOf(worker, await post(worker, '/api/chatkit/refresh', asCookie)), byCookie.user);
    }));

  test('is the same user by the old value in the header, under its old and its new name', () =>
    afterUpgrade({}, async (worker) => {
      for (const name of ['X-ChatKit-Visitor', 'X-ChatKit-Visitor-Token']) {
        const headers = { Origin: data.site, [name]: byHeader.value };
        assert.equal(await userOf(worker, await start(worker, headers)), byHeader.user);
        assert.equal(await userOf(worker, await post(worker, '/api/chatkit/refresh', headers)), byHeader.user);
      }
    }));

  test('gets a new value for the old one, in the cookie or the answer, that proves the same user', () =>
    afterUpgrade({}, async (worker) => {
      const response = await start(worker, asCookie);
      const cookie = cookieOf(response);
      assert.ok(cookie && cookie !== byCookie.cookie);
      assert.equal(await userOf(worker, await post(worker, '/api/chatkit/refresh', { Cookie: cookie })), byCookie.user);
      const { visitor } = await (await start(worker, asHeader)).json();
      assert.ok(visitor && visitor !== byHeader.value);
      const headers = { Origin: data.site, 'X-ChatKit-Visitor-Token': visitor };
      assert.equal(await userOf(worker, await post(worker, '/api/chatkit/refresh', headers)), byHeader.user);
    }));

  test('is the same user by a value that VISITOR_SECRET signed, and their session is theirs', () =>
    afterUpgrade({ VISITOR_SECRET: data.visitorSecret }, async (worker) => {
      const mine = { Cookie: withVisitorSecret.cookie };
      assert.equal(await userOf(worker, await post(worker, '/api/chatkit/refresh', mine)), withVisitorSecret.user);
      assert.equal((await lookUp(worker, withVisitorSecret.active, mine)).status, 200);
    }));
});

describe('after an upgrade from version 0.1.0, a session', { skip }, () => {
  test('has its status, for its own visitor and for nobody else', () =>
    afterUpgrade({}, async (worker) => {
      for (const [id, headers, status] of /** @type {[string, Record<string, string>, string][]} */ ([
        [byCookie.active, asCookie, 'active'],
        [byCookie.refreshed, asCookie, 'active'],
        [byCookie.cancelled, asCookie, 'cancelled'],
        [byCookie.expired, asCookie, 'expired'],
        [byHeader.active, asHeader, 'active'],
      ])) {
        const response = await lookUp(worker, id, headers);
        assert.equal(response.status, 200, status);
        const { created_at, expires_at, ...session } = await response.json();
        assert.deepEqual(session, { id, status, workflow_id: data.workflow });
        assert.equal(expires_at - created_at, 600);
        const another = headers === asCookie ? asHeader : asCookie;
        for (const method of ['GET', 'DELETE']) {
          assert.equal((await lookUp(worker, id, another, method)).status, 404, `${method} by another visitor`);
          assert.equal((await lookUp(worker, id, {}, method)).status, 401, `${method} without proof`);
        }
      }
      assert.deepEqual(worker.sandbox.requests, [], 'no request to OpenAI');
    }));

  test('can be cancelled, even twice', () =>
    afterUpgrade({}, async (worker) => {
      const session = await adopt(worker, byCookie.active);
      for (let i = 0; i < 2; i++) {
        const response = await lookUp(worker, byCookie.active, asCookie, 'DELETE');
        assert.equal(response.status, 200);
        assert.deepEqual(await response.json(), { id: byCookie.active, status: 'cancelled' });
      }
      assert.equal(session.status, 'cancelled', 'at OpenAI');
      assert.equal((await (await lookUp(worker, byCookie.active, asCookie)).json()).status, 'cancelled');
      const cancels = worker.sandbox.requests.filter(({ path }) => path.endsWith('/cancel'));
      assert.deepEqual(cancels.map(({ path }) => path), [`/v1/chatkit/sessions/${byCookie.active}/cancel`]);
    }));

  test('of a signed-in user is theirs', () => {
    const token = (/** @type {string} */ sub) =>
      hs256({ sub, iss: data.site, aud: 'chat', exp: Math.floor(Date.now() / 1000) + 300 }, data.jwtSecret);
    const as = (/** @type {string} */ user) => ({ Authorization: `Bearer ${token(user)}` });
    const settings = { AUTH: 'jwt', AUTH_ISSUER: data.site, AUTH_AUDIENCE: 'chat', AUTH_JWT_SECRET: data.jwtSecret };
    return afterUpgrade(settings, async (worker) => {
      assert.equal((await lookUp(worker, signedIn.active, as(signedIn.user))).status, 200);
      assert.equal((await lookUp(worker, signedIn.active, as('another'))).status, 404);
    });
  });

  test('is deleted when its time is over, by the alarm that version 0.1.0 set', () =>
    afterUpgrade({}, async (worker) => {
      const stored = () => RECORDS.reduce((sum, name) => sum + rows(objectFile(worker.storage, name), 'records'), 0);
      await until(() => stored() === 0, () => `no record is stored; there are ${stored()}`);
      assert.equal((await lookUp(worker, byCookie.active, asCookie)).status, 404);
    }, 2 * DAY_MS));
});

describe('after an upgrade from version 0.1.0, the counters', { skip }, () => {
  test('go on from where they were, in total and by day, and never fall', () =>
    afterUpgrade({}, async (worker) => {
      assert.deepEqual(await (await post(worker, '/api/analytics/message')).json(), { status: 'tracked' });
      await start(worker, asCookie);
      const totals = { ...COUNTED, messages: COUNTED.messages + 1, sessions_created: COUNTED.sessions_created + 1 };
      const stats = await statsWith(worker, totals);
      assert.deepEqual(stats.failures, { openai_key_rejected: 1 });
      const [today, yesterday] = stats.days;
      assert.equal(today.date, date(Date.now()));
      assert.equal(yesterday.date, date(Date.now() - DAY_MS));
      for (const [name, count] of Object.entries(COUNTED_YESTERDAY)) {
        assert.equal(yesterday[name], count, name);
        assert.equal(today[name], totals[/** @type {keyof typeof totals} */ (name)] - count, name);
      }
      const metrics = await (await admin(worker, '/metrics')).text();
      assert.match(metrics, /^chatkit_messages_total 8$/m);
      assert.match(metrics, /^chatkit_sessions_failed_total\{code="openai_key_rejected"\} 1$/m);
    }));

  test('are published by the alarm that version 0.1.0 set, without a new event', () =>
    afterUpgrade({}, async (worker) => {
      await statsWith(worker, COUNTED);
    }, 180_000));

  test('keep their error reports, beside new ones', () =>
    afterUpgrade({}, async (worker) => {
      const messages = async () => {
        const { reports } = await (await admin(worker, '/api/errors')).json();
        return reports.map((/** @type {{ message: string }} */ { message }) => message);
      };
      assert.deepEqual(await messages(), ["it's", 'today', 'yesterday']);
      await post(worker, '/api/errors', {}, '{"message":"new"}');
      assert.deepEqual(await messages(), ['new', "it's", 'today', 'yesterday']);
    }));
});

describe('after an upgrade from version 0.1.0, the daily limit', { skip }, () => {
  test('of a visitor who used it up stays used up, and another keeps what is left', () =>
    afterUpgrade({ DAILY_SESSIONS_PER_USER: String(USED.byCookie) }, async (worker) => {
      const refused = await start(worker, asCookie);
      assert.equal(refused.status, 429);
      assert.equal((await refused.json()).code, 'daily_limit_reached');
      const statuses = [];
      for (let i = 0; i < USED.byCookie; i++) statuses.push((await start(worker, asHeader)).status);
      assert.deepEqual(statuses, [200, 200, 429], 'one of three sessions was used');
    }));

  test('of all visitors goes on from what was used', () =>
    afterUpgrade({ DAILY_SESSION_LIMIT: String(USED.total + 1) }, async (worker) => {
      assert.equal((await start(worker)).status, 200);
      assert.equal((await start(worker)).status, 429);
      assert.equal((await start(worker, asHeader)).status, 429);
    }));

  test('begins anew on the next day', () =>
    afterUpgrade({ DAILY_SESSIONS_PER_USER: String(USED.byCookie), DAILY_SESSION_LIMIT: String(USED.total) }, async (worker) => {
      assert.equal((await start(worker, asCookie)).status, 200);
    }, DAY_MS));
});

test('after an upgrade from version 0.1.0, one can go back: its statements fit the tables', { skip }, () =>
  afterUpgrade({ DAILY_SESSION_LIMIT: '100' }, async (worker) => {
    const response = await start(worker, asCookie);
    assert.equal(response.status, 200);
    await lookUp(worker, byCookie.active, asCookie, 'DELETE');
    await post(worker, '/api/errors', {}, '{"message":"new"}');
    await statsWith(worker, { client_errors: COUNTED.client_errors + 1, sessions_created: COUNTED.sessions_created + 1 });
    for (const name of ['counters-0', 'limits', ...RECORDS]) {
      const database = new DatabaseSync(objectFile(worker.storage, name), { readOnly: true });
      // SQLite compiles a statement only if the table has the columns that the statement needs, and no more.
      for (const statement of OLD_STATEMENTS) database.prepare(statement);
      database.close();
    }
  }));
