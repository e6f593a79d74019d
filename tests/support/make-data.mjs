// Makes the data of tests/worker/data-VERSION: what a build stores in two days of use.
//
//   node tests/support/make-data.mjs build/deploy tests/worker/data-VERSION
//
// Run it with the build of a release, before anything that the release stores is changed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { startKv } from './kv.mjs';
import { atTime, loadObjects, saveObjects, snapshotText } from './stored-data.mjs';
import { hs256 } from './tokens.mjs';
import { until } from './until.mjs';
import { cookieOf } from './worker.mjs';
import { startWorkerd } from './workerd.mjs';

const DAY_MS = 86_400_000;
const OBJECTS = ['counters-0', 'limits', ...Array.from({ length: 16 }, (_, i) => `records-${i}`)];
const SITE = 'https://shop.example';
const JWT_SECRET = 'a-secret-of-the-site-that-has-32-bytes-or-more';
const VISITOR_SECRET = 'a-visitor-secret-that-has-32-bytes-or-more';
const COUNTERS_KEY = 'counters/1/0';

const [build = 'build/deploy', target = 'data'] = process.argv.slice(2).map((name) => path.resolve(name));
const sandbox = await startSandbox();
const kv = await startKv();

/**
 * Runs the build on what is stored in a folder, as if it was `now`.
 * @param {Record<string, string>} variables
 * @param {string | undefined} stored
 * @param {(worker: Awaited<ReturnType<typeof startWorkerd>>) => Promise<void>} use
 */
async function withBuild(variables, stored, use) {
  const worker = await startWorkerd({
    OPENAI_API_KEY: SANDBOX_KEY,
    OPENAI_BASE_URL: sandbox.baseUrl,
    OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
    ALLOWED_ORIGINS: SITE,
    DAILY_SESSION_LIMIT: '100',
    RATE_LIMITS: 'off',
    ...variables,
  }, { build, kv: kv.address, prepare: (folder) => stored && loadObjects(stored, folder, Date.now()) });
  try {
    await use(worker);
  } finally {
    await worker.close();
  }
}

/**
 * Stores everything with times relative to `now`.
 * @param {{ storage: string }} worker @param {string} folder @param {number} now
 */
function save(worker, folder, now) {
  mkdirSync(folder, { recursive: true });
  saveObjects(worker.storage, OBJECTS, folder, now);
}

/** A session of a visitor. */
async function session(worker, headers = {}, where = '/api/chatkit/session') {
  const response = await worker.fetch(where, { method: 'POST', headers });
  const body = await response.json();
  if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(body)}`);
  return { id: body.session_id, user: sandbox.requests.at(-1)?.body.user, value: body.visitor, cookie: cookieOf(response) };
}

const post = async (worker, where, body) => (await worker.fetch(where, { method: 'POST', body: JSON.stringify(body) })).text();
const published = () => kv.values.get(COUNTERS_KEY) ?? '';
const publishes = (/** @type {string} */ text) => until(() => published().includes(text), text);

const scratch = mkdtempSync(path.join(tmpdir(), 'chatkit-edge-data-'));
/** @type {Record<string, any>} */
const data = {
  apiKey: SANDBOX_KEY,
  workflow: SANDBOX_WORKFLOW,
  site: SITE,
  jwtSecret: JWT_SECRET,
  visitorSecret: VISITOR_SECRET,
};

// Yesterday: a visitor with a cookie, events, a failure. The first event is published at once, the others two minutes later.
await withBuild({}, undefined, async (worker) => {
  const { cookie, user, id } = await session(worker);
  await publishes('"sessions_created":1');
  data.byCookie = { cookie, user, expired: id };
  await post(worker, '/api/analytics/message', [{}, {}, {}]);
  await post(worker, '/api/analytics/thread-change', { threadId: 'cthr_1' });
  await post(worker, '/api/errors', { message: 'yesterday', stack: 'at a.js:1', url: `${SITE}/a` });
  sandbox.fail('invalid-key');
  await post(worker, '/api/chatkit/session', {});
  // The failure is counted after its response. The message is counted after the failure.
  await post(worker, '/api/analytics/message', {});
  save(worker, scratch, Date.now() + DAY_MS);
  kv.values.set(COUNTERS_KEY, atTime(snapshotText(published(), Date.now() + DAY_MS), Date.now()));
});

// Today: the alarm that was due yesterday publishes; then what follows waits for the next alarm.
await withBuild({}, scratch, async (worker) => {
  await publishes('"messages":4');
  const headers = { Cookie: data.byCookie.cookie };
  data.byCookie.active = (await session(worker, headers)).id;
  data.byCookie.refreshed = (await session(worker, headers, '/api/chatkit/refresh')).id;
  data.byCookie.cancelled = (await session(worker, headers)).id;
  await worker.fetch(`/api/chatkit/session/${data.byCookie.cancelled}`, { method: 'DELETE', headers });
  const { value, user, id } = await session(worker, { Origin: SITE });
  data.byHeader = { value, user, active: id };
  await post(worker, '/api/errors', [{ message: 'today', stack: 'at b.js:2', url: `${SITE}/b` }, { error: { message: "it's" } }]);
  await post(worker, '/api/analytics/message', [{}, {}]);
  save(worker, scratch, Date.now());
});

// A signed-in user, and a visitor of a deployment with VISITOR_SECRET.
const token = hs256({ sub: 'user-7', iss: SITE, aud: 'chat', exp: Math.floor(Date.now() / 1000) + 300 }, JWT_SECRET);
const signedIn = { AUTH: 'jwt', AUTH_ISSUER: SITE, AUTH_AUDIENCE: 'chat', AUTH_JWT_SECRET: JWT_SECRET };
await withBuild(signedIn, scratch, async (worker) => {
  const { id, user } = await session(worker, { Authorization: `Bearer ${token}` });
  data.signedIn = { user, active: id };
  save(worker, scratch, Date.now());
});
await withBuild({ VISITOR_SECRET }, scratch, async (worker) => {
  const { id, user, cookie } = await session(worker);
  data.withVisitorSecret = { cookie, user, active: id };
  await post(worker, '/api/analytics/message', {});
  const now = Date.now();
  save(worker, target, now);
  data.published = { [COUNTERS_KEY]: snapshotText(published(), now) };
});

writeFileSync(path.join(target, 'data.json'), `${JSON.stringify(data, null, 2)}\n`);
rmSync(scratch, { recursive: true });
await kv.close();
await sandbox.close();
