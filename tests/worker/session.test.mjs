// Session endpoints of the built Worker: the request that OpenAI receives and the response that the page receives.
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

const sentBodies = () => worker.sandbox.requests.map(({ body }) => body);

describe('creating a session', () => {
  test('needs no body and no content type, and returns three fields', async () => {
    const response = await post('/api/chatkit/session');
    assert.equal(response.status, 200);
    const session = await response.json();
    assert.deepEqual(Object.keys(session), ['client_secret', 'expires_at', 'session_id']);
    assert.match(session.client_secret, /^ek_/);
    const left = session.expires_at - Date.now() / 1000;
    assert.ok(left > 500 && left <= 601, `${left} s left`);
  });

  test('sends OpenAI the key, the beta header and only the fields that are set', async () => {
    await post('/api/chatkit/session');
    const [{ method, path, headers, body }] = worker.sandbox.requests;
    assert.equal(`${method} ${path}`, 'POST /v1/chatkit/sessions');
    assert.equal(headers.authorization, `Bearer ${SANDBOX_KEY}`);
    assert.equal(headers['openai-beta'], 'chatkit_beta=v1');
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual(Object.keys(body), ['workflow', 'user']);
    assert.deepEqual(body.workflow, { id: SANDBOX_WORKFLOW });
  });

  test('uses the visitor as the user, whatever user the page names', async () => {
    const first = await post('/api/chatkit/start', { userId: 'demo-user-123', workflowId: SANDBOX_WORKFLOW });
    assert.equal(first.status, 200);
    const second = await post('/api/chatkit/start', { user: 'demo-user-123', user_id: 'x' }, { Cookie: cookieOf(first) });
    assert.equal(second.status, 200);
    await post('/api/chatkit/session');
    const [one, same, other] = sentBodies().map(({ user }) => user);
    assert.match(one, /^visitor_[\w-]{22}$/);
    assert.equal(same, one);
    assert.notEqual(other, one);
  });

  test('leaves file uploads off unless the owner enables them', async () => {
    const response = await post('/api/create-session', {
      workflow: { id: SANDBOX_WORKFLOW },
      chatkit_configuration: { file_upload: { enabled: true } },
    });
    assert.equal(response.status, 200);
    assert.equal(sentBodies()[0].chatkit_configuration, undefined);
  });

  test('echoes the thread id of the request, including null', async () => {
    assert.equal((await (await post('/api/chatkit/session', { threadId: 'cthr_1' })).json()).thread_id, 'cthr_1');
    assert.equal((await (await post('/api/chatkit/session', { thread_id: null })).json()).thread_id, null);
  });

  test('sets a first-party cookie that scripts cannot read', async () => {
    const response = await post('/api/chatkit/session', undefined, { Origin: worker.url });
    const [cookie] = response.headers.getSetCookie();
    assert.match(cookie, /^__Host-chatkit_visitor=[\w-]{22}\.\d{10}\.[\w-]{43}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure$/);
  });

  test('rejects a workflow that is not on the allow-list', async () => {
    const response = await post('/api/chatkit/session', { workflowId: 'wf_another' });
    assert.equal(response.status, 403);
    assert.equal((await response.json()).code, 'workflow_not_allowed');
    assert.deepEqual(worker.sandbox.requests, []);
  });
});

describe('refreshing a session', () => {
  test('keeps the same visitor, whatever name the request gives the old secret', async () => {
    const start = await post('/api/chatkit/session');
    const { client_secret } = await start.json();
    const cookie = { Cookie: cookieOf(start) };
    for (const name of ['currentClientSecret', 'current_client_secret', 'client_secret', 'token', 'existingSecret']) {
      const response = await post('/api/chatkit/refresh', { [name]: client_secret }, cookie);
      assert.equal(response.status, 200, name);
      assert.notEqual((await response.json()).client_secret, client_secret);
    }
    assert.equal((await post(`/api/chatkit/refresh?token=${client_secret}`, undefined, cookie)).status, 200);
    assert.equal(new Set(sentBodies().map(({ user }) => user)).size, 1);
    assert.ok(!worker.printed().includes(client_secret), 'the secret is not logged');
  });

  test('accepts the signed visitor value in a header when the browser stores no cookie', async () => {
    const start = await post('/api/chatkit/session');
    const value = cookieOf(start)?.split('=')[1] ?? '';
    for (const name of ['X-ChatKit-Visitor-Token', 'X-ChatKit-Visitor']) {
      const response = await post('/api/chatkit/refresh', undefined, { [name]: value });
      assert.equal(response.status, 200, name);
      assert.deepEqual(response.headers.getSetCookie(), []);
      assert.equal((await response.json()).visitor, value);
    }
    const users = sentBodies().map(({ user }) => user);
    assert.deepEqual(users, [users[0], users[0], users[0]]);
  });

  test('responds with 401 without proof of identity, and does not call OpenAI', async () => {
    const { client_secret } = await (await post('/api/chatkit/session')).json();
    worker.sandbox.reset();
    const response = await post('/api/chatkit/refresh', { currentClientSecret: client_secret });
    assert.equal(response.status, 401);
    assert.equal((await response.json()).code, 'identity_required');
    assert.deepEqual(worker.sandbox.requests, []);
  });
});

test('GET /health and GET /api/chatkit/config return the version, the script URL and the features, and no secret', async () => {
  const health = await worker.fetch('/health');
  assert.deepEqual(await health.json(), { status: 'healthy', version });
  const config = await worker.fetch('/api/chatkit/config');
  assert.equal(config.headers.get('cache-control'), 'public, max-age=60');
  assert.deepEqual(await config.json(), {
    backend: 'hosted',
    chatkit_js_url: worker.sandbox.widgetUrl,
    sandbox: true,
    configured: true,
    features: { file_upload: false, history: true, auth: 'anonymous' },
  });
});

test('every request writes one log line with the request id of its response', async () => {
  worker.server.clearLogs();
  const response = await post('/api/chatkit/session');
  const line = worker.logs().find(({ request_id }) => request_id === response.headers.get('x-request-id'));
  assert.equal(line.event, 'session.created');
  assert.equal(line.status, 200);
  assert.equal(line.session_id, (await response.json()).session_id);
  assert.ok(!worker.printed().includes(SANDBOX_KEY));
});

test('a client secret sent in place of a session id is not logged', async () => {
  const start = await post('/api/chatkit/session');
  const { client_secret } = await start.json();
  const cookie = cookieOf(start) ?? '';
  for (const method of ['GET', 'DELETE']) {
    const path = `/api/chatkit/session/${client_secret}?token=${client_secret}`;
    const response = await worker.fetch(path, { method, headers: { cookie } });
    assert.equal(response.status, 404);
    const line = worker.logs().find(({ request_id }) => request_id === response.headers.get('x-request-id'));
    assert.equal(line.path, '/api/chatkit/session/[redacted]');
    assert.ok(!JSON.stringify(line).includes(client_secret));
  }
});
