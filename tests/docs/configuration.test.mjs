// docs/configuration.md is right about bindings: those of wrangler.toml, and what happens without each. What it says of secrets
// and variables is compared with the code by crates/rules/tests/parsers/documentation.rs.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { unstable_readConfig as readConfig } from 'wrangler';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { readPage } from './page.mjs';

const page = readPage('configuration.md');
const wrangler = readFileSync(new URL('../../wrangler.toml', import.meta.url), 'utf8');

/** The bindings of a configuration as the page's table has them: name, kind, and what it is set to. */
function bindings(/** @type {string} */ text, /** @type {string} */ env = '') {
  const file = path.join(tmpdir(), `chatkit-edge-${process.pid}.toml`);
  writeFileSync(file, text);
  try {
    const config = readConfig({ config: file, env }, { hideWarnings: true });
    const { assets, durable_objects: objects } = config;
    return [
      [assets?.binding, 'static assets', `\`${assets?.directory}\``],
      ...objects.bindings.map(({ name, class_name: className }) => {
        // A class that no migration makes is refused.
        assert.ok(config.migrations.some(({ new_sqlite_classes: made }) => made?.includes(className)));
        return [name, 'Durable Object', `class \`${className}\``];
      }),
      ...config.kv_namespaces.map(({ binding }) => [binding, 'KV namespace', 'made by the first `wrangler deploy`']),
      ...config.ratelimits.map(({ name, simple }) => [name, 'rate limiter', `${simple.limit} in ${simple.period} seconds`]),
      ...config.analytics_engine_datasets.map(({ binding }) => [binding, 'Analytics Engine dataset', 'bound']),
    ];
  } finally {
    rmSync(file);
  }
}

test('the table has the bindings of wrangler.toml, and the one that is optional', () => {
  const rows = page.rows('Bindings').map((row) => row.slice(0, 3));
  const bound = bindings(wrangler).map(([name, ...rest]) => [`\`${name}\``, ...rest]);
  assert.deepEqual(rows.sort(), [...bound, ['`EVENTS`', 'Analytics Engine dataset', 'not bound']].sort());
});

test('the second deployment has every binding of the first, and a rate limiter of its own for each', () => {
  const second = page.code('A second deployment', 'toml');
  assert.deepEqual(bindings(`${wrangler}\n${second}`, 'staging'), bindings(wrangler));
  const ids = [...`${wrangler}${second}`.matchAll(/^namespace_id = "(\d+)"$/gm)].map(([, id]) => id);
  assert.equal(ids.length, 8);
  assert.equal(new Set(ids).size, ids.length);
});

describe('without a binding', () => {
  const ADMIN = { Authorization: 'Bearer token' };
  const post = { method: 'POST' };
  /** wrangler.toml without the tables of these names. */
  const without = (/** @type {string[]} */ ...names) => (/** @type {string} */ text) =>
    text.split(/(?=^\[)/m).filter((table) => !names.some((name) => table.startsWith(`[[${name}`))).join('');

  /** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
  let worker;
  before(async () => {
    worker = await startWorkerWithSandbox({
      vars: { RATE_LIMITS: 'on', DAILY_SESSION_LIMIT: '1' },
      secrets: { ADMIN_TOKEN: 'token' },
      edit: without('kv_namespaces', 'durable_objects', 'migrations', 'ratelimits'),
    });
  });
  after(() => worker?.close());

  test('of KV the counters cannot be read', async () => {
    for (const where of ['/api/chatkit/stats', '/metrics']) {
      const answer = await worker.fetch(where, { headers: ADMIN });
      assert.equal(answer.status, 500);
      assert.equal((await answer.json()).code, 'internal');
    }
  });

  test('of a rate limiter its name is said', async () => {
    const limited = { '/api/chatkit/session': 'SESSIONS_PER_ADDRESS', '/api/analytics/message': 'EVENTS_PER_ADDRESS' };
    for (const [where, limiter] of Object.entries(limited)) {
      const { code, detail } = await (await worker.fetch(where, post)).json();
      assert.equal(code, 'not_configured');
      assert.match(detail, new RegExp(`The rate limiter ${limiter} is not bound`));
    }
  });

  test('of the ledger sessions start, even beyond a daily limit, and nothing else of it works', async () => {
    const bare = await startWorkerWithSandbox({
      vars: { DAILY_SESSION_LIMIT: '1' }, edit: without('durable_objects', 'migrations'),
    });
    try {
      const first = await bare.fetch('/api/chatkit/session', post);
      const second = await bare.fetch('/api/chatkit/session', post);
      assert.deepEqual([first.status, second.status], [200, 200]);
      assert.deepEqual(await (await bare.fetch('/api/analytics/message', post)).json(), { status: 'failed' });
      const { session_id: id } = await first.json();
      const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      for (const method of ['GET', 'DELETE']) {
        const answer = await bare.fetch(`/api/chatkit/session/${id}`, { method, headers: { cookie } });
        assert.equal((await answer.json()).code, 'internal');
      }
    } finally {
      await bare.close();
    }
  });
});
