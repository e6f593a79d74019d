// The API of the stand-in widget: its script, sessions that expire, and threads that only their own user can read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import { cancelSession, createSession, fromWidget, sandboxFor, secretFor } from './helpers.mjs';

test('the widget is one classic script that any page can load', async (t) => {
  const sandbox = await sandboxFor(t);
  const response = await fetch(sandbox.widgetUrl);
  assert.match(response.headers.get('content-type'), /^text\/javascript/);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  new vm.Script(await response.text());
});

test('a message gets a reply that repeats it, in a new thread', async (t) => {
  const sandbox = await sandboxFor(t);
  const secret = await secretFor(sandbox);
  const response = await fromWidget(sandbox, secret, 'messages', { thread_id: null, text: 'Where is my parcel?' });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.match(response.headers.get('access-control-expose-headers'), /X-Thread-Id/);
  const reply = await response.text();
  assert.match(reply, /^You asked: “Where is my parcel\?”/);
  assert.match(reply, /Set an OpenAI API key and a workflow to chat with your own workflow here/);

  const id = response.headers.get('x-thread-id');
  await (await fromWidget(sandbox, secret, 'messages', { thread_id: id, text: 'And my refund?' })).text();
  const thread = await (await fromWidget(sandbox, secret, `threads/${id}`)).json();
  assert.deepEqual(thread.items.map((item) => item.role), ['user', 'assistant', 'user', 'assistant']);
  assert.equal(thread.title, 'Where is my parcel?');
});

test('a reply is in the language of the chat', async (t) => {
  const sandbox = await sandboxFor(t);
  const response = await fromWidget(sandbox, await secretFor(sandbox), 'messages', { thread_id: null, text: 'hola', locale: 'es' });
  assert.match(await response.text(), /^Ha preguntado: «hola»/);
});

test('a user can read their own threads in a new session, but not those of others', async (t) => {
  const sandbox = await sandboxFor(t);
  const response = await fromWidget(sandbox, await secretFor(sandbox), 'messages', { thread_id: null, text: 'Mine' });
  await response.text();
  const id = response.headers.get('x-thread-id');

  const again = await secretFor(sandbox);
  assert.deepEqual((await (await fromWidget(sandbox, again, 'threads')).json()).data.map((thread) => thread.id), [id]);

  const other = await secretFor(sandbox, { user: 'visitor-2' });
  assert.deepEqual((await (await fromWidget(sandbox, other, 'threads')).json()).data, []);
  assert.equal((await fromWidget(sandbox, other, `threads/${id}`)).status, 404);
  assert.equal((await fromWidget(sandbox, other, 'messages', { thread_id: id, text: 'Let me in' })).status, 404);
});

test('the history settings of a session apply', async (t) => {
  const sandbox = await sandboxFor(t);
  const say = async (secret, text) => (await fromWidget(sandbox, secret, 'messages', { thread_id: null, text })).text();
  const limited = await secretFor(sandbox, { chatkit_configuration: { history: { recent_threads: 1 }, automatic_thread_titling: { enabled: false } } });
  await say(limited, 'first');
  await say(limited, 'second');
  const { data } = await (await fromWidget(sandbox, limited, 'threads')).json();
  assert.deepEqual(data.map((thread) => thread.title), [null]);

  const none = await secretFor(sandbox, { chatkit_configuration: { history: { enabled: false } } });
  assert.deepEqual((await (await fromWidget(sandbox, none, 'threads')).json()).data, []);
  assert.equal((await fromWidget(sandbox, none, `threads/${data[0].id}`)).status, 404);
});

test('a missing, unknown or cancelled client secret responds with 401', async (t) => {
  const sandbox = await sandboxFor(t);
  const { id, client_secret: secret } = await (await createSession(sandbox)).json();
  assert.equal((await fromWidget(sandbox, secret, 'session')).status, 200);
  await cancelSession(sandbox, id);
  for (const [value, code] of [[secret, 'session_cancelled'], ['ek_sandbox_guess', 'invalid_client_secret'], ['', 'invalid_client_secret']]) {
    for (const [path, body] of [['session'], ['threads'], ['threads/cthr_1'], ['messages', { thread_id: null, text: 'hi' }]]) {
      const response = await fromWidget(sandbox, value, path, body);
      assert.equal(response.status, 401, path);
      assert.equal(response.headers.get('access-control-allow-origin'), '*');
      assert.equal((await response.json()).error.code, code);
    }
  }
});

test('a session reports its remaining time and then expires', async (t) => {
  const sandbox = await sandboxFor(t, { ttlSeconds: 2 });
  const { id, client_secret: secret } = await (await createSession(sandbox)).json();
  const known = await (await fromWidget(sandbox, secret, 'session')).json();
  assert.ok(known.expires_in_ms > 0 && known.expires_in_ms <= 2000);
  sandbox.sessions.get(id).endsAt = Date.now();
  assert.equal(sandbox.sessions.get(id).status, 'expired');
  const response = await fromWidget(sandbox, secret, 'session');
  assert.equal(response.status, 401);
  assert.equal((await response.json()).error.code, 'session_expired');
});

test('messages above the rate limit of a session respond with 429 and Retry-After', async (t) => {
  const sandbox = await sandboxFor(t);
  const secret = await secretFor(sandbox, { rate_limits: { max_requests_per_1_minute: 2 } });
  const statuses = [];
  let last;
  for (let i = 0; i < 3; i++) {
    last = await fromWidget(sandbox, secret, 'messages', { thread_id: null, text: 'hi' });
    await last.text();
    statuses.push(last.status);
  }
  assert.deepEqual(statuses, [200, 200, 429]);
  assert.ok(Number(last.headers.get('retry-after')) > 50);
});

test('the workflow version "latest" fails when the chat is used, as at OpenAI', async (t) => {
  const sandbox = await sandboxFor(t);
  const secret = await secretFor(sandbox, { workflow: { id: 'wf_sandbox', version: 'latest' } });
  assert.equal((await fromWidget(sandbox, secret, 'messages', { thread_id: null, text: 'hi' })).status, 404);
});

test('invalid messages are rejected', async (t) => {
  const sandbox = await sandboxFor(t);
  const secret = await secretFor(sandbox);
  for (const body of [{}, [], null, { text: '' }, { text: ' ' }, { text: 7 }, { text: 'hi', thread_id: 7 }]) {
    assert.equal((await fromWidget(sandbox, secret, 'messages', body)).status, 400, JSON.stringify(body));
  }
  assert.equal((await fromWidget(sandbox, secret, 'messages', { thread_id: null, text: 'x'.repeat(70_000) })).status, 413);
});

test('a preflight request succeeds for any origin', async (t) => {
  const sandbox = await sandboxFor(t);
  const response = await fetch(`${sandbox.url}/widget/messages`, {
    method: 'OPTIONS',
    headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' },
  });
  assert.equal(response.status, 204);
  assert.match(response.headers.get('access-control-allow-headers'), /Authorization/);
});
