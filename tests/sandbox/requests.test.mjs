// The sandbox validates session requests as strictly as OpenAI, so that a Worker that passes here does not fail there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GOOD, apiHeaders, cancelSession, createSession, sandboxFor } from './helpers.mjs';

const FULL = {
  workflow: {
    id: 'wf_sandbox',
    version: '3',
    state_variables: { plan: 'pro', seats: 3, ratio: 0.5, trial: false },
    tracing: { enabled: false },
  },
  user: 'visitor-1',
  expires_after: { anchor: 'created_at', seconds: 600 },
  rate_limits: { max_requests_per_1_minute: 25 },
  chatkit_configuration: {
    automatic_thread_titling: { enabled: false },
    file_upload: { enabled: true, max_file_size: 512, max_files: 1 },
    history: { enabled: true, recent_threads: 1 },
  },
};

const seconds = (value) => ({ ...GOOD, expires_after: { anchor: 'created_at', seconds: value } });
const workflow = (more) => ({ ...GOOD, workflow: { ...GOOD.workflow, ...more } });
const settings = (more) => ({ ...GOOD, chatkit_configuration: more });
const variables = (count) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`v${index}`, index]));

const REFUSED = [
  ['an array', [], null, 'invalid_type'],
  ['no workflow', { user: 'u' }, 'workflow', 'missing_required_parameter'],
  ['no user', { workflow: GOOD.workflow }, 'user', 'missing_required_parameter'],
  ['an empty user', { ...GOOD, user: '' }, 'user', 'empty_string'],
  ['a user that is null', { ...GOOD, user: null }, 'user', 'invalid_type'],
  ['a user that is a number', { ...GOOD, user: 7 }, 'user', 'invalid_type'],
  ['an unknown field', { ...GOOD, user_id: 'u' }, 'user_id', 'unknown_parameter'],
  ['a field named __proto__', '{"workflow":{"id":"wf_sandbox"},"user":"u","__proto__":{}}', '__proto__', 'unknown_parameter'],
  ['a workflow that is a string', { ...GOOD, workflow: 'wf_sandbox' }, 'workflow', 'invalid_type'],
  ['a workflow without id', { ...GOOD, workflow: {} }, 'workflow.id', 'missing_required_parameter'],
  ['a version that is null', workflow({ version: null }), 'workflow.version', 'invalid_type'],
  ['an unknown field in workflow', workflow({ name: 'x' }), 'workflow.name', 'unknown_parameter'],
  ['tracing that is not boolean', workflow({ tracing: { enabled: 'yes' } }), 'workflow.tracing.enabled', 'invalid_type'],
  ['state variables in an array', workflow({ state_variables: [] }), 'workflow.state_variables', 'invalid_type'],
  ['a nested state variable', workflow({ state_variables: { a: {} } }), 'workflow.state_variables.a', 'invalid_type'],
  ['a state variable that is null', workflow({ state_variables: { a: null } }), 'workflow.state_variables.a', 'invalid_type'],
  ['65 state variables', workflow({ state_variables: variables(65) }), 'workflow.state_variables', 'object_above_max_properties'],
  ['a long state variable name', workflow({ state_variables: { ['n'.repeat(65)]: 1 } }), 'workflow.state_variables', 'invalid_value'],
  ['expiry without anchor', { ...GOOD, expires_after: { seconds: 60 } }, 'expires_after.anchor', 'missing_required_parameter'],
  ['expiry with another anchor', { ...GOOD, expires_after: { anchor: 'now', seconds: 60 } }, 'expires_after.anchor', 'invalid_value'],
  ['expiry without seconds', { ...GOOD, expires_after: { anchor: 'created_at' } }, 'expires_after.seconds', 'missing_required_parameter'],
  ['0 seconds', seconds(0), 'expires_after.seconds', 'integer_below_min_value'],
  ['601 seconds', seconds(601), 'expires_after.seconds', 'integer_above_max_value'],
  ['half a second', seconds(0.5), 'expires_after.seconds', 'invalid_type'],
  ['seconds in a string', seconds('60'), 'expires_after.seconds', 'invalid_type'],
  ['a rate limit of 0', { ...GOOD, rate_limits: { max_requests_per_1_minute: 0 } }, 'rate_limits.max_requests_per_1_minute', 'integer_below_min_value'],
  ['rate limits that are null', { ...GOOD, rate_limits: null }, 'rate_limits', 'invalid_type'],
  ['files of 513 MB', settings({ file_upload: { max_file_size: 513 } }), 'chatkit_configuration.file_upload.max_file_size', 'integer_above_max_value'],
  ['no files at all', settings({ file_upload: { max_files: 0 } }), 'chatkit_configuration.file_upload.max_files', 'integer_below_min_value'],
  ['0 recent threads', settings({ history: { recent_threads: 0 } }), 'chatkit_configuration.history.recent_threads', 'integer_below_min_value'],
  ['titling that is not an object', settings({ automatic_thread_titling: true }), 'chatkit_configuration.automatic_thread_titling', 'invalid_type'],
  ['an unknown setting', settings({ uploads: {} }), 'chatkit_configuration.uploads', 'unknown_parameter'],
  ['broken JSON', '{"user":', null, null],
  ['no body', '', null, null],
];

test("a session without options gets the defaults of OpenAI's API description", async (t) => {
  const sandbox = await sandboxFor(t);
  const response = await createSession(sandbox);
  const session = await response.json();
  assert.equal(response.status, 200);
  assert.match(response.headers.get('x-request-id'), /^req_/);
  assert.match(session.id, /^cksess_/);
  assert.match(session.client_secret, /^ek_sandbox_.{32}$/);
  assert.ok(Math.abs(session.expires_at - Date.now() / 1000 - 600) < 5);
  assert.deepEqual(
    { ...session, id: '', client_secret: '', expires_at: 0 },
    {
      id: '',
      object: 'chatkit.session',
      client_secret: '',
      expires_at: 0,
      workflow: { id: 'wf_sandbox', version: null, state_variables: null, tracing: { enabled: true } },
      user: 'visitor-1',
      rate_limits: { max_requests_per_1_minute: 10 },
      max_requests_per_1_minute: 10,
      status: 'active',
      chatkit_configuration: {
        automatic_thread_titling: { enabled: true },
        file_upload: { enabled: false, max_file_size: 512, max_files: 10 },
        history: { enabled: true, recent_threads: null },
      },
    },
  );
});

test("every field of OpenAI's API description is accepted and returned", async (t) => {
  const sandbox = await sandboxFor(t);
  const session = await (await createSession(sandbox, FULL)).json();
  assert.deepEqual(session.workflow, FULL.workflow);
  assert.deepEqual(session.rate_limits, FULL.rate_limits);
  assert.deepEqual(session.chatkit_configuration, FULL.chatkit_configuration);
});

test('the limits themselves are allowed, and so is the version "latest", which OpenAI accepts and fails on later', async (t) => {
  const sandbox = await sandboxFor(t);
  const allowed = [seconds(1), workflow({ version: 'latest' }), workflow({ state_variables: { ...variables(63), ['n'.repeat(64)]: '' } })];
  for (const body of allowed) assert.equal((await createSession(sandbox, body)).status, 200);
});

test('an invalid body responds with 400 and names the parameter', async (t) => {
  const sandbox = await sandboxFor(t);
  for (const [name, body, param, code] of REFUSED) {
    await t.test(name, async () => {
      const response = await createSession(sandbox, body);
      const { error } = await response.json();
      assert.equal(response.status, 400);
      assert.equal(error.param, param);
      assert.equal(error.code, code);
      assert.equal(error.type, 'invalid_request_error');
    });
  }
  assert.equal(sandbox.sessions.size, 0);
});

test('a wrong path, method or header is rejected', async (t) => {
  const sandbox = await sandboxFor(t);
  const { authorization: _, ...noKey } = Object.fromEntries(new Headers(apiHeaders()));
  const cases = [
    ['no key', { headers: noKey }, 401, null],
    ['another key', { headers: apiHeaders({ Authorization: 'Bearer sk-other-key-1234567890' }) }, 401, 'invalid_api_key'],
    ['no beta header', { headers: apiHeaders({ 'OpenAI-Beta': '' }) }, 400, 'invalid_beta'],
    ['another beta', { headers: apiHeaders({ 'OpenAI-Beta': 'chatkit_beta=v2' }) }, 400, 'invalid_beta'],
    ['a body that is not said to be JSON', { headers: apiHeaders({ 'Content-Type': 'text/plain' }) }, 400, 'unsupported_content_type'],
    ['the wrong method', { method: 'PUT' }, 405, 'method_not_supported'],
  ];
  for (const [name, init, status, code] of cases) {
    const response = await createSession(sandbox, GOOD, init);
    assert.equal(response.status, status, name);
    assert.equal((await response.json()).error.code, code, name);
  }
  const elsewhere = await fetch(`${sandbox.baseUrl}/chatkit/session`, { method: 'POST', headers: apiHeaders(), body: '{}' });
  assert.equal(elsewhere.status, 404);
});

test("the response to a wrong key contains part of the key, as OpenAI's does", async (t) => {
  const sandbox = await sandboxFor(t);
  const response = await createSession(sandbox, GOOD, { headers: apiHeaders({ Authorization: 'Bearer sk-other-key-1234567890' }) });
  assert.match((await response.json()).error.message, /sk-other\*+7890/);
});

test('an unknown workflow responds with 404', async (t) => {
  const sandbox = await sandboxFor(t, { workflows: ['wf_a', 'wf_b'] });
  const response = await createSession(sandbox);
  assert.equal(response.status, 404);
  assert.equal((await response.json()).error.message, "Workflow with id 'wf_sandbox' not found.");
  assert.equal((await createSession(sandbox, { ...GOOD, workflow: { id: 'wf_b' } })).status, 200);
});

test('a session can be cancelled, and cancelling it again has the same response', async (t) => {
  const sandbox = await sandboxFor(t);
  const { id } = await (await createSession(sandbox)).json();
  const first = await (await cancelSession(sandbox, id)).json();
  const second = await (await cancelSession(sandbox, id, { body: '{}' })).json();
  assert.equal(first.status, 'cancelled');
  assert.equal(first.client_secret, '');
  assert.deepEqual(second, first);
});

test('cancelling an invalid or unknown session id is rejected', async (t) => {
  const sandbox = await sandboxFor(t);
  const odd = await cancelSession(sandbox, 'sess_1');
  assert.equal(odd.status, 400);
  assert.equal((await odd.json()).error.param, 'session_id');
  assert.equal((await cancelSession(sandbox, 'cksess_1')).status, 404);
});

test('requests are recorded in order with their body and status', async (t) => {
  const sandbox = await sandboxFor(t);
  await createSession(sandbox);
  await createSession(sandbox, '{');
  const [good, bad] = sandbox.requests;
  assert.deepEqual([good.method, good.path, good.status], ['POST', '/v1/chatkit/sessions', 200]);
  assert.deepEqual(good.body, GOOD);
  assert.ok(sandbox.sessions.has(good.session));
  assert.deepEqual([bad.body, bad.status, bad.session], [null, 400, undefined]);

  const listed = await (await fetch(`${sandbox.url}/sandbox/requests`)).text();
  assert.equal(JSON.parse(listed).data.length, 2);
  assert.doesNotMatch(listed, /sk-sandbox|ek_sandbox/);

  sandbox.reset();
  assert.deepEqual([sandbox.requests.length, sandbox.sessions.size], [0, 0]);
});

test("the API and the widget's script can be delayed", async (t) => {
  const sandbox = await sandboxFor(t, { apiDelayMs: 120, scriptDelayMs: 60 });
  const took = async (ask) => {
    const started = performance.now();
    assert.equal((await ask()).status, 200);
    return performance.now() - started;
  };
  // A timer may fire a millisecond early.
  assert.ok((await took(() => createSession(sandbox))) >= 118);
  assert.ok((await took(() => fetch(sandbox.widgetUrl))) >= 58);
});
