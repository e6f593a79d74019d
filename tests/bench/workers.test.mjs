// The Workers that `npm run bench -- speed` compares do the same work: they send the same responses, ask OpenAI the same, make
// the same calls to the ledger and write the same log lines. docs/performance.md lists what the other two leave out.
import assert from 'node:assert/strict';
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { KEY, SITE, WORKFLOW, startCompared } from '../../bench/speed/workers.mjs';
import { startSandbox } from '../../sandbox/openai.mjs';
import { inRoot } from '../../scripts/setup/paths.mjs';

const NAMES = /** @type {const} */ (['ours', 'javascript', 'hono']);
const OTHERS = /** @type {const} */ (['javascript', 'hono']);
const FOREIGN = 'https://evil.example';
const FORGED = `__Host-chatkit_visitor=${'A'.repeat(22)}.${'A'.repeat(43)}`;

/** @typedef {Awaited<ReturnType<typeof startCompared>>} Worker */
/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
/** @type {Record<string, Worker>} */
const workers = {};

before(async () => {
  sandbox = await startSandbox({ apiKey: KEY, workflows: [WORKFLOW] });
  await Promise.all(NAMES.map(async (name) => {
    const ledger = inRoot('tests', 'bench', 'ledger-calls.js');
    workers[name] = await startCompared(name, sandbox.baseUrl, { quiet: false, ledger });
  }));
});
after(async () => {
  await Promise.all(Object.values(workers).map((worker) => worker.close()));
  await sandbox?.close();
});

/** @typedef {{ path: string, method?: string, body?: any, headers?: Record<string, string>, calls?: number }} Request */

const post = (/** @type {string} */ path, /** @type {number} */ calls) => (/** @type {any} */ body, headers = {}) =>
  ({ path, method: 'POST', body, headers, calls });
const session = post('/api/chatkit/session', 2);
const message = post('/api/analytics/message', 1);
const OWN = { Origin: 'own' };

/** `calls`: how many reach the ledger, besides `putGrant`. @type {Record<string, Request>} */
const requests = {
  'a health check': { path: '/health' },
  'a health check from an allowed site': { path: '/health', headers: { Origin: SITE } },
  'a health check from a foreign site': { path: '/health', headers: { Origin: FOREIGN } },
  'a session request without a body': session(undefined),
  'a session request without a body from the own site': session(undefined, OWN),
  'a session request with a body from the own site': session({ workflowId: WORKFLOW }, OWN),
  'a session request without a body from an allowed site': session(undefined, { Origin: SITE }),
  'a session request with a body from an allowed site': session({ workflowId: WORKFLOW }, { Origin: SITE }),
  'a session request with a thread': session({ thread_id: 'cthr_1' }),
  'a session request with a forged visitor': session(undefined, { Cookie: FORGED }),
  'a message without a body': message(undefined),
  'a message from the own site': message({ threadId: 'cthr_1' }, OWN),
  'a message from an allowed site': message({ threadId: 'cthr_1' }, { Origin: SITE }),
  'three messages': message([{}, { threadId: null }, {}]),
};

/** Replaces what differs from response to response. */
const settled = (/** @type {string} */ text) =>
  text
    .replace(/[0-9a-f]{32}/g, 'ID')
    .replace(/ek_[\w-]+/g, 'SECRET')
    .replace(/cksess_[\w-]+/g, 'SESSION')
    .replace(/[\w-]{22}(\.\d{10})?(\.|%2E)[\w%+/=-]{43,90}/g, 'VISITOR')
    .replace(/"expires_at":\d+/g, '"expires_at":TIME');

/** The headers, in one spelling where the order of their parts has no meaning. */
function headersOf(/** @type {Response} */ response) {
  const headers = Object.fromEntries(response.headers);
  for (const name of ['content-length', 'transfer-encoding', 'date', 'connection', 'keep-alive']) delete headers[name];
  // The others leave out the second cookie, which ours sends to programs on this machine only.
  const cookies = response.headers.getSetCookie().filter((cookie) => !cookie.startsWith('chatkit_visitor='));
  if (cookies.length) headers['set-cookie'] = cookies.join('; ');
  // Without an allowed origin, browsers ignore the other CORS headers.
  if (!headers['access-control-allow-origin']) {
    for (const name of Object.keys(headers)) if (name.startsWith('access-control-')) delete headers[name];
  }
  for (const [name, value] of Object.entries(headers)) {
    const parts = name === 'set-cookie' ? value.split('; ').sort() : value.split(/, ?/);
    headers[name] = settled(parts.join(', '));
  }
  return headers;
}

/** How a record names its owner: ours with a key, which comes from the API key; the others leave that key out. */
function ownerOf(/** @type {string} */ name, /** @type {string} */ user) {
  if (name !== 'ours') return createHash('sha256').update(user).digest('base64url');
  const key = Buffer.from(hkdfSync('sha256', KEY, '', 'chatkit-edge owner 1', 32));
  return createHmac('sha256', key).update(user).digest('base64url');
}

/**
 * A call to the ledger. A record's id, owner and times are checked, then left out.
 * @param {string} name @param {any} made @param {string | undefined} user @param {string} text
 */
function callOf(name, { call, object, values }, user, text) {
  if (call === 'count') {
    const [shard, publishSeconds, counts, reports] = values;
    return { call, object, values: [shard, publishSeconds, JSON.parse(counts), reports ?? null] };
  }
  const { id, owner, created_at: createdAt, expires_at: expiresAt, ...rest } = JSON.parse(values[0]);
  const { session_id, expires_at } = JSON.parse(text);
  assert.deepEqual([id, expiresAt], [session_id, expires_at]);
  assert.equal(owner, ownerOf(name, String(user)));
  assert.ok(Math.abs(createdAt - Date.now() / 1000) < 60, String(createdAt));
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(id)) hash = Math.imul(hash ^ byte, 0x01000193);
  assert.equal(object, `records-${(hash >>> 0) % 16}`);
  return { call, object: 'records', values: rest };
}

async function ask(/** @type {string} */ name, /** @type {Request} */ { path, method, body, headers, calls = 0 }) {
  const worker = workers[name];
  // The others leave out grants.
  const logs = () => worker.logs().filter(({ call }) => call !== 'putGrant');
  const before = logs().length;
  sandbox.requests.length = 0;
  const response = await worker.fetch(path, {
    method,
    body: body && JSON.stringify(body),
    headers: headers?.Origin === 'own' ? { ...headers, Origin: worker.url } : headers,
  });
  const text = await response.text();
  // One line for the request, one for each call to the ledger; the last may come after the response.
  while (logs().length < before + 1 + calls) await new Promise((resolve) => setTimeout(resolve, 1));
  const printed = logs().slice(before);
  const made = printed.filter(({ call }) => call);
  const { request_id, session_id, openai_request_id, took_ms, ...line } = printed.find(({ event }) => event);
  const has = [request_id, session_id, openai_request_id, took_ms].map((value) => value !== undefined);
  return {
    status: response.status,
    headers: headersOf(response),
    body: settled(text),
    asked: sandbox.requests.map(({ path: where, headers, body }) => ({
      path: where,
      body: { ...body, user: body.user?.replace(/[\w-]{22}$/, 'VISITOR') },
      authorization: headers.authorization,
      beta: headers['openai-beta'],
      type: headers['content-type'],
    })),
    calls: made.map((call) => callOf(name, call, sandbox.requests[0]?.body.user, text)).sort((a, b) => a.call.localeCompare(b.call)),
    line: { ...line, has },
  };
}

for (const [what, request] of Object.entries(requests)) {
  test(`The compared Workers send the same response to ${what}`, async () => {
    const ours = await ask('ours', request);
    assert.equal(ours.status, 200);
    assert.equal(ours.calls.length, request.calls ?? 0);
    // The others leave out retries.
    delete ours.line.tries;
    for (const name of OTHERS) assert.deepEqual(await ask(name, request), ours, name);
  });
}

for (const [what, request] of Object.entries({ session: session(undefined), message: message({}) })) {
  test(`The compared Workers reject a ${what} from a foreign site with 403, without asking OpenAI or the ledger`, async () => {
    const askForeign = async (/** @type {string} */ name) => {
      const { body, ...other } = await ask(name, { ...request, headers: { Origin: FOREIGN }, calls: 0 });
      // The others leave out problem responses: the body, its type and its code.
      delete other.headers['content-type'];
      delete other.line.code;
      return other;
    };
    const ours = await askForeign('ours');
    assert.deepEqual([ours.status, ours.asked, ours.calls], [403, [], []]);
    for (const name of OTHERS) assert.deepEqual(await askForeign(name), ours, name);
  });
}

test('The compared Workers recognise a visitor by the cookie', async () => {
  for (const name of NAMES) {
    const create = async (headers = {}) => workers[name].fetch('/api/chatkit/session', { method: 'POST', headers });
    const first = await create();
    const [cookie] = first.headers.getSetCookie()[0].split(';');
    sandbox.requests.length = 0;
    await create();
    await create({ Cookie: cookie });
    await create({ Cookie: cookie });
    const [stranger, ...known] = sandbox.requests.map(({ body }) => body.user);
    assert.equal(known[0], known[1], name);
    assert.notEqual(stranger, known[0], name);
  }
});
