// docs/signed-in-users.md does what it says: its code is run as it stands, against the built Worker with its settings.
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

    test('gives its signed-in user a token of 5 minutes that no cache keeps', async () => {
      const answer = await site.askToken(COOKIE);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      const { token } = await answer.json();
      assert.equal(decodeProtectedHeader(token).alg, 'HS256');
      const { iat, exp, ...others } = decodeJwt(token);
      assert.deepEqual(others, { sub: site.user, iss: shared.AUTH_ISSUER, aud: shared.AUTH_AUDIENCE });
      assert.ok(Math.abs(now() - Number(iat)) < 30);
      assert.equal(Number(exp) - Number(iat), 300);
    });

    test('has the Worker start a session for that user', async () => {
      const { token } = await (await site.askToken(COOKIE)).json();
      const answer = await start(worker, bearer(token));
      assert.equal(answer.status, 200);
      assert.match((await answer.json()).client_secret, /^ek_/);
      assert.deepEqual(users(worker), [site.user]);
    });

    for (const [visitor, cookie] of [['nobody', undefined], ['a stranger', 'session=forged']]) {
      test(`gives ${visitor} 401 and no token`, async () => {
        const answer = await site.askToken(cookie);
        assert.equal(answer.status, 401);
        assert.equal(answer.headers.get('cache-control'), 'no-store');
        const text = await answer.text();
        assert.deepEqual(Object.keys(JSON.parse(text)), ['error']);
        assert.doesNotMatch(text, /eyJ/);
      });
    }

    test('gives a page what it needs for a session and for its refresh', async () => {
      const { getClientSecret, asked } = await openChat(site, COOKIE);
      const first = await getClientSecret(null);
      const second = await getClientSecret(first);
      assert.match(first, /^ek_/);
      assert.match(second, /^ek_/);
      assert.notEqual(first, second);
      assert.deepEqual(asked, ['/api/chat-token', '/api/chatkit/session', '/api/chat-token', '/api/chatkit/refresh']);
      assert.deepEqual(users(worker), [site.user, site.user]);
    });

    test("fails nobody's page in the site's own words, before the Worker is asked", async () => {
      const { getClientSecret, asked } = await openChat(site, undefined);
      await assert.rejects(getClientSecret(null), /^Error: Sign in first\.$/);
      assert.deepEqual(asked, ['/api/chat-token']);
    });
  });
}

/** Runs the page's script in a stand-in for a browser on the site, and gives what it set the widget up with. */
async function openChat(/** @type {Site} */ site, /** @type {string | undefined} */ cookie) {
  /** @type {any} */
  let options;
  /** @type {string[]} */
  const asked = [];
  const browser = {
    customElements: { whenDefined: async (/** @type {string} */ name) => assert.equal(name, 'openai-chatkit') },
    document: {
      getElementById(/** @type {string} */ id) {
        assert.ok(page.code('Use it in the page', 'html').includes(`<openai-chatkit id="${id}">`));
        return { setOptions: (/** @type {unknown} */ given) => (options = given) };
      },
    },
    fetch(/** @type {string} */ where, /** @type {RequestInit} */ init) {
      const url = new URL(where, shared.ALLOWED_ORIGINS);
      asked.push(url.pathname);
      if (url.origin === shared.ALLOWED_ORIGINS) return site.askToken(cookie);
      assert.equal(url.origin, shared.AUTH_AUDIENCE);
      return fetchFromSite(url.pathname, init);
    },
  };
  const AsyncFunction = /** @type {any} */ (openChat.constructor);
  await new AsyncFunction(...Object.keys(browser), page.code('Use it in the page', 'js'))(...Object.values(browser));
  return { getClientSecret: options.api.getClientSecret, asked };
}

/** A request to the Worker as a browser makes it from a page of the site: asked for first, and its answer shown only if allowed. */
async function fetchFromSite(/** @type {string} */ path, /** @type {RequestInit} */ init) {
  const Origin = shared.ALLOWED_ORIGINS;
  const preflight = await worker.fetch(path, {
    method: 'OPTIONS',
    headers: { Origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization' },
  });
  assert.ok(preflight.ok);
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /\bAuthorization\b/i);
  assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /\bPOST\b/);
  const answer = await worker.fetch(path, { ...init, headers: { ...init.headers, Origin } });
  for (const { headers } of [preflight, answer]) assert.equal(headers.get('access-control-allow-origin'), Origin);
  return answer;
}

test('a key set of a provider and Cloudflare Access are set up as the page says', async () => {
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

test('the table of 401 answers has every one that a token can get, word for word', async () => {
  const told = async (/** @type {Worker} */ by, /** @type {Record<string, string>} */ headers) => {
    const answer = await start(by, headers);
    assert.equal(answer.status, 401);
    const { code, detail } = await answer.json();
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
    details.push(await told(worker, headers));
  }

  const keys = await startKeyServer([keyPair('ES256', 'key-1').jwk]);
  const unknown = bearer(keyPair('ES256', 'key-2').sign(claims(provider)));
  const other = await startWorkerWithSandbox({ vars: { ...provider, AUTH_JWKS_URL: keys.url } });
  try {
    keys.state.answer.status = 503;
    details.push(await told(other, unknown));
  } finally {
    await other.close();
  }
  keys.state.answer.status = 200;
  const third = await startWorkerWithSandbox({ vars: { ...provider, AUTH_JWKS_URL: keys.url } });
  try {
    details.push(await told(third, unknown));
  } finally {
    await third.close();
    await keys.close();
  }
  assert.deepEqual(new Set(page.firstColumn('When the answer is 401')), new Set(details));
});
