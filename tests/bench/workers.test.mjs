// The Workers that `npm run bench -- speed` compares do the same work: they give the same answers, ask OpenAI the same and
// write the same lines.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { KEY, SITE, WORKFLOW, startCompared } from '../../bench/speed/workers.mjs';
import { startSandbox } from '../../sandbox/openai.mjs';

const NAMES = /** @type {const} */ (['ours', 'javascript', 'hono']);
const OTHERS = /** @type {const} */ (['javascript', 'hono']);

/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
/** @type {Record<string, Awaited<ReturnType<typeof startCompared>>>} */
const workers = {};

before(async () => {
  sandbox = await startSandbox({ apiKey: KEY, workflows: [WORKFLOW, 'wf_other'] });
  const variables = { OPENAI_CHATKIT_WORKFLOW_ID: `${WORKFLOW},wf_other`, STATE_VARIABLES: 'plan', SESSION_TTL_SECONDS: '300' };
  await Promise.all(NAMES.map(async (name) => {
    workers[name] = await startCompared(name, sandbox.baseUrl, { quiet: false, variables });
  }));
});
after(async () => {
  await Promise.all(Object.values(workers).map((worker) => worker.close()));
  await sandbox?.close();
});

const post = (/** @type {string} */ path, /** @type {BodyInit} */ body = '', headers = {}) =>
  /** @type {const} */ ([path, { method: 'POST', body: body || undefined, headers }]);
const session = (/** @type {any} */ body, headers = {}) =>
  post('/api/chatkit/session', typeof body === 'string' ? body : JSON.stringify(body), headers);
const message = (/** @type {any} */ body, headers = {}) =>
  post('/api/analytics/message', typeof body === 'string' ? body : JSON.stringify(body), headers);
const large = JSON.stringify({ filler: 'x'.repeat(17_000) });
const inChunks = () => ({ method: 'POST', duplex: 'half', body: new Blob([large]).stream() });

/** @type {Record<string, readonly [string, any]>} */
const requests = {
  health: ['/health', {}],
  'the head of health': ['/health', { method: 'HEAD' }],
  'health for an allowed site': ['/health', { headers: { Origin: SITE } }],
  'health for a foreign site': ['/health', { headers: { Origin: 'https://evil.example' } }],
  'a method that health has not': ['/health', { method: 'POST' }],
  'a path that is not there': ['/api/nope', {}],
  'a method that session has not': ['/api/chatkit/session', {}],
  'a session without a body': session(''),
  'a session at its second path': post('/api/chatkit/start'),
  'a session at its third path': post('/api/create-session', '{}'),
  'a session for an allowed site': session({ workflowId: WORKFLOW }, { Origin: SITE }),
  'a session for a foreign site': session('', { Origin: 'https://evil.example' }),
  'a session with the other workflow': session({ workflow: { id: 'wf_other' } }),
  'a session with a workflow that is not listed': session({ workflow_id: 'wf_nope' }),
  'a session with a workflow that is no text': session({ workflowId: 7 }),
  'a session with a thread': session({ thread_id: 'cthr_1' }),
  'a session with no thread yet': session({ threadId: null }),
  'a session with a wrong thread': session({ threadId: 'a b' }),
  'a session with a listed variable': session({ state_variables: { plan: 'free' } }),
  'a session with another variable': session({ state_variables: { role: 'admin' } }),
  'a session with uploads turned off': session({ chatkit_configuration: { file_upload: { enabled: false } } }),
  'a session with a wrong switch': session({ chatkit_configuration: { file_upload: { enabled: 'no' } } }),
  'a session whose body is cut': session('{"workflowId":'),
  'a session whose body is an array': session('[]'),
  'a session whose body is too large': session(large),
  'a session whose body is too large and has no length': ['/api/chatkit/session', inChunks],
  'a session with a forged visitor': session('', { Cookie: `__Host-chatkit_visitor=${'A'.repeat(22)}.${'A'.repeat(43)}` }),
  'a message without a body': message(''),
  'a message for an allowed site': message({ threadId: 'cthr_1' }, { Origin: SITE }),
  'a message for a foreign site': message({}, { Origin: 'https://evil.example' }),
  'three messages': message([{}, { threadId: null }, {}]),
  'no messages': message([]),
  'too many messages': message(Array.from({ length: 101 }, () => ({}))),
  'a message that is a number': message('7'),
  'a message with a wrong thread': message({ threadId: 7 }),
  'a message whose body is cut': message('{'),
  'a message whose body is too large': message(large),
};

/** What differs from answer to answer, and is no difference. */
const settled = (/** @type {string} */ text) =>
  text
    .replace(/[0-9a-f]{32}/g, 'ID')
    .replace(/ek_[\w-]+/g, 'SECRET')
    .replace(/cksess_[\w-]+/g, 'SESSION')
    .replace(/[\w-]{22}(\.|%2E)[\w%+/=-]{43,90}/g, 'VISITOR')
    .replace(/"expires_at":\d+/g, '"expires_at":TIME');

/** The headers that mean the same, in one spelling. */
function headersOf(/** @type {Response} */ answer) {
  const headers = Object.fromEntries(answer.headers);
  for (const name of ['content-length', 'transfer-encoding', 'date', 'connection', 'keep-alive']) delete headers[name];
  // Without the origin a browser looks at none of the others.
  if (!headers['access-control-allow-origin']) {
    for (const name of Object.keys(headers)) if (name.startsWith('access-control-')) delete headers[name];
  }
  for (const [name, value] of Object.entries(headers)) {
    const parts = name === 'set-cookie' ? value.split('; ').sort() : value.split(/, ?/);
    headers[name] = settled(parts.join(', '));
  }
  return headers;
}

async function ask(/** @type {string} */ name, /** @type {readonly [string, any]} */ [path, init]) {
  const before = workers[name].logs().length;
  sandbox.requests.length = 0;
  const answer = await workers[name].fetch(path, typeof init === 'function' ? init() : init);
  const text = await answer.text();
  while (workers[name].logs().length === before) await new Promise((resolve) => setTimeout(resolve, 1));
  const { request_id, session_id, openai_request_id, took_ms, cause, ...line } = workers[name].logs().at(-1);
  return {
    status: answer.status,
    headers: headersOf(answer),
    body: settled(text),
    asked: sandbox.requests.map(({ path: where, headers, body }) => ({
      path: where,
      body: { ...body, user: body.user?.replace(/[\w-]{22}$/, 'VISITOR') },
      authorization: headers.authorization,
      beta: headers['openai-beta'],
      type: headers['content-type'],
    })),
    line: { ...line, names: Object.keys({ request_id, session_id, openai_request_id }).sort() },
  };
}

for (const [what, request] of Object.entries(requests)) {
  test(`The compared Workers answer the same to ${what}`, async () => {
    const ours = await ask('ours', request);
    for (const name of OTHERS) assert.deepEqual(await ask(name, request), ours, name);
  });
}

for (const [fault, options] of Object.entries({ 'invalid-key': {}, 'workflow-not-found': {}, html: {}, 'no-secret': {}, cut: {},
  unavailable: { headers: { 'x-should-retry': 'false' } }, 'rate-limited': { headers: { 'x-should-retry': 'false' } } })) {
  test(`The compared Workers answer the same when OpenAI's answer is "${fault}"`, async () => {
    sandbox.fail(fault, options);
    const ours = await ask('ours', session(''));
    for (const name of OTHERS) {
      sandbox.fail(fault, options);
      assert.deepEqual(await ask(name, session('')), ours, name);
    }
  });
}

test('The compared Workers try once more when OpenAI is unavailable', async () => {
  for (const name of NAMES) {
    sandbox.fail('unavailable', { headers: { 'retry-after-ms': '1' } });
    const { status, asked, line } = await ask(name, session(''));
    assert.deepEqual([status, asked.length, line.tries], [200, 2, 2], name);
  }
});

test('The compared Workers know a visitor again by the cookie', async () => {
  for (const name of NAMES) {
    const first = await workers[name].fetch(...session(''));
    const [cookie] = first.headers.getSetCookie()[0].split(';');
    sandbox.requests.length = 0;
    await workers[name].fetch(...session(''));
    await workers[name].fetch(...session('', { Cookie: cookie }));
    await workers[name].fetch(...session('', { Cookie: cookie }));
    const [stranger, ...known] = sandbox.requests.map(({ body }) => body.user);
    assert.equal(known[0], known[1], name);
    assert.notEqual(stranger, known[0], name);
  }
});
