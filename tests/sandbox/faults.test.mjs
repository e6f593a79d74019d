// Every fault of the sandbox as a client sees it. The Worker's tests rely on each one doing what its name says.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { FAULTS } from '../../sandbox/faults.mjs';
import { GOOD, apiHeaders, createSession, sandboxFor, secretFor } from './helpers.mjs';

const STATUSES = {
  'bad-request': 400,
  'invalid-key': 401,
  'beta-unavailable': 403,
  'workflow-not-found': 404,
  'request-timeout': 408,
  conflict: 409,
  'rate-limited': 429,
  'server-error': 500,
  'bad-gateway': 502,
  unavailable: 503,
  'gateway-timeout': 504,
};

const OTHERS = {
  'echo-secrets': async (response) => {
    const answer = await response;
    assert.equal(answer.status, 400);
    assert.match((await answer.json()).error.message, /sk-sandbox-key-0000000000000000, ending in 00000000, for ek_/);
    assert.match(answer.headers.get('x-request-id'), /sk-sandbox-key/);
  },
  reset: async (response) => {
    await assert.rejects(response);
  },
  silence: async (response, sandbox) => {
    const outcome = assert.rejects(response);
    // Wait until the request has arrived before closing the sandbox.
    while (sandbox.requests.length === 0) await new Promise(setImmediate);
    assert.equal(sandbox.requests[0].status, null);
    await sandbox.close();
    await outcome;
  },
  html: async (response) => {
    const { status, headers } = await response;
    assert.equal(status, 200);
    assert.match(headers.get('content-type'), /^text\/html/);
  },
  empty: async (response) => {
    const answer = await response;
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), '');
  },
  'no-secret': async (response) => {
    const session = await (await response).json();
    assert.match(session.id, /^cksess_/);
    assert.ok(!('client_secret' in session));
  },
  odd: async (response, sandbox) => {
    const session = await (await response).json();
    assert.equal(session.client_secret, sandbox.sessions.get(session.id).clientSecret);
    assert.equal(typeof session.expires_at, 'string');
    assert.ok('something_new' in session);
  },
  huge: async (response) => {
    const text = await (await response).text();
    assert.ok(text.length > 5_000_000);
    JSON.parse(text);
  },
  'long-over': async (response) => {
    const { expires_at } = await (await response).json();
    assert.ok(expires_at <= Date.now() / 1000 - 86_400);
  },
  cut: async (response) => {
    const answer = await response;
    assert.equal(answer.status, 200);
    await assert.rejects(answer.text());
  },
  drip: async (response) => {
    const reader = (await response).body.getReader();
    let text = '';
    while (text.length < 3) text += new TextDecoder().decode((await reader.read()).value);
    assert.equal(text, '{  ');
    await reader.cancel();
  },
};

test('every fault has a test', () => {
  assert.deepEqual([...FAULTS].sort(), [...Object.keys(STATUSES), ...Object.keys(OTHERS)].sort());
});

for (const [name, status] of Object.entries(STATUSES)) {
  test(`${name} responds with ${status} and an error in OpenAI's format`, async (t) => {
    const sandbox = await sandboxFor(t);
    sandbox.fail(name);
    const response = await createSession(sandbox);
    const { error } = await response.json();
    assert.equal(response.status, status);
    assert.match(response.headers.get('x-request-id'), /^req_/);
    assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type']);
    assert.deepEqual([sandbox.requests[0].status, sandbox.sessions.size], [status, 0]);
  });
}

for (const [name, check] of Object.entries(OTHERS)) {
  test(`${name} has its effect on the client`, { timeout: 10_000 }, async (t) => {
    const sandbox = await sandboxFor(t);
    sandbox.fail(name);
    await check(createSession(sandbox), sandbox);
  });
}

test('the 401 response contains part of the key in the request', async (t) => {
  const sandbox = await sandboxFor(t);
  sandbox.fail('invalid-key');
  assert.match((await (await createSession(sandbox)).json()).error.message, /sk-sandb\*{4}0000/);
});

test('faults occur in the order in which they were set, each as often as set', async (t) => {
  const sandbox = await sandboxFor(t);
  sandbox.fail('unavailable', { times: 2 });
  sandbox.fail('conflict');
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await createSession(sandbox)).status);
  assert.deepEqual(statuses, [503, 503, 409, 200]);
});

test('a fault can last until it is cleared', async (t) => {
  const sandbox = await sandboxFor(t);
  sandbox.fail('server-error', { times: Infinity });
  for (let i = 0; i < 5; i++) assert.equal((await createSession(sandbox)).status, 500);
  await fetch(`${sandbox.url}/sandbox/faults`, { method: 'DELETE' });
  assert.equal((await createSession(sandbox)).status, 200);
});

test('a fault can set the response headers that control retries', async (t) => {
  const sandbox = await sandboxFor(t);
  sandbox.fail('rate-limited');
  sandbox.fail('rate-limited', { retryAfter: 7, retryAfterMs: 20, headers: { 'x-should-retry': 'false' } });
  assert.equal((await createSession(sandbox)).headers.get('retry-after'), null);
  const { headers } = await createSession(sandbox);
  assert.deepEqual([headers.get('retry-after'), headers.get('retry-after-ms'), headers.get('x-should-retry')], ['7', '20', 'false']);
});

test('faults can be set over HTTP, and invalid ones are rejected', async (t) => {
  const sandbox = await sandboxFor(t);
  const ask = (body, type = 'application/json') =>
    fetch(`${sandbox.url}/sandbox/faults`, { method: 'POST', headers: { 'Content-Type': type }, body });
  assert.equal((await ask('{"fault":"unavailable","times":3}')).status, 200);
  assert.equal((await createSession(sandbox)).status, 503);
  for (const body of ['{"fault":"flood"}', '{"fault":"reset","times":0}', '{}', '[]', '{', '{"fault":"html","headers":{"a b":"c"}}']) {
    assert.equal((await ask(body)).status, 400, body);
  }
  assert.equal((await ask('{"fault":"reset"}', 'text/plain')).status, 415);
  assert.throws(() => sandbox.fail('flood'), /No fault is named 'flood'/);
});

test('faults do not affect the API of the widget', async (t) => {
  const sandbox = await sandboxFor(t);
  const secret = await secretFor(sandbox);
  sandbox.fail('reset');
  const response = await fetch(`${sandbox.url}/widget/session`, { headers: { Authorization: `Bearer ${secret}` } });
  assert.equal(response.status, 200);
});

test('the sandbox survives invalid bytes and malformed requests', async (t) => {
  const sandbox = await sandboxFor(t);
  for (const bytes of ['\x16\x03\x01\x02\x00\r\n\r\n', 'GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'POST /v1/chatkit/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{']) {
    await new Promise((resolve) => {
      const socket = connect(sandbox.port, '127.0.0.1', () => socket.end(bytes));
      socket.on('error', () => {});
      socket.on('close', resolve).resume();
    });
  }
  assert.equal((await fetch(`${sandbox.url}/nowhere`)).status, 404);
  assert.equal((await createSession(sandbox, GOOD)).status, 200);
});

test('a body over the limit responds with 413', async (t) => {
  const sandbox = await sandboxFor(t);
  const response = await createSession(sandbox, ' '.repeat(17 * 1024 * 1024), { headers: apiHeaders() });
  assert.equal(response.status, 413);
});

test('closing the sandbox aborts responses that would never end', async (t) => {
  const sandbox = await sandboxFor(t);
  sandbox.fail('drip');
  const response = await createSession(sandbox);
  await sandbox.close();
  await assert.rejects(response.text());
});
