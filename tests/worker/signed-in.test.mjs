// AUTH=jwt and AUTH=access: only a token with the right signature and claims names the user.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { hs256, keyPair, startKeyServer, unsigned } from '../support/tokens.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';

const ISSUER = 'https://site.example';
const AUDIENCE = 'chat';
const SECRET = 'a-secret-that-the-site-shares-with-the-worker';

const now = () => Math.floor(Date.now() / 1000);
const claims = (/** @type {object} */ more = {}) => ({ iss: ISSUER, aud: AUDIENCE, sub: 'user-1', exp: now() + 300, ...more });

/** @typedef {Awaited<ReturnType<typeof startWorkerWithSandbox>>} Worker */

const start = (/** @type {Worker} */ worker, /** @type {string | undefined} */ token, /** @type {unknown} */ body) =>
  worker.fetch('/api/chatkit/session', {
    method: 'POST',
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    body: body === undefined ? undefined : JSON.stringify(body),
  });

async function assertUnproven(/** @type {Worker} */ worker, /** @type {Response} */ answer, /** @type {RegExp} */ why) {
  assert.equal(answer.status, 401);
  const problem = await answer.json();
  assert.equal(problem.code, 'identity_required');
  assert.match(problem.detail, why);
  assert.deepEqual(worker.sandbox.requests, []);
}

describe('with a shared secret', () => {
  /** @type {Worker} */
  let worker;
  before(async () => {
    worker = await startWorkerWithSandbox({
      vars: { AUTH: 'jwt', AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE },
      secrets: { AUTH_JWT_SECRET: SECRET },
    });
  });
  beforeEach(() => worker.sandbox.reset());
  after(() => worker.close());

  test('the user is the sub claim, whatever the body says, and no cookie is set', async () => {
    const answer = await start(worker, hs256(claims(), SECRET), { user: 'victim', userId: 'victim' });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.headers.getSetCookie(), []);
    assert.equal(worker.sandbox.requests[0].body.user, 'user-1');
  });

  test('a refresh needs the token too', async () => {
    const refresh = (/** @type {Record<string, string>} */ headers) => worker.fetch('/api/chatkit/refresh', { method: 'POST', headers });
    assert.equal((await refresh({ Authorization: `Bearer ${hs256(claims(), SECRET)}` })).status, 200);
    assert.equal((await refresh({})).status, 401);
  });

  /** @type {[string, () => string | undefined, RegExp][]} */
  const refused = [
    ['no token', () => undefined, /no token/],
    ['alg none', () => unsigned(claims()), /algorithm/],
    ['another secret', () => hs256(claims(), 'another'), /signature/],
    ['another algorithm', () => hs256(claims(), SECRET, { alg: 'HS512' }), /algorithm/],
    ['a changed claim', () => hs256(claims(), SECRET).replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify(claims({ sub: 'victim' }))).toString('base64url')}.`), /signature/],
    ['an expired token', () => hs256(claims({ exp: now() - 61 }), SECRET), /expired/],
    ['no expiry', () => hs256(claims({ exp: undefined }), SECRET), /expired/],
    ['a token not yet valid', () => hs256(claims({ nbf: now() + 65 }), SECRET), /not valid yet/],
    ['another issuer', () => hs256(claims({ iss: 'https://evil.example' }), SECRET), /issuer/],
    ['another audience', () => hs256(claims({ aud: ['other'] }), SECRET), /audience/],
    ['no subject', () => hs256(claims({ sub: undefined }), SECRET), /subject/],
    ['an extension that must be understood', () => hs256(claims(), SECRET, { crit: ['b64'] }), /not a signed/],
    ['garbage', () => 'a.b.c', /not a signed/],
    ['8 KiB of garbage', () => 'a'.repeat(8193), /not a signed/],
  ];
  for (const [name, token, why] of refused) {
    test(`${name} is 401`, async () => assertUnproven(worker, await start(worker, token(), undefined), why));
  }

  test('a minute of difference between clocks is let through', async () => {
    const token = hs256(claims({ exp: now() - 50, nbf: now() + 50 }), SECRET);
    assert.equal((await start(worker, token, undefined)).status, 200);
  });
});

describe('with a key set', () => {
  const rsa = keyPair('RS256', 'rsa-1');
  const ec = keyPair('ES256', 'ec-1');
  /** @type {Worker} */
  let worker;
  /** @type {Awaited<ReturnType<typeof startKeyServer>>} */
  let keys;
  beforeEach(async () => {
    keys = await startKeyServer([rsa.jwk, ec.jwk]);
    worker = await startWorkerWithSandbox({
      vars: { AUTH: 'jwt', AUTH_JWKS_URL: keys.url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE },
    });
  });
  afterEach(async () => {
    await worker.close();
    await keys.close();
  });

  test('RS256 and ES256 are checked, and the keys are fetched once', async () => {
    for (const pair of [rsa, ec, rsa, ec]) assert.equal((await start(worker, pair.sign(claims()), undefined)).status, 200);
    assert.equal(keys.state.requests, 1);
    assert.deepEqual(new Set(worker.sandbox.requests.map(({ body }) => body.user)), new Set(['user-1']));
  });

  test('a token cannot choose its algorithm: HS256 by the public key, none, or the other kind', async () => {
    for (const token of [
      hs256(claims(), rsa.pem, { kid: 'rsa-1' }),
      hs256(claims(), JSON.stringify(rsa.jwk), { kid: 'rsa-1' }),
      unsigned(claims()),
      rsa.sign(claims(), { alg: 'none' }),
      rsa.sign(claims(), { kid: 'ec-1' }),
      ec.sign(claims(), { kid: 'rsa-1' }),
    ]) {
      await assertUnproven(worker, await start(worker, token, undefined), /algorithm|key that is not known/);
    }
  });

  test('another key under a known id is 401', async () => {
    const other = keyPair('RS256', 'rsa-1');
    await assertUnproven(worker, await start(worker, other.sign(claims()), undefined), /signature/);
  });

  test('an unknown key id fetches the set again once a minute at most', async () => {
    assert.equal((await start(worker, rsa.sign(claims()), undefined)).status, 200);
    worker.sandbox.reset();
    const unknown = keyPair('RS256', 'rsa-9').sign(claims());
    for (let i = 0; i < 5; i++) await assertUnproven(worker, await start(worker, unknown, undefined), /not known/);
    assert.equal(keys.state.requests, 1);
  });

  for (const [name, answer] of /** @type {[string, { status: number, body: string }][]} */ ([
    ['down', { status: 503, body: '' }],
    ['huge', { status: 200, body: `{"padding":"${'x'.repeat(1_000_000)}","keys":[${JSON.stringify(rsa.jwk)}]}` }],
    ['not JSON', { status: 200, body: '<html>' }],
    ['without keys', { status: 200, body: '{"keys":[]}' }],
  ])) {
    test(`a key set that is ${name} is a clear 401, and no bypass`, async () => {
      keys.state.answer = answer;
      await assertUnproven(worker, await start(worker, rsa.sign(claims()), undefined), /AUTH_JWKS_URL/);
      await assertUnproven(worker, await start(worker, unsigned(claims()), undefined), /AUTH_JWKS_URL/);
    });
  }

  test('a key server that is gone is a clear 401', async () => {
    await keys.close();
    await assertUnproven(worker, await start(worker, rsa.sign(claims()), undefined), /AUTH_JWKS_URL/);
    keys = await startKeyServer([]);
  });
});

test('behind Cloudflare Access the user is the sub of its assertion, and a bearer token counts for nothing', async () => {
  const rsa = keyPair('RS256', 'access-1');
  const keys = await startKeyServer([rsa.jwk]);
  const worker = await startWorkerWithSandbox({
    vars: { AUTH: 'access', AUTH_JWKS_URL: keys.url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE },
  });
  try {
    await assertUnproven(worker, await start(worker, rsa.sign(claims()), undefined), /no token/);
    const answer = await worker.fetch('/api/chatkit/session', {
      method: 'POST',
      headers: { 'Cf-Access-Jwt-Assertion': rsa.sign(claims({ aud: [AUDIENCE], sub: 'access-user' })) },
    });
    assert.equal(answer.status, 200);
    assert.equal(worker.sandbox.requests[0].body.user, 'access-user');
  } finally {
    await worker.close();
    await keys.close();
  }
});
