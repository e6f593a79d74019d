// Anonymous visitors: each keeps the same user, and nobody can become another visitor.
import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { SANDBOX_KEY } from '../../sandbox/openai.mjs';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';

/** @typedef {Awaited<ReturnType<typeof startWorkerWithSandbox>>} Worker */

/** @template T @param {Parameters<typeof startWorkerWithSandbox>[0]} options @param {(worker: Worker) => Promise<T>} use */
async function withWorker(options, use) {
  const worker = await startWorkerWithSandbox(options);
  try {
    return await use(worker);
  } finally {
    await worker.close();
  }
}

/** Starts a session; returns the user that OpenAI received and the visitor cookie of the response. */
async function visit(/** @type {Worker} */ worker, /** @type {string | undefined} */ cookie, path = '/api/chatkit/session') {
  const response = await worker.fetch(path, { method: 'POST', headers: cookie ? { Cookie: cookie } : {} });
  assert.equal(response.status, 200);
  return { user: worker.sandbox.requests.at(-1)?.body.user, cookie: cookieOf(response) ?? '' };
}

const withSecret = (/** @type {string} */ secret) => ({ secrets: { VISITOR_SECRET: secret } });

describe('a visitor', () => {
  test('keeps the same user across refreshes, a restart and a rotated secret', async () => {
    const first = await withWorker(withSecret('old'), async (worker) => {
      const start = await visit(worker, undefined);
      const refresh = await visit(worker, start.cookie, '/api/chatkit/refresh');
      assert.equal(refresh.user, start.user);
      return refresh;
    });
    const second = await withWorker(withSecret('new, old'), (worker) => visit(worker, first.cookie));
    assert.equal(second.user, first.user);
    const third = await withWorker(withSecret('new'), (worker) => visit(worker, second.cookie));
    assert.equal(third.user, first.user, 'the cookie was signed with the new secret');
  });

  test('keeps the same user across a restart when only the API key is set', async () => {
    const first = await withWorker({}, (worker) => visit(worker, undefined));
    const again = await withWorker({}, (worker) => visit(worker, first.cookie));
    assert.equal(again.user, first.user);
  });

  test('of another deployment gets a new user', async () => {
    const theirs = await withWorker(withSecret('theirs'), (worker) => visit(worker, undefined));
    const ours = await withWorker(withSecret('ours'), (worker) => visit(worker, theirs.cookie));
    assert.notEqual(ours.user, theirs.user);
  });

  test('cannot become another: a forged, truncated, re-signed or swapped cookie gets a new user and no refresh', () =>
    withWorker(withSecret('secret'), async (worker) => {
      const one = await visit(worker, undefined);
      const two = await visit(worker, undefined);
      assert.notEqual(one.user, two.user);
      const [name, value] = one.cookie.split('=');
      const [id, time, mac] = value.split('.');
      const otherMac = two.cookie.split('.')[2];
      for (const forged of [
        id,
        `${id}.`,
        `${id}.${mac}`,
        `${id}.${otherMac}`,
        `${id}.${time}.${otherMac}`,
        `${id}.${Number(time) + 1}.${mac}`,
        `${id}.${time}.${mac.slice(0, -1)}`,
        `${id}.${time}.${mac.slice(0, -1)}${mac.endsWith('A') ? 'E' : 'A'}`,
        `${id.startsWith('A') ? 'B' : 'A'}${id.slice(1)}.${time}.${mac}`,
        `${id}.${time}.${Buffer.alloc(32).toString('base64url')}`,
        one.user,
        `${one.user}.${mac}`,
      ]) {
        const cookie = `${name}=${forged}`;
        const { user } = await visit(worker, cookie);
        assert.ok(user !== one.user && user !== two.user, forged);
        const refresh = await worker.fetch('/api/chatkit/refresh', { method: 'POST', headers: { Cookie: cookie } });
        assert.equal(refresh.status, 401, forged);
      }
    }));

  test('of version 0.1.0 keeps the same user and gets a value with a time', () =>
    withWorker(withSecret('secret'), async (worker) => {
      const id = 'AAECAwQFBgcICQoLDA0ODw';
      const key = Buffer.from(hkdfSync('sha256', 'secret', '', 'chatkit-edge visitor 1', 32));
      const mac = createHmac('sha256', key).update(id).digest('base64url');
      const first = await visit(worker, `__Host-chatkit_visitor=${id}.${mac}`);
      assert.equal(first.user, `visitor_${id}`);
      const [, value] = first.cookie.split('=');
      assert.match(value, new RegExp(`^${id}\\.\\d{10}\\.[\\w-]{43}$`));
      assert.equal((await visit(worker, first.cookie, '/api/chatkit/refresh')).user, first.user);
    }));

  test('on a page beside the Worker neither reads the value of the cookie nor sets a cookie by the header', () =>
    withWorker({ vars: { ALLOWED_ORIGINS: 'https://www.site.example' } }, async (worker) => {
      const start = (/** @type {Record<string, string>} */ headers) =>
        worker.fetch('/api/chatkit/session', { method: 'POST', headers: { Origin: 'https://www.site.example', ...headers } });
      const first = await start({});
      const { visitor } = await first.json();
      assert.equal(`__Host-chatkit_visitor=${visitor}`, cookieOf(first));
      const byCookie = await start({ Cookie: cookieOf(first) ?? '' });
      assert.equal((await byCookie.json()).visitor, undefined);
      const byHeader = await start({ 'X-ChatKit-Visitor-Token': visitor });
      assert.deepEqual(byHeader.headers.getSetCookie(), []);
      assert.equal((await byHeader.json()).visitor, visitor);
      assert.equal(new Set(worker.sandbox.requests.map(({ body }) => body.user)).size, 1);
    }));

  test('has their own user, even with 100 concurrent starts', () =>
    withWorker({}, async (worker) => {
      await Promise.all(Array.from({ length: 100 }, () => worker.fetch('/api/chatkit/session', { method: 'POST' })));
      assert.equal(new Set(worker.sandbox.requests.map(({ body }) => body.user)).size, 100);
    }));
});

describe('a user in the request body', () => {
  const secret = 'the-secret-of-the-proxy';
  const trusting = { vars: { TRUST_CLIENT_USER: 'true' }, secrets: { PROXY_SECRET: secret } };
  /** @param {Worker} worker @param {object} body @param {string} [path] @param {Record<string, string>} [headers] */
  const post = (worker, body, path = '/api/chatkit/session', headers = { 'X-ChatKit-Proxy-Secret': secret }) =>
    worker.fetch(path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });

  test('is accepted from the proxy with TRUST_CLIENT_USER if it is valid, and is enough for a refresh', () =>
    withWorker(trusting, async (worker) => {
      for (const name of ['user', 'user_id', 'userId']) {
        const response = await post(worker, { [name]: 'user-7' }, '/api/chatkit/refresh');
        assert.equal(response.status, 200);
        assert.deepEqual(response.headers.getSetCookie(), []);
        assert.equal(worker.sandbox.requests.at(-1)?.body.user, 'user-7');
      }
      for (const user of [7, 'x'.repeat(513), 'a\r\nX-Evil: 1']) {
        assert.equal((await post(worker, { user })).status, 400);
      }
      for (const two of ['{"user":"page","user_id":"proxy"}', '{"user":"page","user":"proxy"}']) {
        assert.equal((await post(worker, two)).status, 400, two);
      }
      for (const body of [{}, { user: '' }, { userId: ' ' }]) {
        assert.equal((await post(worker, body, '/api/chatkit/refresh')).status, 401);
      }
    }));

  test('is rejected without the secret of the proxy', () =>
    withWorker(trusting, async (worker) => {
      for (const headers of [{}, { 'X-ChatKit-Proxy-Secret': '' }, { 'X-ChatKit-Proxy-Secret': `${secret}x` }]) {
        const response = await post(worker, { user: 'victim' }, undefined, headers);
        assert.equal(response.status, 401);
        assert.match((await response.json()).detail, /X-ChatKit-Proxy-Secret is missing or is not PROXY_SECRET/);
      }
      assert.deepEqual(worker.sandbox.requests, []);
    }));
});

test('the visitor cookie is not signed with the API key itself', () =>
  withWorker({}, async (worker) => {
    const { cookie } = await visit(worker, undefined);
    const [id, time, mac] = cookie.split('=')[1].split('.');
    assert.notEqual(createHmac('sha256', SANDBOX_KEY).update(`${id}.${time}`).digest('base64url'), mac);
  }));
