// BACKEND=remote in the built Worker: a stream is passed on as it comes, and ends when the client leaves.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { startWorkerd } from '../support/workerd.mjs';
import { cookieOf } from '../support/worker.mjs';

const TOOLS_SECRET = 'tools-0123456789abcdef';
const VISITOR_SECRET = 'visitors-0123456789abcdef';

/** @type {{ request: import('node:http').IncomingMessage, body: string, response: import('node:http').ServerResponse }[]} */
const received = [];
/** @type {(call: typeof received[number]) => void} */
let answer = () => {};
const owner = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const call = { request, body, response };
  received.push(call);
  answer(call);
});

/** @type {Awaited<ReturnType<typeof startWorkerd>>} */
let worker;
before(async () => {
  owner.listen(0, '127.0.0.1');
  await once(owner, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (owner.address());
  worker = await startWorkerd({
    CHATKIT_SERVER_URL: `http://127.0.0.1:${port}/chatkit`, TOOLS_SECRET, VISITOR_SECRET, RATE_LIMITS: 'off',
  });
});
after(async () => {
  await worker?.close();
  owner.closeAllConnections();
  owner.close();
});

const message = { type: 'threads.create', params: { input: { content: [{ type: 'input_text', text: 'Grüezi' }] } } };
const chat = (/** @type {unknown} */ body, /** @type {RequestInit} */ init = {}) =>
  fetch(`${worker.url}/chatkit`, { method: 'POST', body: JSON.stringify(body), ...init });
const stream = { 'content-type': 'text/event-stream' };

test('the first event arrives while the answer is going on, signed and without the cookie', async () => {
  answer = ({ response }) => response.writeHead(200, stream).write('data: 1\n\n');
  const response = await chat(message, { headers: { cookie: 'a=b', authorization: 'Bearer x', 'accept-language': 'de' } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.match(response.headers.get('x-request-id') ?? '', /^[0-9a-f]{32}$/);
  const reader = response.body?.getReader();
  const first = await reader?.read();
  assert.equal(new TextDecoder().decode(first?.value), 'data: 1\n\n');
  const { request, body, response: theirs } = /** @type {typeof received[number]} */ (received.at(-1));
  assert.deepEqual(JSON.parse(body), message);
  assert.match(String(request.headers['x-chatkit-user']), /^visitor_/);
  const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers['x-chatkit-signature'])) ?? [];
  assert.equal(createHmac('sha256', TOOLS_SECRET).update(`${seconds}.${body}`).digest('hex'), signature);
  assert.ok(Math.abs(Date.now() / 1000 - Number(seconds)) < 60);
  assert.deepEqual([request.headers.cookie, request.headers.authorization, request.headers['accept-language']], [undefined, undefined, 'de']);
  theirs.end('data: 2\n\n');
  assert.equal(new TextDecoder().decode((await reader?.read())?.value), 'data: 2\n\n');
  assert.equal((await reader?.read())?.done, true);
});

test('the same visitor is the same user of the server', async () => {
  answer = ({ response }) => response.writeHead(200, stream).end();
  const first = await chat(message);
  await first.text();
  const user = received.at(-1)?.request.headers['x-chatkit-user'];
  answer = ({ response }) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[],"has_more":false}');
  const list = await chat({ type: 'threads.list', params: {} }, { headers: { cookie: cookieOf(first) ?? '' } });
  assert.equal(await list.text(), '{"data":[],"has_more":false}');
  assert.equal(received.at(-1)?.request.headers['x-chatkit-user'], user);
});

test('a client that leaves ends the call', async () => {
  const closed = new Promise((resolve) => {
    answer = ({ response }) => {
      response.on('close', resolve);
      response.writeHead(200, stream);
      const timer = setInterval(() => response.write('data: more\n\n'), 20);
      response.on('close', () => clearInterval(timer));
    };
  });
  const controller = new AbortController();
  const response = await chat(message, { signal: controller.signal });
  await response.body?.getReader().read();
  const left = Date.now();
  controller.abort();
  await closed;
  assert.ok(Date.now() - left < 1000, `${Date.now() - left} ms`);
});

test('what the server refuses is an event of the stream with none of its words', async () => {
  answer = ({ response }) => response.writeHead(500, { 'content-type': 'application/json' }).end('{"detail":"their words"}');
  const response = await chat(message);
  assert.equal(response.status, 200);
  const text = await response.text();
  const event = JSON.parse(text.replace(/^data: /, ''));
  assert.deepEqual([event.type, event.code, event.allow_retry], ['error', 'custom', true]);
  assert.match(event.message, /^The ChatKit server could not be reached or had an error/);
  assert.doesNotMatch(text, /their words/);
});
