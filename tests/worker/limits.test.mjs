// How often a session may be started: by one caller, and from one address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cookieOf, startWorkerWithSandbox, withinOneMinute } from '../support/worker.mjs';

// As in wrangler.toml.
const PER_CALLER = 20;
const PER_ADDRESS = 100;

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;

/** A test with a fresh Worker, within one minute. */
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

/** Checks that an answer is a refusal, and counts what reached OpenAI. */
async function assertRefused(/** @type {Response} */ answer, /** @type {number} */ reached) {
  assert.equal(answer.status, 429);
  assert.equal((await answer.json()).code, 'rate_limited');
  assert.equal(answer.headers.get('retry-after'), '60');
  assert.equal(worker.sandbox.requests.length, reached);
}

limitTest('one caller is limited, over start and refresh and whatever its address, and others are not', async () => {
  const cookie = cookieOf(await start({ 'CF-Connecting-IP': '192.0.2.1' })) ?? '';
  // The first start was counted for the visitor that it made.
  for (let i = 1; i < PER_CALLER; i++) {
    const path = i % 2 ? '/api/chatkit/refresh' : '/api/chatkit/session';
    assert.equal((await start({ Cookie: cookie, 'CF-Connecting-IP': `192.0.2.${i}` }, path)).status, 200);
  }
  await assertRefused(await start({ Cookie: cookie, 'CF-Connecting-IP': '192.0.2.99' }), PER_CALLER);
  assert.equal((await start({ 'CF-Connecting-IP': '192.0.2.1' })).status, 200);
});

limitTest('one address is limited, an IPv6 network counting as one, and others are not', async () => {
  const starts = Array.from({ length: PER_ADDRESS }, (_, i) =>
    start({ 'CF-Connecting-IP': `2001:db8:1:2::${(i + 1).toString(16)}` }),
  );
  for (const answer of await Promise.all(starts)) assert.equal(answer.status, 200);
  await assertRefused(await start({ 'CF-Connecting-IP': '2001:db8:1:2:ffff::1' }), PER_ADDRESS);
  assert.equal((await start({ 'CF-Connecting-IP': '2001:db8:1:3::1' })).status, 200);
});
