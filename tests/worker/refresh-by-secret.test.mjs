// Pages with OpenAI's own code on another origin: its quick start and its guide send no credentials, only the old client secret.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { hs256 } from '../support/tokens.mjs';
import { until } from '../support/until.mjs';
import { cookieOf } from '../support/worker.mjs';
import { startWorkerd } from '../support/workerd.mjs';

const SITE = 'https://shop.example.com';
const JWT_SECRET = 'a-secret-of-32-bytes-for-the-tokens';

/** @typedef {Awaited<ReturnType<typeof startWorkerd>>} Worker */

/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
/** @type {Worker} */
let worker;
const variables = () => ({
  OPENAI_API_KEY: SANDBOX_KEY,
  OPENAI_BASE_URL: sandbox.baseUrl,
  OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
  ALLOWED_ORIGINS: SITE,
  STATE_VARIABLES: 'plan',
  RATE_LIMITS: 'off',
});
before(async () => {
  sandbox = await startSandbox();
  worker = await startWorkerd(variables());
});
beforeEach(() => sandbox.reset());
after(async () => {
  await worker.close();
  await sandbox.close();
});

const users = () => sandbox.requests.map(({ body }) => body?.user);

/** @param {string} path @param {unknown} body @param {Record<string, string>} [headers] */
const post = (path, body, headers = {}, to = worker) =>
  to.fetch(path, {
    method: 'POST',
    headers: { Origin: SITE, 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** What `getClientSecret` of OpenAI's guide does, given the old secret. @param {string | null} currentClientSecret */
async function guide(currentClientSecret) {
  const response = currentClientSecret
    ? await post('/api/chatkit/refresh', { currentClientSecret })
    : await worker.fetch('/api/chatkit/start', { method: 'POST', headers: { Origin: SITE } });
  const { client_secret } = await response.json();
  return { response, secret: /** @type {string} */ (client_secret) };
}

describe("OpenAI's guide on another origin", () => {
  test('keeps its visitor at every refresh, without a cookie', async () => {
    let { secret } = await guide(null);
    for (let times = 0; times < 3; times++) {
      const next = await guide(secret);
      assert.equal(next.response.status, 200);
      assert.equal(next.response.headers.get('access-control-allow-origin'), SITE);
      assert.deepEqual(next.response.headers.getSetCookie(), []);
      assert.notEqual(next.secret, secret);
      secret = next.secret;
    }
    assert.equal(new Set(users()).size, 1);
    assert.ok(!worker.printed().includes('ek_sandbox'), 'no secret is logged');
  });

  test('keeps the state variables that its first request named', async () => {
    const start = await post('/api/chatkit/start', { state_variables: { plan: 'pro' } });
    const { client_secret } = await start.json();
    assert.equal((await guide(client_secret)).response.status, 200);
    assert.deepEqual(sandbox.requests.map(({ body }) => body.workflow.state_variables), [{ plan: 'pro' }, { plan: 'pro' }]);
  });
});

test("OpenAI's quick start, which never refreshes, starts a session for a new visitor each time", async () => {
  for (let times = 0; times < 2; times++) {
    const response = await worker.fetch('/api/chatkit/session', {
      method: 'POST',
      headers: { Origin: SITE, 'Content-Type': 'application/json' },
    });
    assert.equal(response.status, 200);
  }
  assert.equal(new Set(users()).size, 2);
});

describe('a client secret', () => {
  /** Refreshes by a secret that proves nothing. @param {string} secret @param {Record<string, string>} [headers] */
  async function isRefused(secret, headers, to = worker) {
    const sent = sandbox.requests.length;
    const response = await post('/api/chatkit/refresh', { currentClientSecret: secret }, headers, to);
    const { code, title } = await response.json();
    assert.deepEqual([response.status, code, title], [401, 'identity_required', 'The user is not known']);
    assert.equal(sandbox.requests.length, sent);
  }

  test('proves nothing if it is unknown, of a cancelled session, or sent without an allowed origin', async () => {
    await isRefused('ek_unknown');
    const start = await worker.fetch('/api/chatkit/session', { method: 'POST', headers: { Origin: SITE } });
    const { client_secret, session_id } = await start.json();
    const ownOrigin = worker.url;
    await isRefused(client_secret, { Origin: ownOrigin });
    const withoutOrigin = await worker.fetch(`/api/chatkit/refresh?token=${client_secret}`, { method: 'POST' });
    assert.equal(withoutOrigin.status, 401);
    const headers = { Origin: SITE, Cookie: cookieOf(start) ?? '' };
    await worker.fetch(`/api/chatkit/session/${session_id}`, { method: 'DELETE', headers });
    await isRefused(client_secret);
  });

  test('proves nothing more than a minute after its end', async () => {
    sandbox.fail('long-over');
    const { secret } = await guide(null);
    await isRefused(secret);
  });

  test('is unknown to another deployment', async () => {
    const { secret } = await guide(null);
    const other = await startWorkerd(variables());
    try {
      await isRefused(secret, {}, other);
    } finally {
      await other.close();
    }
  });

  test('does not replace a token', async () => {
    const signedIn = await startWorkerd({ ...variables(), AUTH: 'jwt', AUTH_JWT_SECRET: JWT_SECRET });
    try {
      const token = hs256({ sub: 'user-1', exp: Math.floor(Date.now() / 1000) + 600 }, JWT_SECRET);
      const headers = { Authorization: `Bearer ${token}` };
      const start = await post('/api/chatkit/start', { state_variables: { plan: 'pro' } }, headers, signedIn);
      const { client_secret } = await start.json();
      await isRefused(client_secret, {}, signedIn);
      const body = { currentClientSecret: client_secret };
      assert.equal((await post('/api/chatkit/refresh', body, headers, signedIn)).status, 200);
      assert.deepEqual(sandbox.requests.at(-1)?.body.workflow.state_variables, { plan: 'pro' });
    } finally {
      await signedIn.close();
    }
  });

  test('is not stored, and neither is its visitor', async () => {
    const { readdir, readFile } = await import('node:fs/promises');
    const { secret } = await guide(null);
    assert.equal((await guide(secret)).response.status, 200);
    const [user] = users();
    const stored = async () => {
      const files = (await readdir(worker.storage, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
      return (await Promise.all(files.map((file) => readFile(`${file.parentPath}/${file.name}`, 'latin1')))).join('');
    };
    await until(async () => (await stored()).includes('grants'), 'the objects are on disk');
    const text = await stored();
    for (const hidden of ['ek_sandbox', user.replace('visitor_', '')]) assert.ok(!text.includes(hidden), hidden);
  });
});
