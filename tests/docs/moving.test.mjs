// docs/moving.md: old pages, changed by its diffs, chat through the built Worker.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { launch } from '../browser/browser.mjs';
import { startSite as startPlainSite } from '../browser/sites.mjs';
import { bundle, newChatVisitor, startSite } from '../clients/site.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { applyDiff } from './diff.mjs';
import { newFolder } from './folder.mjs';
import { fastApiPage, managedChatkit, nextPage, starterApp } from './old-pages.mjs';
import { readPage } from './page.mjs';

const page = readPage('moving.md');
const LIVE = 'https://chatkit-edge.YOUR-NAME.workers.dev';
const STARTER = "From OpenAI's starter app";
const FASTAPI = 'From a FastAPI snippet';
const MANAGED = 'From managed-chatkit';
const GUIDE = "From OpenAI's quick start or guide";
const NEXT = 'From a Next.js route';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** A site with bundled pages that can forward /api/ to the Worker. @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** A site with plain HTML pages. @type {Awaited<ReturnType<typeof startPlainSite>>} */
let plain;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  [site, plain, browser] = await Promise.all([startSite(), startPlainSite(), launch()]);
  const example = page.vars("The Worker's settings");
  assert.deepEqual(Object.keys(example), ['ALLOWED_ORIGINS']);
  const vars = { ...example, OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW, ALLOWED_ORIGINS: `${site.origin},${plain.origin}` };
  worker = await startWorkerWithSandbox({ wordDelayMs: 0, vars: { ...vars, FILE_UPLOAD: 'true', SESSION_TTL_SECONDS: '3' } });
});
beforeEach(() => worker.sandbox.reset());
after(() => Promise.all([browser?.close(), worker?.close(), site?.close(), plain?.close()]));

const atWorker = (/** @type {string} */ text) => text.replaceAll(LIVE, worker.url);
const users = () => worker.sandbox.requests.map(({ body }) => body.user);

/** Bundles these files into the script of a page. @param {Record<string, string>} files @param {string} entry */
async function scriptOf(files, entry) {
  const { url, remove } = newFolder(files);
  try {
    const env = { NEXT_PUBLIC_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW, NEXT_PUBLIC_WORKFLOW_ID: SANDBOX_WORKFLOW };
    return await bundle(url(entry), env);
  } finally {
    remove();
  }
}

/** Opens a page as a new visitor. @param {string} url */
async function visit(url) {
  const visitor = await newChatVisitor(browser, worker.sandbox);
  const { page } = visitor;
  /** @type {string[]} */
  const requests = [];
  page.on('request', (request) => {
    const { origin, pathname } = new URL(request.url());
    if (pathname.startsWith('/api/')) requests.push(origin + pathname);
  });
  await page.goto(url);
  return { ...visitor, requests };
}

test("the starter app's page chats after two changed lines, and refreshes its session for the same visitor", async () => {
  const [endpoint, credentials] = page.codes(STARTER, 'diff');
  const files = {
    'config.ts': applyDiff(starterApp['config.ts'], endpoint),
    'panel.tsx': applyDiff(starterApp['panel.tsx'], credentials),
  };
  assert.ok(files['config.ts'].includes(LIVE));
  files['config.ts'] = atWorker(files['config.ts']);
  site.pages.set('/starter', { script: await scriptOf(files, 'panel.tsx'), loadsWidget: true });

  const { page: tab, say, requests, troubles, close } = await visit(`${site.origin}/starter`);
  await say('Hello');
  assert.equal(requests[0], `${worker.url}/api/create-session`);
  const [{ body }] = worker.sandbox.requests;
  assert.equal(body.workflow.id, SANDBOX_WORKFLOW);
  assert.equal(body.chatkit_configuration.file_upload.enabled, true);
  await tab.waitForResponse((response) => response.url().endsWith('/api/create-session') && response.ok() && users().length > 1);
  assert.equal(new Set(users()).size, 1);
  assert.deepEqual(troubles, []);
  await close();
});

test('the page of managed-chatkit goes on chatting after its first session has expired', async () => {
  const session = applyDiff(managedChatkit['session.ts'], page.code(MANAGED, 'diff'));
  assert.ok(session.includes(LIVE));
  const files = { ...managedChatkit, 'session.ts': atWorker(session) };
  site.pages.set('/managed', { script: await scriptOf(files, 'panel.tsx'), loadsWidget: true });

  const { page: tab, say, troubles, close } = await visit(`${site.origin}/managed`);
  await say('Before');
  // Two sessions later the first one has expired.
  for (const count of [2, 3]) {
    await tab.waitForResponse((response) => response.url() === `${worker.url}/api/create-session` && response.ok() && users().length >= count);
  }
  await say('After');
  assert.equal(new Set(users()).size, 1);
  assert.deepEqual(troubles, []);
  await close();
});

describe('the page of a FastAPI snippet', () => {
  test('uses the Worker for sessions and counters after one changed line', async () => {
    const script = applyDiff(fastApiPage, page.code(FASTAPI, 'diff'));
    assert.ok(script.includes(LIVE));
    site.pages.set('/fastapi', { script: atWorker(script) });
    const { page: tab, troubles, close } = await visit(`${site.origin}/fastapi`);
    const session = await tab.evaluate(() => /** @type {any} */ (window).start());
    assert.match(session.client_secret, /^ek_/);
    assert.equal(session.thread_id, null);
    assert.match(users()[0], /^visitor_/, 'the user is not taken from the page');
    assert.deepEqual(await tab.evaluate(() => /** @type {any} */ (window).count()), { status: 'tracked' });
    assert.deepEqual(troubles, []);
    await close();
  });

  test('chats when it is replaced by the full page, refreshes, and recognizes its visitor without the cookie', async () => {
    plain.put('/chat.js', atWorker(page.code(FASTAPI, 'js')));
    const url = plain.put('/whole', `<!doctype html><html lang="en"><title>A site</title>${page.code(FASTAPI, 'html')}</html>`);
    const { page: tab, context, say, requests, troubles, close } = await visit(url);
    await say('Before');
    await tab.waitForResponse((response) => response.url().endsWith('/api/chatkit/refresh') && response.ok());
    await say('After');
    assert.deepEqual(requests.slice(0, 2), [`${worker.url}/api/chatkit/session`, `${worker.url}/api/chatkit/refresh`]);
    await context.clearCookies();
    await tab.reload();
    await say('Again');
    assert.equal(new Set(users()).size, 1);
    assert.deepEqual(troubles, []);
    await close();
  });
});

test("the guide's page refreshes its session for the same visitor by the old client secret, without a cookie", async () => {
  const setUp = "await customElements.whenDefined('openai-chatkit');\n" +
    "document.getElementById('chat').setOptions({ api: { getClientSecret } });\n";
  plain.put('/chat.js', atWorker(page.code(GUIDE, 'js')) + setUp);
  const url = plain.put('/guide', `<!doctype html><html lang="en"><title>A site</title>${page.code(FASTAPI, 'html')}</html>`);
  const { page: tab, context, say, requests, troubles, close } = await visit(url);
  await say('Before');
  await tab.waitForResponse((response) => response.url().endsWith('/api/chatkit/refresh') && response.ok());
  await say('After');
  assert.deepEqual(requests.slice(0, 2), [`${worker.url}/api/chatkit/session`, `${worker.url}/api/chatkit/refresh`]);
  assert.deepEqual(await context.cookies(worker.url), []);
  assert.equal(new Set(users()).size, 1);
  assert.deepEqual(troubles, []);
  await close();
});

describe('the page of a Next.js route', () => {
  /** @type {{ source: string, destination: string }[]} */
  let rewrites;
  before(async () => {
    const { load, remove } = newFolder({ 'next.config.mjs': page.code(NEXT, 'js') });
    rewrites = await (await load('next.config.mjs')).default.rewrites();
    remove();
  });

  test('chats through the rewrite, when its element gets the options', async () => {
    const script = await scriptOf({ 'page.js': applyDiff(nextPage, page.code(NEXT, 'diff')) }, 'page.js');
    site.pages.set('/next', { script });
    site.rewriteTo(worker.url);
    const { page: tab, say, requests, troubles, close } = await visit(`${site.origin}/next`);
    await say('Hello');
    assert.equal(requests[0], `${site.origin}/api/chatkit/start`);
    const status = await tab.evaluate(async () => (await fetch('/api/chatkit/refresh', { method: 'POST' })).status);
    assert.equal(status, 200, 'the old route answered 501');
    assert.equal(new Set(users()).size, 1);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('has every path that it requests rewritten to the same path at the Worker', async () => {
    const rewritten = (/** @type {string} */ path) => {
      for (const { source, destination } of rewrites) {
        const rest = new RegExp(`^${source.replace(':path*', '(.*)')}$`).exec(path);
        if (rest) return destination.replace(':path*', rest[1] ?? '');
      }
      return undefined;
    };
    for (const path of ['/api/chatkit/start', '/api/chatkit/session', '/api/chatkit/refresh', '/api/chatkit/session/cksess_1',
      '/api/analytics/message', '/api/analytics/thread-change', '/api/errors']) {
      assert.equal(rewritten(path), LIVE + path);
    }
  });
});

test('the element chats on any page', async () => {
  const element = atWorker(page.code('With less code than before', 'html'));
  const url = plain.put('/element', `<!doctype html><html lang="en"><title>A site</title>${element}</html>`);
  const { page: tab, say, troubles, close } = await visit(url);
  await tab.getByText('How can I help?').waitFor();
  await say('Hello');
  assert.deepEqual(troubles, []);
  await close();
});

test('every path in the table of what stays is handled', async () => {
  const rows = page.firstColumn('What stays').flatMap((cell) => [...cell.matchAll(/`(\w+) (\S+)`/g)]);
  assert.equal(rows.length, 8);
  let cookie = '';
  for (const [, method, path] of rows) {
    const body = method === 'POST' ? '{"workflow":{"id":"wf_sandbox"},"userId":"demo-user-123","thread_id":null}' : undefined;
    const response = await worker.fetch(path, { method, body, headers: { 'Content-Type': 'application/json', Cookie: cookie } });
    assert.equal(response.status, 200, `${method} ${path}`);
    cookie ||= response.headers.getSetCookie()[0].split(';', 1)[0];
    const fields = await response.json();
    if (/session|start|refresh/.test(path)) assert.match(fields.client_secret, /^ek_/);
  }
  assert.equal(new Set(users()).size, 1);
});
