// The front door of the chat in the built Worker: what a page gets before and after its user's object is called.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';

const SITE = 'https://www.example.com';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  const agent = { model: 'gpt-5.2', greeting: 'Hello', prompts: ['What can you do?'] };
  worker = await startWorkerWithSandbox({ vars: { OPENAI_CHATKIT_WORKFLOW_ID: '', AGENT: agent, ALLOWED_ORIGINS: [SITE] } });
});
after(() => worker?.close());

const chat = (/** @type {unknown} */ body, /** @type {Record<string, string>} */ headers = {}) =>
  worker.fetch('/chatkit', { method: 'POST', body: JSON.stringify(body), headers });
const create = { type: 'threads.create', params: { input: { content: [{ type: 'input_text', text: 'Hello' }] } } };
const list = { type: 'threads.list', params: { limit: 9999, order: 'desc' } };

test('the configuration names the backend, the domain key of this machine and the agent', async () => {
  const config = await (await worker.fetch('/api/chatkit/config')).json();
  assert.deepEqual([config.backend, config.domain_key, config.configured], ['agent', 'domain_pk_localhost_dev', true]);
  assert.deepEqual(config.agents, [{
    id: 'default', model: 'gpt-5.2', models: [], greeting: 'Hello', prompts: [{ label: 'What can you do?', prompt: 'What can you do?' }],
  }]);
});

test('a stranger has no threads, creates one, and is known by the cookie', async () => {
  const nothing = await chat(list);
  assert.equal(await nothing.text(), '{"data":[],"has_more":false}');
  const created = await chat(create);
  assert.equal(created.status, 200);
  assert.equal(created.headers.get('content-type'), 'text/event-stream');
  assert.match(created.headers.get('x-chatkit-run') ?? '', /^[A-Za-z0-9_-]+$/);
  const stream = await created.text();
  assert.match(stream, /^data: \{"type":"thread\.created",/);
  assert.doesNotMatch(stream, /"type":"error"/);
  const threads = await (await chat(list, { cookie: cookieOf(created) ?? '' })).json();
  assert.equal(threads.data.length, 1);
});

test('a page of another site gets the visitor and the run in headers that it may read', async () => {
  const created = await chat(create, { origin: SITE });
  await created.text();
  const token = created.headers.get('x-chatkit-visitor-token');
  assert.ok(token);
  assert.match(created.headers.get('access-control-expose-headers') ?? '', /X-ChatKit-Run, X-ChatKit-Visitor-Token/);
  assert.equal(created.headers.get('access-control-allow-origin'), SITE);
  const threads = await (await chat(list, { origin: SITE, 'x-chatkit-visitor-token': token })).json();
  assert.equal(threads.data.length, 1);
});

test('what is malformed, foreign or without proof is a problem with a message', async () => {
  const get = { type: 'threads.get_by_id', params: { thread_id: 'thr_1' } };
  for (const [response, status, code] of /** @type {[Response, number, string][]} */ ([
    [await worker.fetch('/chatkit', { method: 'POST', body: '{' }), 400, 'invalid_json'],
    [await chat({ type: 'threads.stop' }), 400, 'invalid_request'],
    [await chat(get), 401, 'identity_required'],
    [await chat(create, { origin: 'https://evil.example' }), 403, 'origin_not_allowed'],
    [await worker.fetch('/chatkit/runs/run_1'), 401, 'identity_required'],
    [await worker.fetch('/chatkit/other'), 404, 'not_found'],
    [await worker.fetch('/chatkit'), 405, 'method_not_allowed'],
    [await worker.fetch('/api/chatkit/session', { method: 'POST' }), 409, 'wrong_backend'],
    [await worker.fetch('/chatkit', { method: 'POST', body: ' '.repeat(300_000) }), 413, 'payload_too_large'],
  ])) {
    const problem = await response.json();
    assert.deepEqual([response.status, problem.code, problem.message], [status, code, problem.detail]);
    assert.equal(response.headers.get('cache-control'), 'no-store');
  }
});

test('an unknown run of a known visitor is not found', async () => {
  const created = await chat(create);
  await created.text();
  const cookie = cookieOf(created) ?? '';
  for (const method of ['GET', 'DELETE']) {
    const response = await worker.fetch('/chatkit/runs/run_unknown', { method, headers: { cookie } });
    assert.equal(response.status, 404, method);
  }
});
