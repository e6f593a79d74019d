// Recovery from a fault that ends the WebAssembly instance, such as a panic or a lack of memory: the request that hits it fails,
// and the next one gets a new instance. No request can cause such a fault, so the test injects one into a copy of the Worker.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { cookieOf } from '../support/worker.mjs';
import { startWorkerd } from '../support/workerd.mjs';

/** Makes a copy of the built Worker in which reading the URL of a request with `?fault` throws a fault of WebAssembly. */
function buildWithFault() {
  const folder = mkdtempSync(inRoot('build', 'fault-'));
  cpSync(inRoot('build', 'deploy'), folder, { recursive: true, filter: (file) => !file.endsWith('.capnp') });
  const entry = path.join(folder, 'index.js');
  const code = readFileSync(entry, 'utf8');
  const faulty = code.replace(/\b(\w+)\.url\b/, "($1.url.includes('?fault')?(()=>{throw new WebAssembly.RuntimeError('unreachable')})():$1.url)");
  assert.notEqual(faulty, code);
  writeFileSync(entry, faulty);
  return folder;
}

test('after a fault in WebAssembly, the next request and existing Durable Objects get a new instance', async () => {
  const build = buildWithFault();
  const sandbox = await startSandbox();
  const worker = await startWorkerd({
    OPENAI_API_KEY: SANDBOX_KEY,
    OPENAI_BASE_URL: sandbox.baseUrl,
    OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
    RATE_LIMITS: 'off',
  }, { build });
  try {
    const start = await worker.fetch('/api/chatkit/session', { method: 'POST' });
    const headers = { Cookie: cookieOf(start) ?? '' };
    const { session_id: id } = await start.json();
    for (let times = 0; times < 3; times++) {
      assert.equal((await worker.fetch('/health?fault')).status, 500);
      assert.equal((await worker.fetch('/health')).status, 200);
      const lookup = await worker.fetch(`/api/chatkit/session/${id}`, { headers });
      assert.equal(lookup.status, 200, await lookup.text());
      const tracked = await worker.fetch('/api/analytics/message', { method: 'POST' });
      assert.deepEqual(await tracked.json(), { status: 'tracked' });
    }
  } finally {
    await worker.close();
    await sandbox.close();
    rmSync(build, { recursive: true });
  }
});
