// How /embed.js and the demo page are served: the two files that need something of the settings.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startWorker, startWorkerWithSandbox } from '../support/worker.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox();
});
after(() => worker?.close());

test('the element may be loaded by any page, and knows what a page may know', async () => {
  const answer = await worker.fetch('/embed.js', { headers: { Origin: 'https://shop.example' } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.match(answer.headers.get('cache-control') ?? '', /^public, max-age=60,/);
  const text = await answer.text();
  const config = /^const CHATKIT_EDGE_CONFIG=(.+);\n/.exec(text)?.[1] ?? '';
  assert.deepEqual(JSON.parse(config), await (await worker.fetch('/api/chatkit/config')).json());
  assert.match(text, /customElements\.define\("chatkit-edge"/);
});

test('a browser that has it is told so, until the settings change', async () => {
  const first = await worker.fetch('/embed.js');
  const tag = first.headers.get('etag') ?? '';
  const again = (/** @type {string} */ url) => fetch(`${url}/embed.js`, { headers: { 'If-None-Match': tag } });
  const held = await again(worker.url);
  assert.equal(held.status, 304);
  assert.equal(await held.text(), '');
  assert.equal(held.headers.get('access-control-allow-origin'), '*');
  const other = await startWorker({ vars: { CHATKIT_JS_URL: 'https://widget.example/chatkit.js' } });
  try {
    const changed = await again(other.url);
    assert.equal(changed.status, 200);
    assert.match(await changed.text(), /widget\.example/);
  } finally {
    await other.close();
  }
});

test('HEAD has the headers alone, and another method is refused', async () => {
  const head = await worker.fetch('/embed.js', { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('access-control-allow-origin'), '*');
  assert.equal(await head.text(), '');
  assert.equal((await worker.fetch('/embed.js', { method: 'DELETE' })).status, 405);
});

test('the demo page has the browser load the widget beside its own files, where there will be a session for it', async () => {
  const { headers } = await worker.fetch('/');
  assert.equal(headers.get('link'), `<${worker.sandbox.widgetUrl}>; rel=preload; as=script`);
  const bare = await startWorker();
  try {
    assert.equal((await bare.fetch('/')).headers.get('link'), null);
  } finally {
    await bare.close();
  }
});

test('the types of the element are text', async () => {
  const answer = await worker.fetch('/embed.d.ts');
  assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.match(await answer.text(), /interface ChatKitEdgeElement/);
});
