// docs/signed-in-users.md: its code runs as printed, against the built Worker with its settings.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { hs256, keyPair, startKeyServer, unsigned } from '../support/tokens.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { readPage } from './page.mjs';
import { COOKIE, SECRET, sites } from './sites.mjs';

const page = readPage('signed-in-users.md');
const shared = page.vars('Set up the Worker');
const provider = page.vars('With an identity provider');

/** @typedef {Awaited<ReturnType<typeof startWorkerWithSandbox>>} Worker */
/** @typedef {import('./sites.mjs').Site} Site */

const bearer = (/** @type {string} */ token) => ({ Authorization: `Bearer ${token}` });
const start = (/** @type {Worker} */ worker, /** @type {Record<string, string>} */ headers = {}) =>
  worker.fetch('/api/chatkit/session', { method: 'POST', headers });
const users = (/** @type {Worker} */ worker) => worker.sandbox.requests.map(({ body }) => body.user);

const now = () => Math.floor(Date.now() / 1000);
const claims = (/** @type {Record<string, string>} */ vars, more = {}) =>
  ({ iss: vars.AUTH_ISSUER, aud: vars.AUTH_AUDIENCE, sub: 'someone', exp: now() + 300, ...more });

/** @type {Worker} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({ vars: shared, secrets: { AUTH_JWT_SECRET: SECRET } });
});
beforeEach(() => worker.sandbox.reset());
after(() => worker?.close());

for (const [name, startSite] of Object.entries(sites)) {
  describe(`the site with ${name}`, () => {
    /** @type {Site} */
    let site;
    before(async () => {
      site = await startSite();
    });
    after(() => site?.close());

    test('issues its signed-in user a token for 5 minutes, which is not cached', async () => {
      const response = await site.requestToken(COOKIE);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      const { token } = await response.json();
      assert.equal(decodeProtectedHeader(token).alg, 'HS256');
      const { iat, exp, ...others } = decodeJwt(token);
      assert.deepEqual(others, { sub: site.user, iss: shared.AUTH_ISSUER, aud: shared.AUTH_AUDIENCE });
      assert.ok(Math.abs(now() - Number(iat)) < 30);
      assert.equal(Number(exp) - Number(iat), 300);
    });

    test('lets that user start a session at the Worker', async () => {
      const { token } = await (await site.requestToken(COOKIE)).json();
      const response = await start(worker, bearer(token));
      assert.equal(response.status, 200);
      assert.match((await response.json()).client_secret, /^ek_/);
      assert.deepEqual(users(worker), [site.user]);
    });

    for (const [kind, cookie] of [['no', undefined], ['a forged', 'session=forged']]) {
      test(`answers a request with ${kind} cookie with 401 and no token`, async () => {
        const response = await site.requestToken(cookie);
        assert.equal(response.status, 401);
        assert.equal(response.headers.get('cache-control'), 'no-store');
        const text = await response.text();
        assert.deepEqual(Object.keys(JSON.parse(text)), ['error']);
        assert.doesNotMatch(text, /eyJ/);
      });
    }

    test("lets the page's script start and refresh a session", async () => {
      const { getClientSecret, requests } = await openChat(site, COOKIE);
      const first = await getClientSecret(null);
      const second = await getClientSecret(first);
      assert.match(first, /^ek_/);
      assert.match(second, /^ek_/);
      assert.notEqual(first, second);
      assert.deepEqual(requests, ['/api/chat-token', '/api/chatkit/session', '/api/chat-token', '/api/chatkit/refresh']);
      assert.deepEqual(users(worker), [site.user, site.user]);
    });

    test("fails in the site's own words for a visitor who is not signed in, and sends the Worker nothing", async () => {
      const { getClientSecret, requests } = await openChat(site, undefined);
      await assert.rejects(getClientSecret(null), /^Error: Sign in first\.$/);
      assert.deepEqual(requests, ['/api/chat-token']);
    });
  });
}

/** Runs the page's script with a stand-in for the browser, and returns the widget's getClientSecret and the requests made. */
async function openChat(/** @type {Site} */ site, /** @type {string | undefined} */ cookie) {
  /** @type {any} */
  let options;
  /** @type {string[]} */
  const requests = [];
  const browser = {
    customElements: { whenDefined: async (/** @type {string} */ name) => assert.equal(name, 'openai-chatkit') },
    document: {
      getElementById(/** @type {string} */ id) {
        assert.ok(page.code('Use it in the page', 'html').includes(`<openai-chatkit id="${id}" `));
        return { setOptions: (/** @type {unknown} */ value) => (options = value) };
      },
    },
    fetch(/** @type {string} */ address, /** @type {RequestInit} */ init) {
      const url = new URL(address, shared.ALLOWED_ORIGINS);
      requests.push(url.pathname);
      if (url.origin === shared.ALLOWED_ORIGINS) return site.requestToken(cookie);
      assert.equal(url.origin, shared.AUTH_AUDIENCE);
      return fetchFromSite(url.pathname, init);
    },
  };
  const AsyncFunction = /** @type {any} */ (openChat.constructor);
  await new AsyncFunction(...Object.keys(browser), page.code('Use it in the page', 'js'))(...Object.values(browser));
  return { getClientSecret: options.api.getClientSecret, requests };
}

/** A cross-origin request to the Worker as a browser makes it: a preflight first, and CORS headers required on both responses. */
async function fetchFromSite(/** @type {string} */ path, /** @type {RequestInit} */ init) {
  const Origin = shared.ALLOWED_ORIGINS;
  const preflight = await worker.fetch(path, {
    method: 'OPTIONS',
    headers: { Origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization' },
  });
  assert.ok(preflight.ok);
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /\bAuthorization\b/i);
  assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /\bPOST\b/);
  const response = await worker.fetch(path, { ...init, headers: { ...init.headers, Origin } });
  for (const { headers } of [preflight, response]) assert.equal(headers.get('access-control-allow-origin'), Origin);
  return response;
}

test("the settings for a provider's JWKS and for Cloudflare Access work", async () => {
  const pair = keyPair('RS256', 'key-1');
  const keys = await startKeyServer([pair.jwk]);
  const access = page.vars('With Cloudflare Access');
  access.AUTH_AUDIENCE = '32eafc7626e737136d4b6e1e2c4a2b4e';
  try {
    for (const [vars, headers] of /** @type {const} */ ([
      [provider, bearer(pair.sign(claims(provider)))],
      [access, { 'Cf-Access-Jwt-Assertion': pair.sign(claims(access, { aud: [access.AUTH_AUDIENCE] })) }],
    ])) {
      const other = await startWorkerWithSandbox({ vars: { ...vars, AUTH_JWKS_URL: keys.url } });
      try {
        assert.equal((await start(other, headers)).status, 200);
        assert.deepEqual(users(other), ['someone']);
        assert.equal((await start(other)).status, 401);
      } finally {
        await other.close();
      }
    }
  } finally {
    await keys.close();
  }
});

test('the table of 401 responses has every sentence that a token can cause', async () => {
  const detailOf = async (/** @type {Worker} */ target, /** @type {Record<string, string>} */ headers) => {
    const response = await start(target, headers);
    assert.equal(response.status, 401);
    const { code, detail } = await response.json();
    assert.equal(code, 'identity_required');
    return detail.replace('Error creating ChatKit session: ', '');
  };
  const signed = (/** @type {object} */ more) => bearer(hs256(claims(shared, more), SECRET));
  const details = [];
  for (const headers of [
    {},
    bearer('opaque'),
    bearer(unsigned(claims(shared))),
    bearer(hs256(claims(shared), 'another')),
    signed({ exp: now() - 61 }),
    signed({ nbf: now() + 90 }),
    signed({ iss: 'https://other.example' }),
    signed({ aud: 'https://other.example' }),
    signed({ sub: '' }),
  ]) {
    details.push(await detailOf(worker, headers));
  }

  const keys = await startKeyServer([keyPair('ES256', 'key-1').jwk]);
  const unknown = bearer(keyPair('ES256', 'key-2').sign(claims(provider)));
  const other = await startWorkerWithSandbox({ vars: { ...provider, AUTH_JWKS_URL: keys.url } });
  try {
    details.push(await detailOf(other, unknown));
  } finally {
    await other.close();
    await keys.close();
  }
  assert.deepEqual(new Set(page.firstColumn('When the answer is 401')), new Set(details));
});
