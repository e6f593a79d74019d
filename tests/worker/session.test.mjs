// Sessions through the built Worker: what it asks of OpenAI and what the page gets.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox();
});
beforeEach(() => worker.sandbox.reset());
after(() => worker.close());

/** @param {string} path @param {unknown} [body] @param {Record<string, string>} [headers] */
const post = (path, body, headers = {}) =>
  worker.fetch(path, {
    method: 'POST',
    headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

const sent = () => worker.sandbox.requests.map(({ body }) => body);

describe('a session', () => {
  test('needs no body and no content type, and the answer has three fields', async () => {
    const answer = await post('/api/chatkit/session');
    assert.equal(answer.status, 200);
    const session = await answer.json();
    assert.deepEqual(Object.keys(session), ['client_secret', 'expires_at', 'session_id']);
    assert.match(session.client_secret, /^ek_/);
    const left = session.expires_at - Date.now() / 1000;
    assert.ok(left > 500 && left <= 601, `${left} s left`);
  });

  test('is asked for with the key, the beta header and only the fields that are set', async () => {
    await post('/api/chatkit/session');
    const [{ method, path, headers, body }] = worker.sandbox.requests;
    assert.equal(`${method} ${path}`, 'POST /v1/chatkit/sessions');
    assert.equal(headers.authorization, `Bearer ${SANDBOX_KEY}`);
    assert.equal(headers['openai-beta'], 'chatkit_beta=v1');
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual(Object.keys(body), ['workflow', 'user']);
    assert.deepEqual(body.workflow, { id: SANDBOX_WORKFLOW });
  });

  test("is the visitor's, whatever user the page names", async () => {
    const first = await post('/api/chatkit/start', { userId: 'demo-user-123', workflowId: SANDBOX_WORKFLOW });
    assert.equal(first.status, 200);
    const second = await post('/api/chatkit/start', { user: 'demo-user-123', user_id: 'x' }, { Cookie: cookieOf(first) });
    assert.equal(second.status, 200);
    await post('/api/chatkit/session');
    const [one, same, other] = sent().map(({ user }) => user);
    assert.match(one, /^visitor_[\w-]{22}$/);
    assert.equal(same, one);
    assert.notEqual(other, one);
  });

  test('has no uploads unless the owner turned them on', async () => {
    const answer = await post('/api/create-session', {
      workflow: { id: SANDBOX_WORKFLOW },
      chatkit_configuration: { file_upload: { enabled: true } },
    });
    assert.equal(answer.status, 200);
    assert.equal(sent()[0].chatkit_configuration, undefined);
  });

  test('echoes the thread that the page names, and null', async () => {
    assert.equal((await (await post('/api/chatkit/session', { threadId: 'cthr_1' })).json()).thread_id, 'cthr_1');
    assert.equal((await (await post('/api/chatkit/session', { thread_id: null })).json()).thread_id, null);
  });

  test('comes with a first-party cookie that scripts cannot read', async () => {
    const answer = await post('/api/chatkit/session', undefined, { Origin: worker.url });
    const [cookie] = answer.headers.getSetCookie();
    assert.match(cookie, /^__Host-chatkit_visitor=[\w-]{22}\.[\w-]{43}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure$/);
  });

  test('is never for a workflow that is not on the list', async () => {
    const answer = await post('/api/chatkit/session', { workflowId: 'wf_another' });
    assert.equal(answer.status, 403);
    assert.equal((await answer.json()).code, 'workflow_not_allowed');
    assert.deepEqual(worker.sandbox.requests, []);
  });
});

describe('a refresh', () => {
  test('is for the same visitor, whatever the old secret is called', async () => {
    const start = await post('/api/chatkit/session');
    const { client_secret } = await start.json();
    const cookie = { Cookie: cookieOf(start) };
    for (const name of ['currentClientSecret', 'current_client_secret', 'client_secret', 'token', 'existingSecret']) {
      const answer = await post('/api/chatkit/refresh', { [name]: client_secret }, cookie);
      assert.equal(answer.status, 200, name);
      assert.notEqual((await answer.json()).client_secret, client_secret);
    }
    assert.equal((await post(`/api/chatkit/refresh?token=${client_secret}`, undefined, cookie)).status, 200);
    assert.equal(new Set(sent().map(({ user }) => user)).size, 1);
    assert.ok(!worker.printed().includes(client_secret), 'the secret is not logged');
  });

  test('takes the signed value in a header where the browser keeps no cookie', async () => {
    const start = await post('/api/chatkit/session');
    const value = cookieOf(start)?.split('=')[1] ?? '';
    const answer = await post('/api/chatkit/refresh', undefined, { 'X-ChatKit-Visitor': value });
    assert.equal(answer.status, 200);
    const [first, second] = sent().map(({ user }) => user);
    assert.equal(second, first);
  });

  test('without proof of who it is for is 401, and OpenAI is not asked', async () => {
    const { client_secret } = await (await post('/api/chatkit/session')).json();
    worker.sandbox.reset();
    const answer = await post('/api/chatkit/refresh', { currentClientSecret: client_secret });
    assert.equal(answer.status, 401);
    assert.equal((await answer.json()).code, 'identity_required');
    assert.deepEqual(worker.sandbox.requests, []);
  });
});

test('health and config answer with version, script and features, and no secret', async () => {
  const health = await worker.fetch('/health');
  assert.deepEqual(await health.json(), { status: 'healthy', version });
  const config = await worker.fetch('/api/chatkit/config');
  assert.equal(config.headers.get('cache-control'), 'public, max-age=60');
  assert.deepEqual(await config.json(), {
    chatkit_js_url: worker.sandbox.widgetUrl,
    sandbox: true,
    configured: true,
    features: { file_upload: false, history: true, auth: 'anonymous' },
  });
});

test('every request leaves one line in the log, with the id that its answer carries', async () => {
  worker.server.clearLogs();
  const answer = await post('/api/chatkit/session');
  const line = worker.logs().find(({ request_id }) => request_id === answer.headers.get('x-request-id'));
  assert.equal(line.event, 'session.created');
  assert.equal(line.status, 200);
  assert.equal(line.session_id, (await answer.json()).session_id);
  assert.ok(!worker.printed().includes(SANDBOX_KEY));
});

test('a secret that a client puts in the place of an id is not logged', async () => {
  const started = await post('/api/chatkit/session');
  const { client_secret } = await started.json();
  const cookie = cookieOf(started) ?? '';
  for (const method of ['GET', 'DELETE']) {
    const answer = await worker.fetch(`/api/chatkit/session/${client_secret}?token=${client_secret}`, { method, headers: { cookie } });
    assert.equal(answer.status, 404);
    const line = worker.logs().find(({ request_id }) => request_id === answer.headers.get('x-request-id'));
    assert.equal(line.path, '/api/chatkit/session/[redacted]');
    assert.ok(!JSON.stringify(line).includes(client_secret));
  }
});
