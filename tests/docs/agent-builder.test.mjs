// docs/agent-builder.md says what the Worker and `npm run doctor` would answer; this asks them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { startWorker } from '../support/worker.mjs';
import { newFolder } from './folder.mjs';
import { readPage } from './page.mjs';

const page = readPage('agent-builder.md');
const rows = page.rows('What you would see').map(([status, detail, code]) => ({ status: Number(status), detail, code: code.replaceAll('`', '') }));
const ADMIN_TOKEN = 'admin-token-for-tests';

describe('where OpenAI makes no session any more', () => {
  /** What OpenAI answers now. */
  let status = 0;
  /** @type {import('node:http').Server} */
  let openai;
  /** @type {Awaited<ReturnType<typeof startWorker>>} */
  let worker;
  before(async () => {
    openai = createServer((request, response) => {
      request.resume();
      // Retries are not what this is about.
      response.writeHead(status, { 'Content-Type': 'application/json', 'x-should-retry': 'false' }).end('{"error":{"message":"Gone."}}');
    });
    openai.listen(0, '127.0.0.1');
    await once(openai, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (openai.address());
    worker = await startWorker({
      vars: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_CHATKIT_WORKFLOW_ID: 'wf_123', RATE_LIMITS: 'off' },
      secrets: { OPENAI_API_KEY: 'sk-test-0123456789', ADMIN_TOKEN },
    });
  });
  after(async () => {
    await worker?.close();
    openai?.closeAllConnections();
    openai?.close();
  });

  assert.equal(rows.length, 5);
  for (const row of rows) {
    test(`${row.status} becomes ${row.code}, with the page's words, for visitors and for the doctor`, async () => {
      status = row.status;
      const answer = await worker.fetch('/api/chatkit/session', { method: 'POST' });
      const { code, detail } = await answer.json();
      assert.equal(answer.status, 502);
      assert.equal(code, row.code);
      assert.equal(detail, `Error creating ChatKit session: ${row.detail}`);

      const report = await worker.fetch('/api/chatkit/doctor', { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } });
      const { ok, checks } = await report.json();
      assert.equal(ok, false);
      const failed = checks.filter((/** @type {any} */ check) => check.status === 'failed');
      assert.deepEqual(failed.map((/** @type {any} */ check) => [check.name, check.detail]), [['session', row.detail]]);
    });
  }
});

test("the page for a server of one's own is right by the widget's types", async () => {
  const element = `/// <reference path="${inRoot('node_modules', '@openai', 'chatkit', 'types', 'dom-augment.d.ts')}" />`;
  const script = page.code('After it: a ChatKit server of your own', 'js');
  const { folder, remove } = newFolder({ 'chat.mts': `${element}\n${script}\nexport {};\n` });
  try {
    const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc');
    // The page has the element, which types cannot know; so null is let pass.
    const options = ['--noEmit', '--strict', '--strictNullChecks', 'false', '--skipLibCheck', '--target', 'esnext', '--module', 'nodenext'];
    const complaints = await new Promise((resolve) => {
      execFile(process.execPath, [tsc, '--ignoreConfig', ...options, `${folder}/chat.mts`], (error, out) => resolve(error ? out || String(error) : ''));
    });
    assert.equal(complaints, '');
  } finally {
    remove();
  }
});
