// Rate limits for session starts: per caller and per address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cookieOf, startWorkerWithSandbox, withinOneMinute } from '../support/worker.mjs';

// As in wrangler.toml.
const PER_CALLER = 20;
const PER_ADDRESS = 100;

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;

/** Defines a test with its own Worker that must run within one minute of the clock. */
const limitTest = (/** @type {string} */ name, /** @type {() => Promise<void>} */ body) =>
  test(name, () =>
    withinOneMinute(async () => {
      worker = await startWorkerWithSandbox({ vars: { RATE_LIMITS: 'on' } });
      try {
        await body();
      } finally {
        await worker.close();
      }
    }));

const start = (/** @type {Record<string, string>} */ headers, path = '/api/chatkit/session') =>
  worker.fetch(path, { method: 'POST', headers });

/** Checks that a response is 429, and how many requests reached OpenAI so far. */
async function assertLimited(/** @type {Response} */ response, /** @type {number} */ reached) {
  assert.equal(response.status, 429);
  assert.equal((await response.json()).code, 'rate_limited');
  assert.equal(response.headers.get('retry-after'), '60');
  assert.equal(worker.sandbox.requests.length, reached);
}

limitTest('a caller is limited across start, refresh and addresses, and other callers are not', async () => {
  const cookie = cookieOf(await start({ 'CF-Connecting-IP': '192.0.2.1' })) ?? '';
  // The first start counts for the visitor that it created.
  for (let i = 1; i < PER_CALLER; i++) {
    const path = i % 2 ? '/api/chatkit/refresh' : '/api/chatkit/session';
    assert.equal((await start({ Cookie: cookie, 'CF-Connecting-IP': `192.0.2.${i}` }, path)).status, 200);
  }
  await assertLimited(await start({ Cookie: cookie, 'CF-Connecting-IP': '192.0.2.99' }), PER_CALLER);
  assert.equal((await start({ 'CF-Connecting-IP': '192.0.2.1' })).status, 200);
});

limitTest('an address is limited, an IPv6 /64 counts as one address, and other addresses are not limited', async () => {
  const starts = Array.from({ length: PER_ADDRESS }, (_, i) =>
    start({ 'CF-Connecting-IP': `2001:db8:1:2::${(i + 1).toString(16)}` }),
  );
  for (const response of await Promise.all(starts)) assert.equal(response.status, 200);
  await assertLimited(await start({ 'CF-Connecting-IP': '2001:db8:1:2:ffff::1' }), PER_ADDRESS);
  assert.equal((await start({ 'CF-Connecting-IP': '2001:db8:1:3::1' })).status, 200);
});

limitTest('all networks of an IPv6 /48 together can start twice as many sessions as one address', async () => {
  const networks = Array.from({ length: 2 * PER_ADDRESS + 20 }, (_, i) => i.toString(16));
  const starts = networks.map((network) => start({ 'CF-Connecting-IP': `2001:db8:1:${network}::1` }));
  const statuses = (await Promise.all(starts)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 2 * PER_ADDRESS);
  assert.equal(statuses.filter((status) => status === 429).length, 20);
  assert.equal((await start({ 'CF-Connecting-IP': '2001:db8:2:1::1' })).status, 200);
});
