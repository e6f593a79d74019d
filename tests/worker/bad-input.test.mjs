// Malformed requests get a problem response (RFC 9457) that says what is wrong.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startWorkerWithSandbox } from '../support/worker.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox();
});
beforeEach(() => worker.sandbox.reset());
after(() => worker.close());

/** Checks the shape of a problem response and returns its body. */
async function problemOf(/** @type {Response} */ response) {
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  const problem = await response.json();
  assert.deepEqual(Object.keys(problem), ['type', 'title', 'status', 'detail', 'code', 'request_id', 'error', 'message']);
  assert.equal(problem.status, response.status);
  assert.equal(problem.error, problem.detail);
  assert.equal(problem.request_id, response.headers.get('x-request-id'));
  assert.match(problem.request_id, /^[0-9a-f]{32}$/);
  return problem;
}

const start = (/** @type {RequestInit} */ init) => worker.fetch('/api/chatkit/session', { method: 'POST', ...init });

describe('paths and methods', () => {
  for (const path of ['/api/nope', '/api', '/api/', '//api', '/api/chatkit/session//', '/api//chatkit/session']) {
    test(`${path} responds with a 404 problem, not an HTML page`, async () => {
      const response = await worker.fetch(path);
      assert.equal(response.status, 404);
      assert.equal((await problemOf(response)).code, 'not_found');
    });
  }

  for (const [method, path, allow] of [
    ['GET', '/api/chatkit/session', 'POST, OPTIONS'],
    ['GET', '/api/chatkit/session/', 'POST, OPTIONS'],
    ['GET', '/api/chatkit/doctor', 'POST, OPTIONS'],
    ['DELETE', '/api/chatkit/refresh', 'POST, OPTIONS'],
    ['PATCH', '/api/create-session', 'POST, OPTIONS'],
    ['PROPFIND', '/api/chatkit/start', 'POST, OPTIONS'],
    ['POST', '/api/chatkit/config', 'GET, HEAD, OPTIONS'],
    ['PUT', '/health', 'GET, HEAD, OPTIONS'],
  ]) {
    test(`${method} ${path} responds with 405 and the allowed methods`, async () => {
      const response = await worker.fetch(path, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), allow);
      assert.equal((await problemOf(response)).code, 'method_not_allowed');
    });
  }

  test('OPTIONS lists the allowed methods, and HEAD responds without a body', async () => {
    const options = await worker.fetch('/api/chatkit/session', { method: 'OPTIONS' });
    assert.equal(options.status, 204);
    assert.equal(options.headers.get('allow'), 'POST, OPTIONS');
    const head = await worker.fetch('/health', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
  });
});

describe('a slash too many', () => {
  for (const path of ['/health', '/health/', '//health', '/api/health', '/api/health/', '//api/health']) {
    test(`does not matter in ${path}`, async () => {
      const response = await worker.fetch(path);
      assert.equal(response.status, 200);
      assert.equal((await response.json()).status, 'healthy');
    });
  }

  for (const path of ['/api/chatkit/session/', '//api/chatkit/session']) {
    test(`does not matter in POST ${path}`, async () => {
      const response = await worker.fetch(path, { method: 'POST' });
      assert.equal(response.status, 200);
    });
  }
});

describe('request bodies', () => {
  for (const body of [
    [], { workflowId: '', thread_id: '', state_variables: [] }, { workflow: { id: ' ' }, threadId: ' cthr_1 ', chatkit_configuration: [] },
  ]) {
    test(`${JSON.stringify(body)} has empty and padded values, which count as none or are trimmed`, async () => {
      const response = await start({ body: JSON.stringify(body) });
      assert.equal(response.status, 200);
      const { thread_id: thread = 'not in the body' } = await response.json();
      assert.equal(thread, 'threadId' in body ? 'cthr_1' : 'thread_id' in body ? null : 'not in the body');
    });
  }

  for (const body of ['{', 'hello', "{'a':1}", '{"a":1e999}', '[', '\u0000', '{"a":"\ud800"']) {
    test(`${JSON.stringify(body)} is rejected as invalid JSON`, async () => {
      const response = await start({ body, headers: { 'Content-Type': 'application/json' } });
      assert.equal(response.status, 400);
      const { code, detail } = await problemOf(response);
      assert.equal(code, 'invalid_json');
      assert.match(detail, /^Error creating ChatKit session: /);
    });
  }

  for (const [body, field] of /** @type {[unknown, RegExp][]} */ ([
    [[1], /The body must be/],
    [{ workflowId: 7 }, /workflowId must be/],
    [{ workflow: 'wf_1' }, /workflow must be/],
    [{ thread_id: 'a\r\nSet-Cookie: x=y' }, /thread_id must be/],
    [{ threadId: 'x'.repeat(257) }, /threadId must be/],
    [{ chatkit_configuration: { file_upload: { enabled: 'yes' } } }, /chatkit_configuration\.file_upload\.enabled must be/],
    [{ state_variables: { role: 'admin' } }, /STATE_VARIABLES/],
  ])) {
    test(`${JSON.stringify(body).slice(0, 60)} is rejected, and the detail names the field`, async () => {
      const response = await start({ body: JSON.stringify(body) });
      assert.equal(response.status, 400);
      const { code, detail } = await problemOf(response);
      assert.equal(code, 'invalid_request');
      assert.match(detail, field);
      assert.deepEqual(worker.sandbox.requests, []);
    });
  }

  test('deeply nested JSON is rejected, and the next request succeeds', async () => {
    const response = await start({ body: '['.repeat(8000) });
    assert.equal((await problemOf(response)).code, 'invalid_json');
    assert.equal((await start({})).status, 200);
  });

  test('a body of 16 KiB is accepted, and one byte more responds with 413', async () => {
    const body = (/** @type {number} */ size) => JSON.stringify({ x: 'x'.repeat(size - '{"x":""}'.length) });
    assert.equal((await start({ body: body(16 * 1024) })).status, 200);
    const response = await start({ body: body(16 * 1024 + 1) });
    assert.equal(response.status, 413);
    assert.equal((await problemOf(response)).code, 'payload_too_large');
  });

  test('the size limit applies to a body without Content-Length too', async () => {
    const chunk = new TextEncoder().encode(' '.repeat(4096));
    let chunks = 0;
    const body = new ReadableStream({
      pull: (controller) => (chunks++ < 8 ? controller.enqueue(chunk) : controller.close()),
    });
    const response = await start(/** @type {RequestInit} */ ({ body, duplex: 'half' }));
    assert.equal(response.status, 413);
    assert.equal((await problemOf(response)).code, 'payload_too_large');
  });

  test('a client that disconnects while sending its body does not affect the next request', async () => {
    const { port } = new URL(worker.url);
    await new Promise((resolve, reject) => {
      const socket = connect(Number(port), 'localhost', () => {
        socket.write('POST /api/chatkit/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"a"', () => {
          socket.destroy();
          resolve(undefined);
        });
      });
      socket.on('error', reject);
    });
    assert.equal((await start({})).status, 200);
  });
});
