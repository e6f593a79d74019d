// Admin endpoints: they exist only when ADMIN_TOKEN is set, and they require it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_KEY } from '../../sandbox/openai.mjs';
import { startWorker, startWorkerWithSandbox, withinOneMinute } from '../support/worker.mjs';

const TOKEN = 'admin-token-for-tests';
// As in wrangler.toml.
const GUESSES = 20;
const ENDPOINTS = ['/api/chatkit/doctor', '/api/chatkit/stats', '/metrics', '/api/errors'];

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({ vars: { RATE_LIMITS: 'on' }, secrets: { ADMIN_TOKEN: TOKEN } });
});
beforeEach(() => worker.sandbox.reset());
after(() => worker.close());

const methodOf = (/** @type {string} */ path) => (path === '/api/chatkit/doctor' ? 'POST' : 'GET');
const get = (/** @type {string} */ path, /** @type {string} */ authorization) =>
  worker.fetch(path, { method: methodOf(path), headers: { Authorization: authorization } });

for (const path of ENDPOINTS) {
  test(`${path} responds with 401 when the token is missing or wrong`, async () => {
    assert.equal((await worker.fetch(path, { method: methodOf(path) })).status, 401);
    for (const wrong of ['', 'Bearer', 'Bearer wrong', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(0, -1)}`, TOKEN, `Basic ${TOKEN}`]) {
      const response = await get(path, wrong);
      assert.equal(response.status, 401, wrong);
      assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="ChatKit Edge"');
      assert.equal((await response.json()).code, 'identity_required');
    }
    assert.deepEqual(worker.sandbox.requests, []);
  });

  test(`${path} responds with 404 when ADMIN_TOKEN is not set, whatever the request sends`, async () => {
    const unconfigured = await startWorker();
    try {
      for (const authorization of ['Bearer ', 'Bearer undefined', `Bearer ${TOKEN}`]) {
        const response = await unconfigured.fetch(path, { method: methodOf(path), headers: { Authorization: authorization } });
        assert.equal(response.status, 404);
        assert.equal((await response.json()).code, 'not_found');
      }
    } finally {
      await unconfigured.close();
    }
  });
}

test('wrong tokens are limited per address, and the right one still works', () =>
  withinOneMinute(async () => {
    const limited = await startWorkerWithSandbox({ vars: { RATE_LIMITS: 'on' }, secrets: { ADMIN_TOKEN: TOKEN } });
    try {
      const guess = (/** @type {string} */ token, /** @type {string} */ address) =>
        limited.fetch('/api/chatkit/stats', { headers: { Authorization: `Bearer ${token}`, 'CF-Connecting-IP': address } });
      for (let i = 0; i < GUESSES; i++) assert.equal((await guess(`wrong-${i}`, '192.0.2.1')).status, 401);
      const response = await guess('wrong', '192.0.2.1');
      assert.equal(response.status, 429);
      assert.equal((await response.json()).code, 'rate_limited');
      assert.equal(response.headers.get('retry-after'), '60');
      assert.equal((await guess(TOKEN, '192.0.2.1')).status, 200);
      assert.equal((await guess('wrong', '192.0.2.2')).status, 401);
    } finally {
      await limited.close();
    }
  }));

test('a token of less than 16 bytes opens nothing, and the problem names ADMIN_TOKEN', async () => {
  const short = 'fifteen-bytes-x';
  const worker = await startWorker({ secrets: { ADMIN_TOKEN: short } });
  try {
    for (const path of ['/api/chatkit/stats', '/metrics', '/api/errors']) {
      const response = await worker.fetch(path, { headers: { Authorization: `Bearer ${short}` } });
      assert.equal(response.status, 500, path);
      const { code, detail } = await response.json();
      assert.equal(code, 'not_configured');
      assert.match(detail, /^ADMIN_TOKEN is shorter than 16 bytes\. /);
    }
  } finally {
    await worker.close();
  }
});

describe('POST /api/chatkit/doctor', () => {
  test('is not a GET, because it creates a session', async () => {
    const response = await worker.fetch('/api/chatkit/doctor', { headers: { Authorization: `Bearer ${TOKEN}` } });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'POST, OPTIONS');
    assert.deepEqual(worker.sandbox.requests, []);
  });

  test('creates a live session and cancels it', async () => {
    const response = await get('/api/chatkit/doctor', `Bearer ${TOKEN}`);
    assert.equal(response.status, 200);
    const { ok, checks } = await response.json();
    assert.equal(ok, true);
    assert.deepEqual(
      checks.map((/** @type {{ name: string, status: string }} */ { name, status }) => `${name} ${status}`),
      ['settings ok', 'COUNTERS ok', 'LEDGER ok', 'RATE_LIMITS ok', 'session ok', 'cancel ok'],
    );
    assert.deepEqual(worker.sandbox.requests.map(({ status }) => status), [200, 200]);
    assert.match(worker.sandbox.requests[1].path, /^\/v1\/chatkit\/sessions\/[^/]+\/cancel$/);
  });

  for (const [fault, detail, hint] of /** @type {[string, RegExp, string][]} */ ([
    ['invalid-key', /^Invalid API key/,
      'Copy the key again from the API keys page of the workflow\'s project, and store it with: npx wrangler secret put OPENAI_API_KEY'],
    ['beta-unavailable', /^Beta feature not available/,
      'Check that the key\'s permissions include ChatKit, and that OpenAI has enabled it for the organization.'],
    ['workflow-not-found', /^Workflow not found/,
      'Most often the key belongs to another project than the workflow, or the workflow was saved but never published. '
      + 'If it worked until 30 November 2026: docs/agent-builder.md says what OpenAI retired that day.'],
    ['html', /not usable/, 'The server at OPENAI_BASE_URL is not OpenAI\'s API.'],
  ])) {
    test(`says what to do about ${fault} and does not reveal the key`, async () => {
      worker.sandbox.fail(fault);
      const text = await (await get('/api/chatkit/doctor', `Bearer ${TOKEN}`)).text();
      const { ok, checks } = JSON.parse(text);
      assert.equal(ok, false);
      const session = checks.find((/** @type {{ name: string }} */ { name }) => name === 'session');
      assert.equal(session.status, 'failed');
      assert.match(session.detail, detail);
      assert.equal(session.hint, hint);
      assert.ok(!text.includes(SANDBOX_KEY.slice(-8)));
    });
  }

  test('lists all invalid settings at once', async () => {
    const misconfigured = await startWorker({ vars: { HISTORY: 'maybe' }, secrets: { ADMIN_TOKEN: TOKEN } });
    try {
      const response = await misconfigured.fetch('/api/chatkit/doctor', { method: 'POST', headers: { Authorization: `Bearer ${TOKEN}` } });
      const { checks } = await response.json();
      assert.deepEqual(
        checks.map((/** @type {{ name: string, status: string }} */ { name, status }) => `${name} ${status}`),
        ['OPENAI_API_KEY failed', 'OPENAI_CHATKIT_WORKFLOW_ID failed', 'HISTORY failed', 'COUNTERS ok', 'LEDGER ok', 'RATE_LIMITS ok', 'session skipped'],
      );
      assert.equal(checks[2].detail, 'HISTORY is "maybe" and must be true or false.');
    } finally {
      await misconfigured.close();
    }
  });
});
