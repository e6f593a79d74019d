// Which origins may use the Worker, and the CORS headers of every response, errors included.
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
  test(`a page from ${origin} is rejected before OpenAI is called`, async () => {
    const response = await start(origin);
    assert.equal(response.status, 403);
    const { code, detail } = await response.json();
    assert.equal(code, 'origin_not_allowed');
    assert.ok(detail.includes(origin === 'null' ? 'states no origin (Origin: null)' : `The origin ${origin} may not`), detail);
    assert.equal(response.headers.get('access-control-allow-origin'), origin);
    assert.equal(response.headers.get('access-control-allow-credentials'), null);
    assert.deepEqual(response.headers.getSetCookie(), []);
    assert.deepEqual(worker.sandbox.requests, []);
  });
}

describe('a page from an allowed origin', () => {
  for (const origin of [ALLOWED, 'https://a.tenant.example', 'https://a.b.tenant.example']) {
    test(`${origin} is allowed by its exact name`, async () => {
      const response = await start(origin);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('access-control-allow-origin'), origin);
      assert.equal(response.headers.get('access-control-allow-credentials'), 'true');
      assert.equal(response.headers.get('vary'), 'Origin');
    });
  }

  test('gets a partitioned cookie, and the same value in the body to send as a header', async () => {
    const response = await start(ALLOWED);
    const [cookie] = response.headers.getSetCookie();
    assert.match(cookie, /; HttpOnly; SameSite=None; Secure; Partitioned$/);
    const { visitor } = await response.json();
    assert.equal(`__Host-chatkit_visitor=${visitor}`, cookieOf(response));
    const refresh = await worker.fetch('/api/chatkit/refresh', {
      method: 'POST',
      headers: { Origin: ALLOWED, 'X-ChatKit-Visitor-Token': visitor },
    });
    assert.equal(refresh.status, 200);
    const [first, second] = worker.sandbox.requests.map(({ body }) => body.user);
    assert.equal(second, first);
  });

  test('can read every error response', async () => {
    const responses = [
      await start(ALLOWED, { body: '{' }),
      await start(ALLOWED, { body: ' '.repeat(20_000) }),
      await worker.fetch('/api/nope', { headers: { Origin: ALLOWED } }),
      await worker.fetch('/api/chatkit/session', { headers: { Origin: ALLOWED } }),
      await worker.fetch('/api/chatkit/refresh', { method: 'POST', headers: { Origin: ALLOWED } }),
    ];
    worker.sandbox.fail('invalid-key');
    responses.push(await start(ALLOWED));
    assert.deepEqual(responses.map(({ status }) => status), [400, 413, 404, 405, 401, 502]);
    for (const response of responses) {
      assert.equal(response.headers.get('access-control-allow-origin'), ALLOWED, `${response.status}`);
      assert.equal(response.headers.get('access-control-expose-headers'), 'X-Request-Id, Retry-After');
    }
  });

  test('gets the allowed method and headers in the preflight response', async () => {
    const preflight = (/** @type {string} */ origin) =>
      worker.fetch('/api/chatkit/session', {
        method: 'OPTIONS',
        headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type,x-shop' },
      });
    const allowed = await preflight(ALLOWED);
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers.get('access-control-allow-origin'), ALLOWED);
    assert.equal(allowed.headers.get('access-control-allow-methods'), 'POST, OPTIONS');
    assert.match(allowed.headers.get('access-control-allow-headers') ?? '', /^Content-Type, .*X-ChatKit-Visitor.*, x-shop$/);
    const foreign = await preflight('https://evil.example');
    assert.equal(foreign.status, 204);
    assert.equal(foreign.headers.get('access-control-allow-credentials'), null);
  });
});

test("the Worker's own page needs no setting and gets no visitor value in the body", async () => {
  const response = await start(worker.url);
  assert.equal(response.status, 200);
  assert.equal((await response.json()).visitor, undefined);
  assert.equal(response.headers.get('access-control-allow-origin'), null);
});

test('GET /api/chatkit/config responds to any origin and varies by origin', async () => {
  const response = await worker.fetch('/api/chatkit/config', { headers: { Origin: 'https://evil.example' } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('vary'), 'Origin');
  assert.equal(response.headers.get('access-control-allow-origin'), null);
});
