// docs/operating.md: the log has its events and fields, an API key can be changed its way, and the costs are those of the built
// Worker.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { startKv } from '../support/kv.mjs';
import { until } from '../support/until.mjs';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';
import { startWorkerd } from '../support/workerd.mjs';
import { projectFiles, readText } from './markdown.mjs';
import { meteredBuild } from './metered.mjs';
import { readPage } from './page.mjs';

const page = readPage('operating.md');
const post = { method: 'POST' };
const SITE = { Origin: 'https://www.example.com' };
/** The names in the first cells of a table; a row may have several. */
const names = (/** @type {string} */ heading) =>
  page.rows(heading).flatMap(([first]) => [...(first ?? '').matchAll(/`(.+?)`/g)].map(([, name]) => name)).sort();

/** @typedef {Awaited<ReturnType<typeof startWorkerd>>} Worker */
/** @typedef {Awaited<ReturnType<typeof startSandbox>>} Sandbox */

/**
 * Starts the metered Worker in workerd against the sandbox, calls `use`, and returns the log.
 * @param {Parameters<typeof startSandbox>[0]} options
 * @param {(worker: Worker, sandbox: Sandbox) => Promise<void>} use
 */
async function metered(options, use) {
  const [build, kv, sandbox] = await Promise.all([meteredBuild(), startKv(), startSandbox(options)]);
  const variables = {
    OPENAI_API_KEY: SANDBOX_KEY, OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW, OPENAI_BASE_URL: sandbox.baseUrl,
    RATE_LIMITS: 'off', DAILY_SESSION_LIMIT: '1000', ALLOWED_ORIGINS: SITE.Origin,
  };
  const worker = await startWorkerd(variables, { build: build.folder, kv: kv.address });
  try {
    await use(worker, sandbox);
    return worker.logs();
  } finally {
    await worker.close();
    await Promise.all([kv.close(), sandbox.close(), build.remove()]);
  }
}

/** The most frequent cost of a command: an object's first call also creates its tables. */
function usualCost(/** @type {any[]} */ lines, /** @type {string} */ command) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { event, read, written } of lines) {
    if (event === `ledger ${command}`) counts.set(`${read} ${written}`, (counts.get(`${read} ${written}`) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

describe('the log', () => {
  test('has exactly the events of the table', () => {
    const source = projectFiles().filter((file) => /^(src|crates\/rules\/src)\/.*\.rs$/.test(file)).map((file) => readText(file).split('#[cfg(test)]')[0]).join('\n');
    const found = source.matchAll(/"((?:session|events|ledger|counters)\.[a-z_]+)"/g);
    const events = new Set([...found].map(([, event]) => event));
    assert.deepEqual(names('Events'), ['request', ...events].sort());
  });

  test('has exactly the fields of the table, and the samples have the shape of real lines', async () => {
    const lines = (await metered({}, async (worker, sandbox) => {
      await worker.fetch('/api/chatkit/session', post);
      sandbox.fail('invalid-key');
      await worker.fetch('/api/chatkit/session', post);
      await until(() => worker.logs().some(({ event }) => event === 'counters.published'), 'the counters are published');
    })).filter(({ level }) => level);
    assert.deepEqual([...new Set(lines.flatMap((line) => Object.keys(line)))].sort(), names('Fields'));

    const shape = (/** @type {any} */ line) => [line.event, line.status, ...Object.keys(line)];
    const real = lines.filter(({ path }) => path === '/api/chatkit/session').map(shape);
    const samples = page.codes('Logs', 'json').map((text) => shape(JSON.parse(text)));
    assert.deepEqual(samples, real);
  });
});

test('a visitor signed with the API key stays the same when the key changes, if VISITOR_SECRET has the old one', async () => {
  const start = async (/** @type {Record<string, string>} */ secrets, cookie = '') => {
    const worker = await startWorkerWithSandbox({ apiKey: secrets.OPENAI_API_KEY, secrets });
    const path = cookie ? '/api/chatkit/refresh' : '/api/chatkit/session';
    const response = await worker.fetch(path, { ...post, headers: { cookie } });
    const [request] = worker.sandbox.requests;
    await worker.close();
    return { status: response.status, cookie: cookieOf(response), user: request?.body.user };
  };
  const first = await start({ OPENAI_API_KEY: 'sk-old-0123456789' });
  const alone = await start({ OPENAI_API_KEY: 'sk-new-0123456789' }, first.cookie);
  assert.equal(alone.status, 401);
  const both = await start({ OPENAI_API_KEY: 'sk-new-0123456789', VISITOR_SECRET: 'random, sk-old-0123456789' }, first.cookie);
  assert.deepEqual([both.status, both.user], [200, first.user]);
});

describe('the costs', () => {
  /** The costs in the table, by its first cell: requests, and rows read and written. */
  const documented = Object.fromEntries(
    page.rows('What is counted').map(([what, requests, read, written]) => [what, [requests, `${read} ${written}`]]),
  );

  test('of the ledger are those of the built Worker', async () => {
    const lines = await metered({}, async (worker, sandbox) => {
      // The guide's start and refresh, from a page of another origin.
      for (let i = 0; i < 48; i++) {
        const { client_secret: token } = await (await worker.fetch('/api/chatkit/session', { ...post, headers: SITE })).json();
        await worker.fetch(`/api/chatkit/refresh?token=${token}`, { ...post, headers: SITE });
      }
      // Enough to reach each of the 16 objects for records more than once.
      let last;
      for (let i = 0; i < 48; i++) last = await worker.fetch('/api/chatkit/session', post);
      const { session_id: id } = await last?.json();
      const headers = { cookie: cookieOf(/** @type {Response} */ (last)) ?? '' };
      assert.equal((await worker.fetch(`/api/chatkit/session/${id}`, { headers })).status, 200);
      const reports = (/** @type {number} */ many) => JSON.stringify(Array(many).fill({ message: 'it broke' }));
      // More than are kept, so that each new report removes an old one.
      await worker.fetch('/api/errors', { ...post, body: reports(100) });
      for (let i = 0; i < 5; i++) await worker.fetch('/api/errors', { ...post, body: reports(1) });
      for (let i = 0; i < 5; i++) await worker.fetch('/api/analytics/message', { ...post, body: '[{},{},{}]' });
      for (let i = 0; i < 5; i++) {
        sandbox.fail('invalid-key');
        await worker.fetch('/api/chatkit/session', post);
      }
      const events = (/** @type {string} */ name) => worker.logs().filter(({ event }) => event === name).length;
      const isCounted = () => events('ledger count sessions_created') === 96 && events('ledger count sessions_failed') === 5;
      await until(isCounted, 'everything is counted');
    });
    for (const [what, command] of [
      ['a session is remembered', 'putRecord'],
      ['a session is counted', 'count sessions_created'],
      ['a message, change of thread, or array of them is counted', 'count messages'],
      ['an error report is kept, or up to a hundred of them', 'count client_errors'],
      ['a failed session is counted', 'count sessions_failed'],
      ['a daily limit is asked', 'reserve'],
      ['a session is shown', 'getRecord'],
      ['the grant of a client secret is kept', 'putGrant'],
      ['a refresh by the client secret looks up its grant', 'getGrant'],
    ]) {
      assert.deepEqual(documented[what], ['1', usualCost(lines, command)], what);
    }
  });

  test('of forgetting a session are those of the built Worker', async () => {
    // Sessions that ended over a day ago are forgotten at once.
    const lines = await metered({ ttlSeconds: -90_000 }, async (worker) => {
      for (let i = 0; i < 20; i++) {
        await worker.fetch('/api/chatkit/session', post);
        await until(() => worker.logs().filter(({ event }) => event === 'ledger alarm').length > i, 'the alarm runs');
      }
    });
    assert.deepEqual(documented['a session is forgotten, a day after its end'], ['1', usualCost(lines, 'alarm')]);
  });

  test('of a million sessions and events add up, and follow from the costs of one', () => {
    const rows = page.rows('A million');
    const sums = rows.pop();
    /** @type {Record<string, number[]>} */
    const each = {};
    const totals = [0, 0];
    for (const [meter, , price, session, sessions, event, events] of rows) {
      each[meter] = [Number(session), Number(event)];
      for (const [i, [number, dollars]] of [[session, sessions], [event, events]].entries()) {
        totals[i] += Number(number) * Number(price);
        assert.equal((Number(number) * Number(price)).toFixed(2), dollars, meter);
      }
    }
    assert.deepEqual([sums?.[4], sums?.[6]], totals.map((total) => total.toFixed(2)));

    const sum = (/** @type {string[]} */ ...whats) => {
      const parts = whats.map((what) => (documented[what] ?? []).join(' ').split(' ').map(Number));
      return parts.reduce((total, part) => total.map((number, i) => number + (part[i] ?? NaN)));
    };
    const meters = ['requests of objects', 'rows read', 'rows written'];
    const [requests, read, written] =
      sum('a session is remembered', 'a session is counted', 'a session is forgotten, a day after its end');
    // Forgetting sets the next alarm, which costs a row.
    assert.deepEqual(meters.map((meter) => each[meter]?.[0]), [requests, read, Number(written) + 1]);
    assert.deepEqual(meters.map((meter) => each[meter]?.[1]), sum('a message, change of thread, or array of them is counted'));
  });
});
