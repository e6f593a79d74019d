// How the Worker serves /embed.js and the demo page, the two files that depend on the settings.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startWorker, startWorkerWithSandbox } from '../support/worker.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox();
});
after(() => worker?.close());

test('GET /embed.js can be loaded by any page and contains the public configuration', async () => {
  const response = await worker.fetch('/embed.js', { headers: { Origin: 'https://shop.example' } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.equal(response.headers.get('cross-origin-resource-policy'), 'cross-origin');
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.match(response.headers.get('cache-control') ?? '', /^public, max-age=60,/);
  const text = await response.text();
  const config = /^const CHATKIT_EDGE_CONFIG=(.+);\n/.exec(text)?.[1] ?? '';
  assert.deepEqual(JSON.parse(config), await (await worker.fetch('/api/chatkit/config')).json());
  assert.match(text, /customElements\.define\("chatkit-edge"/);
});

test('GET /embed.js responds with 304 until the settings change', async () => {
  const first = await worker.fetch('/embed.js');
  const tag = first.headers.get('etag') ?? '';
  const revalidate = (/** @type {string} */ url) => fetch(`${url}/embed.js`, { headers: { 'If-None-Match': tag } });
  const unchanged = await revalidate(worker.url);
  assert.equal(unchanged.status, 304);
  assert.equal(await unchanged.text(), '');
  assert.equal(unchanged.headers.get('access-control-allow-origin'), '*');
  const other = await startWorker({ vars: { CHATKIT_JS_URL: 'https://widget.example/chatkit.js' } });
  try {
    const changed = await revalidate(other.url);
    assert.equal(changed.status, 200);
    assert.match(await changed.text(), /widget\.example/);
  } finally {
    await other.close();
  }
});

test('GET /embed.js with If-None-Match: * responds with 304', async () => {
  const response = await worker.fetch('/embed.js', { headers: { 'If-None-Match': '*' } });
  assert.equal(response.status, 304);
  assert.equal(await response.text(), '');
});

test('HEAD /embed.js returns only headers, and DELETE responds with 405', async () => {
  const head = await worker.fetch('/embed.js', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('access-control-allow-origin'), '*');
  assert.equal(await head.text(), '');
  assert.equal((await worker.fetch('/embed.js', { method: 'DELETE' })).status, 405);
});

test('the demo page preloads the widget if the Worker can start sessions', async () => {
  const { headers } = await worker.fetch('/');
  assert.equal(headers.get('link'), `<${worker.sandbox.widgetUrl}>; rel=preload; as=script`);
  const unconfigured = await startWorker();
  try {
    assert.equal((await unconfigured.fetch('/')).headers.get('link'), null);
  } finally {
    await unconfigured.close();
  }
});

test('GET /embed.d.ts is served as plain text', async () => {
  const response = await worker.fetch('/embed.d.ts');
  assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.match(await response.text(), /interface ChatKitEdgeElement/);
});
