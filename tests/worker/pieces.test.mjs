// Bodies that arrive in many pieces, or break off: pieces are limited like bytes, and a client that leaves is no failure.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { until } from '../support/until.mjs';
import { startWorkerd } from '../support/workerd.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerd>>} */
let worker;
before(async () => {
  worker = await startWorkerd({
    OPENAI_API_KEY: 'sk-test', OPENAI_CHATKIT_WORKFLOW_ID: 'wf_1', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', RATE_LIMITS: 'off',
  });
});
after(() => worker.close());

const head = (/** @type {string} */ path, /** @type {string} */ more) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${more}\r\n\r\n`;

/** Sends bytes over a connection of its own, and returns everything that comes back. */
function send(/** @type {string} */ text) {
  const { port } = new URL(worker.url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), '127.0.0.1', () => void socket.write(text));
    socket.setEncoding('utf8').on('data', (data) => (received += data)).on('end', () => resolve(received)).on('error', reject);
  });
}

/** A chunked body in pieces of one byte. */
const inPieces = (/** @type {string} */ body) => `${[...body].map((byte) => `1\r\n${byte}\r\n`).join('')}0\r\n\r\n`;

/** The CPU time of workerd so far, in milliseconds. */
function cpuMs() {
  const fields = readFileSync(`/proc/${worker.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

test('a body in 16,000 pieces of one byte is refused before it costs much CPU', { skip: process.platform !== 'linux' }, async () => {
  const path = '/api/analytics/message';
  const body = JSON.stringify({ threadId: null, more: 'x'.repeat(15_960) });
  const chunked = head(path, 'Transfer-Encoding: chunked');
  assert.match(await send(chunked + inPieces('{}')), /^HTTP\/1\.1 200 OK/);
  const before = cpuMs();
  for (let i = 0; i < 10; i++) {
    assert.match(await send(chunked + inPieces(body)), /^HTTP\/1\.1 400 [^]*"The body must be sent in at most 256 pieces\."/);
  }
  // Reading all pieces took 227 ms for each body; now it is 40, most of it the runtime that discards the rest.
  const cost = (cpuMs() - before) / 10;
  assert.ok(cost < 100, `${cost} ms`);
});

test('a body in 256 pieces is read', async () => {
  const body = `{"x":"${'x'.repeat(256 - 8)}"}`;
  assert.equal(body.length, 256);
  const answer = await send(head('/api/analytics/message', 'Transfer-Encoding: chunked') + inPieces(body));
  assert.match(answer, /^HTTP\/1\.1 200 OK[^]*"tracked"/);
});

for (const [how, more, begun] of [
  ['with Content-Length', 'Content-Length: 100', '{"a"'],
  ['in chunks', 'Transfer-Encoding: chunked', '4\r\n{"a"\r\n'],
]) {
  test(`a client that breaks off its body ${how} is an aborted request, not invalid JSON`, async () => {
    const count = () => worker.logs().filter(({ code }) => code === 'client_gone').length;
    const earlier = count();
    const { port } = new URL(worker.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    await new Promise((resolve) => socket.write(head('/api/chatkit/session', more) + begun, resolve));
    socket.destroy();
    await until(() => count() > earlier, 'the request is logged');
    const line = worker.logs().findLast(({ code }) => code === 'client_gone');
    assert.equal(line.status, 499);
    assert.match(line.cause, /^the body broke off: /);
    assert.ok(!worker.logs().some(({ code }) => code === 'invalid_json'));
  });
}
