// Which pages may use the Worker, and what their browsers are told, errors included.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';

const ALLOWED = 'https://www.site.example';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({
    vars: { ALLOWED_ORIGINS: `${ALLOWED}, https://*.tenant.example` },
  });
});
beforeEach(() => worker.sandbox.reset());
after(() => worker.close());

const start = (/** @type {string} */ origin, /** @type {RequestInit} */ init = {}) =>
  worker.fetch('/api/chatkit/session', { method: 'POST', headers: { Origin: origin }, ...init });

for (const origin of [
  'https://evil.example',
  'null',
  'https://eviltenant.example',
  'https://tenant.example',
  'https://tenant.example.evil.com',
  'http://a.tenant.example',
  'https://www.site.example.evil.com',
  'http://www.site.example',
  'https://www.site.example:8443',
]) {
  test(`a page of ${origin} is stopped before OpenAI is asked`, async () => {
    const answer = await start(origin);
    assert.equal(answer.status, 403);
    assert.equal((await answer.json()).code, 'origin_not_allowed');
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
    assert.deepEqual(answer.headers.getSetCookie(), []);
    assert.deepEqual(worker.sandbox.requests, []);
  });
}

describe('a page of an allowed origin', () => {
  for (const origin of [ALLOWED, 'https://a.tenant.example', 'https://a.b.tenant.example']) {
    test(`${origin} is let in by its own name`, async () => {
      const answer = await start(origin);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('access-control-allow-origin'), origin);
      assert.equal(answer.headers.get('access-control-allow-credentials'), 'true');
      assert.equal(answer.headers.get('vary'), 'Origin');
    });
  }

  test('gets a partitioned cookie, and the same value for a header', async () => {
    const answer = await start(ALLOWED);
    const [cookie] = answer.headers.getSetCookie();
    assert.match(cookie, /; HttpOnly; SameSite=None; Secure; Partitioned$/);
    const { visitor } = await answer.json();
    assert.equal(`__Host-chatkit_visitor=${visitor}`, cookieOf(answer));
    const again = await worker.fetch('/api/chatkit/refresh', {
      method: 'POST',
      headers: { Origin: ALLOWED, 'X-ChatKit-Visitor': visitor },
    });
    assert.equal(again.status, 200);
    const [first, second] = worker.sandbox.requests.map(({ body }) => body.user);
    assert.equal(second, first);
  });

  test('can read errors, whatever goes wrong', async () => {
    const answers = [
      await start(ALLOWED, { body: '{' }),
      await start(ALLOWED, { body: ' '.repeat(20_000) }),
      await worker.fetch('/api/nope', { headers: { Origin: ALLOWED } }),
      await worker.fetch('/api/chatkit/session', { headers: { Origin: ALLOWED } }),
      await worker.fetch('/api/chatkit/refresh', { method: 'POST', headers: { Origin: ALLOWED } }),
    ];
    worker.sandbox.fail('invalid-key');
    answers.push(await start(ALLOWED));
    assert.deepEqual(answers.map(({ status }) => status), [400, 413, 404, 405, 401, 502]);
    for (const answer of answers) {
      assert.equal(answer.headers.get('access-control-allow-origin'), ALLOWED, `${answer.status}`);
      assert.equal(answer.headers.get('access-control-expose-headers'), 'X-Request-Id, Retry-After');
    }
  });

  test('is told in the preflight what it may send', async () => {
    const preflight = (/** @type {string} */ origin) =>
      worker.fetch('/api/chatkit/session', {
        method: 'OPTIONS',
        headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' },
      });
    const allowed = await preflight(ALLOWED);
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers.get('access-control-allow-origin'), ALLOWED);
    assert.equal(allowed.headers.get('access-control-allow-methods'), 'POST, OPTIONS');
    assert.match(allowed.headers.get('access-control-allow-headers') ?? '', /Content-Type.*X-ChatKit-Visitor/);
    const foreign = await preflight('https://evil.example');
    assert.equal(foreign.status, 403);
    assert.equal(foreign.headers.get('access-control-allow-origin'), null);
  });
});

test("the Worker's own page needs no setting and gets no value for a header", async () => {
  const answer = await start(worker.url);
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).visitor, undefined);
  assert.equal(answer.headers.get('access-control-allow-origin'), null);
});

test('config can be read from anywhere, and says that it depends on the origin', async () => {
  const answer = await worker.fetch('/api/chatkit/config', { headers: { Origin: 'https://evil.example' } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('vary'), 'Origin');
  assert.equal(answer.headers.get('access-control-allow-origin'), null);
});
