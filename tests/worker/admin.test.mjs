// The admin's endpoints: there only where a token is set, and open only to it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_KEY } from '../../sandbox/openai.mjs';
import { startWorker, startWorkerWithSandbox } from '../support/worker.mjs';

const TOKEN = 'admin-token-for-tests';
const ENDPOINTS = ['/api/chatkit/doctor', '/api/chatkit/stats', '/metrics', '/api/errors'];

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({ vars: { RATE_LIMITS: 'on' }, secrets: { ADMIN_TOKEN: TOKEN } });
});
beforeEach(() => worker.sandbox.reset());
after(() => worker.close());

const ask = (/** @type {string} */ path, /** @type {string} */ authorization) =>
  worker.fetch(path, { headers: { Authorization: authorization } });

for (const path of ENDPOINTS) {
  test(`${path} is 401 without the token and with a wrong one`, async () => {
    assert.equal((await worker.fetch(path)).status, 401);
    for (const wrong of ['', 'Bearer', 'Bearer wrong', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(0, -1)}`, TOKEN, `Basic ${TOKEN}`]) {
      const answer = await ask(path, wrong);
      assert.equal(answer.status, 401, wrong);
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="ChatKit Edge"');
      assert.equal((await answer.json()).code, 'identity_required');
    }
    assert.deepEqual(worker.sandbox.requests, []);
  });

  test(`${path} is 404 where no token is set, whatever is sent`, async () => {
    const bare = await startWorker();
    try {
      for (const authorization of ['Bearer ', 'Bearer undefined', `Bearer ${TOKEN}`]) {
        const answer = await bare.fetch(path, { headers: { Authorization: authorization } });
        assert.equal(answer.status, 404);
        assert.equal((await answer.json()).code, 'not_found');
      }
    } finally {
      await bare.close();
    }
  });
}

describe('doctor', () => {
  test('creates a live session and cancels it', async () => {
    const answer = await ask('/api/chatkit/doctor', `Bearer ${TOKEN}`);
    assert.equal(answer.status, 200);
    const { ok, checks } = await answer.json();
    assert.equal(ok, true);
    assert.deepEqual(
      checks.map((/** @type {{ name: string, status: string }} */ { name, status }) => `${name} ${status}`),
      ['settings ok', 'COUNTERS ok', 'LEDGER ok', 'RATE_LIMITS ok', 'session ok', 'cancel ok'],
    );
    assert.deepEqual(worker.sandbox.requests.map(({ status }) => status), [200, 200]);
    assert.match(worker.sandbox.requests[1].path, /^\/v1\/chatkit\/sessions\/[^/]+\/cancel$/);
  });

  for (const [fault, words] of /** @type {[string, RegExp][]} */ ([
    ['invalid-key', /^Invalid API key/],
    ['beta-unavailable', /^Beta feature not available/],
    ['workflow-not-found', /^Workflow not found/],
    ['html', /could not be used/],
  ])) {
    test(`says what to do about ${fault}, and shows nothing of the key`, async () => {
      worker.sandbox.fail(fault);
      const text = await (await ask('/api/chatkit/doctor', `Bearer ${TOKEN}`)).text();
      const { ok, checks } = JSON.parse(text);
      assert.equal(ok, false);
      const session = checks.find((/** @type {{ name: string }} */ { name }) => name === 'session');
      assert.equal(session.status, 'failed');
      assert.match(session.detail, words);
      assert.ok(session.hint.length > 20);
      assert.ok(!text.includes(SANDBOX_KEY.slice(-8)));
    });
  }

  test('lists every wrong setting at once', async () => {
    const wrong = await startWorker({ vars: { HISTORY: 'maybe' }, secrets: { ADMIN_TOKEN: TOKEN } });
    try {
      const answer = await wrong.fetch('/api/chatkit/doctor', { headers: { Authorization: `Bearer ${TOKEN}` } });
      const { checks } = await answer.json();
      assert.deepEqual(
        checks.map((/** @type {{ name: string, status: string }} */ { name, status }) => `${name} ${status}`),
        ['OPENAI_API_KEY failed', 'OPENAI_CHATKIT_WORKFLOW_ID failed', 'HISTORY failed', 'COUNTERS ok', 'LEDGER ok', 'RATE_LIMITS ok', 'session skipped'],
      );
    } finally {
      await wrong.close();
    }
  });
});
