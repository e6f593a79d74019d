// docs/agent-builder.md: the Worker and the doctor report a shut-down Agent Builder in its words, and its code runs.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { startWorker } from '../support/worker.mjs';
import { newFolder } from './folder.mjs';
import { readPage } from './page.mjs';

const page = readPage('agent-builder.md');
const rows = page.rows('What you would see')
  .map(([status, detail, code]) => ({ status: Number(status), detail, code: code.replaceAll('`', '') }));
const ADMIN_TOKEN = 'admin-token-for-tests';

describe('when OpenAI creates no more sessions', () => {
  /** The status of OpenAI's next responses. */
  let status = 0;
  /** @type {import('node:http').Server} */
  let openai;
  /** @type {Awaited<ReturnType<typeof startWorker>>} */
  let worker;
  before(async () => {
    openai = createServer((request, response) => {
      request.resume();
      // Without retries, to be quick.
      const headers = { 'Content-Type': 'application/json', 'x-should-retry': 'false' };
      response.writeHead(status, headers).end('{"error":{"message":"Gone."}}');
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
    test(`${row.status} becomes ${row.code}, in the page's words, for visitors and for the doctor`, async () => {
      status = row.status;
      const response = await worker.fetch('/api/chatkit/session', { method: 'POST' });
      const { code, detail } = await response.json();
      assert.equal(response.status, 502);
      assert.equal(code, row.code);
      assert.equal(detail, `Error creating ChatKit session: ${row.detail}`);

      const report = await worker.fetch('/api/chatkit/doctor', { method: 'POST', headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } });
      const { ok, checks } = await report.json();
      assert.equal(ok, false);
      const failed = checks.filter((/** @type {any} */ check) => check.status === 'failed');
      assert.deepEqual(failed.map((/** @type {any} */ check) => [check.name, check.detail]), [['session', row.detail]]);
      assert.equal(failed[0].hint.includes('docs/agent-builder.md'), row.status === 404);
    });
  }
});

test('save-chats.mjs saves every thread with every item, page by page', async () => {
  const PAGE_SIZE = 2;
  const threads = ['cthr_1', 'cthr_2', 'cthr_3'].map((id) => ({ id, object: 'chatkit.thread', user: `visitor_of_${id}` }));
  const itemsOf = (/** @type {string} */ id) =>
    Array.from({ length: id === 'cthr_2' ? 5 : 1 }, (_, i) => ({ id: `${id}_item_${i}`, thread_id: id }));
  const openai = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const thread = /^\/v1\/chatkit\/threads\/(\w+)\/items$/.exec(pathname)?.[1];
    const list = thread ? itemsOf(thread) : pathname === '/v1/chatkit/threads' ? threads : null;
    const { authorization, 'openai-beta': beta } = request.headers;
    const allowed = authorization === 'Bearer sk-test' && beta === 'chatkit_beta=v1' && searchParams.get('order') === 'asc';
    if (!list || !allowed) return response.writeHead(400).end('{"error":{"message":"No."}}');
    const start = list.findIndex(({ id }) => id === searchParams.get('after')) + 1;
    const data = list.slice(start, start + PAGE_SIZE);
    const has_more = start + PAGE_SIZE < list.length;
    response.end(JSON.stringify({ object: 'list', data, first_id: data[0]?.id, last_id: data.at(-1)?.id, has_more }));
  });
  openai.listen(0, '127.0.0.1');
  await once(openai, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (openai.address());
  const { folder, remove } = newFolder({ 'save-chats.mjs': page.code('Save the chats', 'js') });
  const save = (/** @type {string} */ key) => promisify(execFile)(process.execPath, [`${folder}/save-chats.mjs`], {
    env: { ...process.env, OPENAI_API_KEY: key, OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` },
  });
  try {
    const { stdout } = await save('sk-test');
    const saved = stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(saved, threads.map((thread) => ({ ...thread, items: itemsOf(thread.id) })));
    await assert.rejects(save('sk-other'), /OpenAI answered 400: No\./);
  } finally {
    remove();
    openai.closeAllConnections();
    openai.close();
  }
});

test("the code for a ChatKit server of your own fits the widget's types", async () => {
  const element = `/// <reference path="${inRoot('node_modules', '@openai', 'chatkit', 'types', 'dom-augment.d.ts')}" />`;
  const script = page.code('After it: a ChatKit server of your own', 'js');
  const { folder, remove } = newFolder({ 'chat.mts': `${element}\n${script}\nexport {};\n` });
  try {
    const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc');
    // Null checks are off: types cannot know that the page contains the element.
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--strictNullChecks', 'false', '--skipLibCheck',
      '--target', 'esnext', '--module', 'nodenext'];
    const errors = await new Promise((resolve) => {
      execFile(process.execPath, [tsc, ...options, `${folder}/chat.mts`],
        (error, stdout) => resolve(error ? stdout || String(error) : ''));
    });
    assert.equal(errors, '');
  } finally {
    remove();
  }
});
