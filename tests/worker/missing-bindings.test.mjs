// What the Worker does without one of its bindings, as the table in docs/configuration.md says.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startWorkerWithSandbox } from '../support/worker.mjs';

const post = { method: 'POST' };

/** Removes the tables with these names from the text of wrangler.toml. */
const without = (/** @type {string[]} */ ...names) => (/** @type {string} */ text) =>
  text.split(/(?=^\[)/m).filter((table) => !names.some((name) => table.startsWith(`[[${name}`))).join('');

/** Has no bindings except the static assets. @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({
    vars: { RATE_LIMITS: 'on', DAILY_SESSION_LIMIT: '1' },
    secrets: { ADMIN_TOKEN: 'admin-token-for-tests' },
    edit: without('kv_namespaces', 'durable_objects', 'migrations', 'ratelimits'),
  });
});
after(() => worker?.close());

test('without KV, reading the counters fails', async () => {
  for (const path of ['/api/chatkit/stats', '/metrics']) {
    const response = await worker.fetch(path, { headers: { Authorization: 'Bearer admin-token-for-tests' } });
    assert.equal(response.status, 500);
    assert.equal((await response.json()).code, 'internal');
  }
});

test('without a rate limiter, sessions and events fail and name it', async () => {
  const limiters = { '/api/chatkit/session': 'SESSIONS_PER_ADDRESS', '/api/analytics/message': 'EVENTS_PER_ADDRESS' };
  for (const [path, limiter] of Object.entries(limiters)) {
    const { code, detail } = await (await worker.fetch(path, post)).json();
    assert.equal(code, 'not_configured');
    assert.match(detail, new RegExp(`The rate limiter ${limiter} is not bound`));
  }
});

test('without the ledger, sessions start even beyond a daily limit, and nothing else that needs it works', async () => {
  const noLedger = await startWorkerWithSandbox({
    vars: { DAILY_SESSION_LIMIT: '1' }, edit: without('durable_objects', 'migrations'),
  });
  try {
    const first = await noLedger.fetch('/api/chatkit/session', post);
    const second = await noLedger.fetch('/api/chatkit/session', post);
    assert.deepEqual([first.status, second.status], [200, 200]);
    assert.deepEqual(await (await noLedger.fetch('/api/analytics/message', post)).json(), { status: 'failed' });
    const { session_id: id } = await first.json();
    const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    for (const method of ['GET', 'DELETE']) {
      const response = await noLedger.fetch(`/api/chatkit/session/${id}`, { method, headers: { cookie } });
      assert.equal((await response.json()).code, 'internal');
    }
  } finally {
    await noLedger.close();
  }
});

test('without the objects of the chats, a message gets an error event and the log names the binding', async () => {
  const noChats = await startWorkerWithSandbox({
    vars: { OPENAI_CHATKIT_WORKFLOW_ID: '', AGENT: { model: 'gpt-5.2' } }, edit: without('durable_objects', 'migrations'),
  });
  try {
    const body = '{"type":"threads.create","params":{"input":{"content":[]}}}';
    const response = await noChats.fetch('/chatkit', { ...post, body });
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/event-stream']);
    assert.match(await response.text(), /^data: \{"type":"error","code":"custom","message":"[^"]+","allow_retry":true\}\n\n$/);
    const line = noChats.logs().at(-1);
    assert.deepEqual([line.level, line.code], ['error', 'internal']);
    assert.match(line.cause, /CHATS is not bound/);
  } finally {
    await noChats.close();
  }
});
