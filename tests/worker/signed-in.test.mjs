// AUTH=jwt and AUTH=access: only a token with a valid signature and valid claims sets the user.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { hs256, keyPair, startKeyServer, unsigned } from '../support/tokens.mjs';
import { until } from '../support/until.mjs';
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

async function assertUnauthorized(/** @type {Worker} */ worker, /** @type {Response} */ response, /** @type {RegExp} */ detail) {
  assert.equal(response.status, 401);
  const problem = await response.json();
  assert.equal(problem.code, 'identity_required');
  assert.match(problem.detail, detail);
  assert.deepEqual(worker.sandbox.requests, []);
}

async function assertUnavailable(/** @type {Response} */ response) {
  assert.equal(response.status, 503);
  assert.match(response.headers.get('retry-after') ?? '', /^[1-5]$/);
  const problem = await response.json();
  assert.equal(problem.code, 'keys_unavailable');
  assert.match(problem.detail, /AUTH_JWKS_URL/);
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
    const response = await start(worker, hs256(claims(), SECRET), { user: 'victim', userId: 'victim' });
    assert.equal(response.status, 200);
    assert.deepEqual(response.headers.getSetCookie(), []);
    assert.equal(worker.sandbox.requests[0].body.user, 'user-1');
  });

  test('a refresh needs the token too', async () => {
    const refresh = (/** @type {Record<string, string>} */ headers) => worker.fetch('/api/chatkit/refresh', { method: 'POST', headers });
    assert.equal((await refresh({ Authorization: `Bearer ${hs256(claims(), SECRET)}` })).status, 200);
    assert.equal((await refresh({})).status, 401);
  });

  /** @type {[string, () => string | undefined, RegExp][]} */
  const rejected = [
    ['a missing token', () => undefined, /no token/],
    ['a token with alg none', () => unsigned(claims()), /algorithm/],
    ['a token signed with another secret', () => hs256(claims(), 'another'), /signature/],
    ['a token with another algorithm', () => hs256(claims(), SECRET, { alg: 'HS512' }), /algorithm/],
    ['a token with a changed claim', () => {
      const changed = Buffer.from(JSON.stringify(claims({ sub: 'victim' }))).toString('base64url');
      return hs256(claims(), SECRET).replace(/\.[^.]+\./, `.${changed}.`);
    }, /signature/],
    ['an expired token', () => hs256(claims({ exp: now() - 61 }), SECRET), /expired/],
    ['a token without an expiry', () => hs256(claims({ exp: undefined }), SECRET), /expired/],
    ['a token that is not valid yet', () => hs256(claims({ nbf: now() + 65 }), SECRET), /not valid yet/],
    ['a token from another issuer', () => hs256(claims({ iss: 'https://evil.example' }), SECRET), /issuer/],
    ['a token for another audience', () => hs256(claims({ aud: ['other'] }), SECRET), /audience/],
    ['a token without a subject', () => hs256(claims({ sub: undefined }), SECRET), /subject/],
    ['a token with a critical extension', () => hs256(claims(), SECRET, { crit: ['b64'] }), /not a signed/],
    ['garbage', () => 'a.b.c', /not a signed/],
    ['8 KiB of garbage', () => 'a'.repeat(8193), /not a signed/],
  ];
  for (const [name, token, detail] of rejected) {
    test(`${name} is rejected with 401`, async () =>
      assertUnauthorized(worker, await start(worker, token(), undefined), detail));
  }

  test('a clock skew of less than a minute is accepted', async () => {
    const token = hs256(claims({ exp: now() - 50, nbf: now() + 50 }), SECRET);
    assert.equal((await start(worker, token, undefined)).status, 200);
  });
});

describe('with a JWKS', () => {
  const rsa = keyPair('RS256', 'rsa-1');
  const ec = keyPair('ES256', 'ec-1');
  const causes = () => worker.logs().filter(({ code }) => code === 'keys_unavailable').map(({ cause }) => cause);
  /** @type {Worker} */
  let worker;
  /** @type {Awaited<ReturnType<typeof startKeyServer>>} */
  let jwks;
  beforeEach(async () => {
    jwks = await startKeyServer([rsa.jwk, ec.jwk]);
    worker = await startWorkerWithSandbox({
      vars: { AUTH: 'jwt', AUTH_JWKS_URL: jwks.url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE },
    });
  });
  afterEach(async () => {
    await worker.close();
    await jwks.close();
  });

  test('RS256 and ES256 tokens are verified, and the JWKS is fetched once', async () => {
    for (const pair of [rsa, ec, rsa, ec]) assert.equal((await start(worker, pair.sign(claims()), undefined)).status, 200);
    assert.equal(jwks.state.requests, 1);
    assert.deepEqual(new Set(worker.sandbox.requests.map(({ body }) => body.user)), new Set(['user-1']));
  });

  test('a token cannot choose its algorithm: HS256 with the public key, none, or the other key type', async () => {
    for (const token of [
      hs256(claims(), rsa.pem, { kid: 'rsa-1' }),
      hs256(claims(), JSON.stringify(rsa.jwk), { kid: 'rsa-1' }),
      unsigned(claims()),
      rsa.sign(claims(), { alg: 'none' }),
      rsa.sign(claims(), { kid: 'ec-1' }),
      ec.sign(claims(), { kid: 'rsa-1' }),
    ]) {
      await assertUnauthorized(worker, await start(worker, token, undefined), /algorithm|unknown key/);
    }
  });

  test('a token signed by another key under a known kid is rejected with 401', async () => {
    const other = keyPair('RS256', 'rsa-1');
    await assertUnauthorized(worker, await start(worker, other.sign(claims()), undefined), /signature/);
  });

  test('an unknown kid causes a refetch at most once a minute', async () => {
    assert.equal((await start(worker, rsa.sign(claims()), undefined)).status, 200);
    worker.sandbox.reset();
    const unknown = keyPair('RS256', 'rsa-9').sign(claims());
    for (let i = 0; i < 5; i++) await assertUnauthorized(worker, await start(worker, unknown, undefined), /unknown key/);
    assert.equal(jwks.state.requests, 1);
  });

  test('50 tokens with unknown keys at once cause one fetch', async () => {
    const unknown = keyPair('RS256', 'rsa-9');
    const junk = Array.from({ length: 50 }, (_, i) => start(worker, unknown.sign(claims(), { kid: `junk-${i}` }), undefined));
    for (const response of await Promise.all(junk)) await assertUnauthorized(worker, response, /unknown key/);
    assert.equal(jwks.state.requests, 1);
    assert.equal((await start(worker, rsa.sign(claims()), undefined)).status, 200);
    assert.equal(jwks.state.requests, 1);
  });

  test('each of two keys with one kid is tried, and a key for encryption or of 1024 bits is not used', async () => {
    const [second, short, encrypting] = [keyPair('RS256', 'rsa-1'), keyPair('RS256', 'short', 1024), keyPair('RS256', 'enc')];
    const keys = [rsa.jwk, second.jwk, short.jwk, { ...encrypting.jwk, use: undefined, key_ops: ['encrypt'] }];
    jwks.state.response = { status: 200, body: JSON.stringify({ keys }) };
    for (const pair of [rsa, second]) assert.equal((await start(worker, pair.sign(claims()), undefined)).status, 200);
    worker.sandbox.reset();
    for (const pair of [short, encrypting]) {
      await assertUnauthorized(worker, await start(worker, pair.sign(claims()), undefined), /unknown key/);
    }
  });

  for (const [name, response, reason] of /** @type {[string, { status: number, body: string }, string][]} */ ([
    ['down', { status: 503, body: '' }, 'status 503'],
    ['huge', { status: 200, body: `{"padding":"${'x'.repeat(1_000_000)}","keys":[${JSON.stringify(rsa.jwk)}]}` }, 'it is larger than 128 KiB'],
    ['not JSON', { status: 200, body: '<html>' }, 'it is not a JSON object'],
    ['without keys', { status: 200, body: '{"keys":[]}' }, 'it has no key for RS256 or ES256'],
  ])) {
    test(`a JWKS that is ${name} causes a 503 that names AUTH_JWKS_URL, and no bypass`, async () => {
      jwks.state.response = response;
      for (let i = 0; i < 3; i++) await assertUnavailable(await start(worker, rsa.sign(claims()), undefined));
      assert.equal(jwks.state.requests, 1);
      await until(() => causes().length === 3, 'three lines in the log');
      assert.deepEqual(causes(), Array(3).fill(`AUTH_JWKS_URL could not be fetched: ${reason}`));
      await assertUnauthorized(worker, await start(worker, unsigned(claims()), undefined), /algorithm/);
    });
  }

  test('a JWKS server that is down causes a 503 that names AUTH_JWKS_URL', async () => {
    await jwks.close();
    await assertUnavailable(await start(worker, rsa.sign(claims()), undefined));
    await until(() => causes().length === 1, 'a line in the log');
    assert.match(causes()[0], /^AUTH_JWKS_URL could not be fetched: ./);
    jwks = await startKeyServer([]);
  });

  test('a JWKS that is down after the first fetch leaves the known keys in use', async () => {
    assert.equal((await start(worker, rsa.sign(claims()), undefined)).status, 200);
    await jwks.close();
    for (const pair of [ec, rsa]) assert.equal((await start(worker, pair.sign(claims()), undefined)).status, 200);
    jwks = await startKeyServer([]);
  });
});

test('with AUTH=access the user is the sub of the Access assertion, and a bearer token is ignored', async () => {
  const rsa = keyPair('RS256', 'access-1');
  const jwks = await startKeyServer([rsa.jwk]);
  const worker = await startWorkerWithSandbox({
    vars: { AUTH: 'access', AUTH_JWKS_URL: jwks.url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE },
  });
  try {
    await assertUnauthorized(worker, await start(worker, rsa.sign(claims()), undefined), /no token/);
    const response = await worker.fetch('/api/chatkit/session', {
      method: 'POST',
      headers: { 'Cf-Access-Jwt-Assertion': rsa.sign(claims({ aud: [AUDIENCE], sub: 'access-user' })) },
    });
    assert.equal(response.status, 200);
    assert.equal(worker.sandbox.requests[0].body.user, 'access-user');
  } finally {
    await worker.close();
    await jwks.close();
  }
});
