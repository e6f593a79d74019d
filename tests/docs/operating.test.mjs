// docs/operating.md: the log is as it says, an API key can be changed as it says, and the costs are those of the built Worker.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { startKv } from '../support/kv.mjs';
import { until } from '../support/until.mjs';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';
import { startWorkerd } from '../support/workerd.mjs';
import { meteredBuild } from './metered.mjs';
import { readPage } from './page.mjs';

const page = readPage('operating.md');
const post = { method: 'POST' };
/** The names in the first cells of a table, several of which may share a row. */
const names = (/** @type {string} */ heading) =>
  page.rows(heading).flatMap(([first]) => [...(first ?? '').matchAll(/`(.+?)`/g)].map(([, name]) => name)).sort();

/** @typedef {Awaited<ReturnType<typeof startWorkerd>>} Worker */
/** @typedef {Awaited<ReturnType<typeof startSandbox>>} Sandbox */

/**
 * Starts the metered Worker in workerd against the sandbox, and gives its log once it was used.
 * @param {Parameters<typeof startSandbox>[0]} options
 * @param {(worker: Worker, sandbox: Sandbox) => Promise<void>} use
 */
async function metered(options, use) {
  const [build, kv, sandbox] = await Promise.all([meteredBuild(), startKv(), startSandbox(options)]);
  const variables = {
    OPENAI_API_KEY: SANDBOX_KEY, OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW, OPENAI_BASE_URL: sandbox.baseUrl,
    RATE_LIMITS: 'off', DAILY_SESSION_LIMIT: '1000',
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

/** What is most often charged for a command: an object's first also makes its tables. */
function usual(/** @type {any[]} */ lines, /** @type {string} */ command) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  for (const { event, read, written } of lines) {
    if (event === `ledger ${command}`) seen.set(`${read} ${written}`, (seen.get(`${read} ${written}`) ?? 0) + 1);
  }
  return [...seen].sort((a, b) => b[1] - a[1])[0]?.[0];
}

describe('the log', () => {
  const sources = ['src', 'src/ledger'].flatMap((folder) => {
    const at = new URL(`../../${folder}/`, import.meta.url);
    return readdirSync(at).filter((name) => name.endsWith('.rs')).map((name) => readFileSync(new URL(name, at), 'utf8'));
  });

  test('has the events of the table and no other', () => {
    const found = sources.join('\n').matchAll(/"((?:session|events|ledger|counters)\.[a-z_]+)"/g);
    const events = new Set([...found].map(([, event]) => event));
    assert.deepEqual(names('Events'), ['request', ...events].sort());
  });

  test('has the fields of the table, and the samples are lines as they are', async () => {
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

test('a visitor who was signed by the API key is the same after a change of key that names the old one', async () => {
  const start = async (/** @type {Record<string, string>} */ secrets, cookie = '') => {
    const worker = await startWorkerWithSandbox({ apiKey: secrets.OPENAI_API_KEY, secrets });
    const answer = await worker.fetch(cookie ? '/api/chatkit/refresh' : '/api/chatkit/session', { ...post, headers: { cookie } });
    const [request] = worker.sandbox.requests;
    await worker.close();
    return { status: answer.status, cookie: cookieOf(answer), user: request?.body.user };
  };
  const first = await start({ OPENAI_API_KEY: 'sk-old-0123456789' });
  const alone = await start({ OPENAI_API_KEY: 'sk-new-0123456789' }, first.cookie);
  assert.equal(alone.status, 401);
  const both = await start({ OPENAI_API_KEY: 'sk-new-0123456789', VISITOR_SECRET: 'random, sk-old-0123456789' }, first.cookie);
  assert.deepEqual([both.status, both.user], [200, first.user]);
});

describe('the costs', () => {
  /** What a table says of rows read and written, by its first cell. */
  const told = Object.fromEntries(
    page.rows('What is counted').map(([what, requests, read, written]) => [what, [requests, `${read} ${written}`]]),
  );

  test('of the ledger are those that the built Worker has', async () => {
    const lines = await metered({}, async (worker, sandbox) => {
      // There are 16 objects for records, each with a first time.
      let last;
      for (let i = 0; i < 48; i++) last = await worker.fetch('/api/chatkit/session', post);
      const { session_id: id } = await last?.json();
      const headers = { cookie: cookieOf(/** @type {Response} */ (last)) ?? '' };
      assert.equal((await worker.fetch(`/api/chatkit/session/${id}`, { headers })).status, 200);
      const reports = (/** @type {number} */ many) => JSON.stringify(Array(many).fill({ message: 'it broke' }));
      // As many as are kept, and more, so that each new one drives out an old one.
      await worker.fetch('/api/errors', { ...post, body: reports(100) });
      for (let i = 0; i < 5; i++) await worker.fetch('/api/errors', { ...post, body: reports(1) });
      for (let i = 0; i < 5; i++) await worker.fetch('/api/analytics/message', { ...post, body: '[{},{},{}]' });
      for (let i = 0; i < 5; i++) {
        sandbox.fail('invalid-key');
        await worker.fetch('/api/chatkit/session', post);
      }
      const events = (/** @type {string} */ name) => worker.logs().filter(({ event }) => event === name).length;
      const all = () => events('ledger count sessions_created') === 48 && events('ledger count sessions_failed') === 5;
      await until(all, 'all is counted');
    });
    for (const [what, command] of [
      ['a session is remembered', 'putRecord'],
      ['a session is counted', 'count sessions_created'],
      ['a message, change of thread, or array of them is counted', 'count messages'],
      ['an error report is kept', 'count client_errors'],
      ['a failed session is counted', 'count sessions_failed'],
      ['a daily limit is asked', 'reserve'],
      ['a session is shown', 'getRecord'],
    ]) {
      assert.deepEqual(told[what], ['1', usual(lines, command)], what);
    }
  });

  test('of forgetting a session too', async () => {
    // Sessions that were over a day ago are forgotten at once.
    const lines = await metered({ ttlSeconds: -90_000 }, async (worker) => {
      for (let i = 0; i < 20; i++) {
        await worker.fetch('/api/chatkit/session', post);
        await until(() => worker.logs().filter(({ event }) => event === 'ledger alarm').length > i, 'the alarm rings');
      }
    });
    assert.deepEqual(told['a session is forgotten, a day after its end'], ['1', usual(lines, 'alarm')]);
  });

  test('of a million are the sums that the table says, of what the other table says', () => {
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
      const parts = whats.map((what) => (told[what] ?? []).join(' ').split(' ').map(Number));
      return parts.reduce((total, part) => total.map((number, i) => number + (part[i] ?? NaN)));
    };
    const meters = ['requests of objects', 'rows read', 'rows written'];
    const [requests, read, written] =
      sum('a session is remembered', 'a session is counted', 'a session is forgotten, a day after its end');
    // Forgetting sets the next alarm, which is a row.
    assert.deepEqual(meters.map((meter) => each[meter]?.[0]), [requests, read, Number(written) + 1]);
    assert.deepEqual(meters.map((meter) => each[meter]?.[1]), sum('a message, change of thread, or array of them is counted'));
  });
});
