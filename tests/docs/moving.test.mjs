// docs/moving.md does what it says: the old pages are changed as it prints, and then chat by the built Worker.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { launch } from '../browser/browser.mjs';
import { startSite as startPlainSite } from '../browser/sites.mjs';
import { bundle, newChatVisitor, startSite } from '../clients/site.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { applied } from './diff.mjs';
import { newFolder } from './folder.mjs';
import { fastApiPage, nextPage, starterApp } from './old-pages.mjs';
import { readPage } from './page.mjs';

const page = readPage('moving.md');
const LIVE = 'https://chatkit-edge.YOUR-NAME.workers.dev';
const STARTER = "From OpenAI's starter app";
const FASTAPI = 'From a FastAPI snippet';
const NEXT = 'From a Next.js route';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** Whose pages are bundled, and whose /api/ may be passed on. @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** Whose pages are HTML. @type {Awaited<ReturnType<typeof startPlainSite>>} */
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

/** The script of a page made of these files. @param {Record<string, string>} files @param {string} entry */
async function scriptOf(files, entry) {
  const { url, remove } = newFolder(files);
  try {
    return await bundle(url(entry), { NEXT_PUBLIC_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW, NEXT_PUBLIC_WORKFLOW_ID: SANDBOX_WORKFLOW });
  } finally {
    remove();
  }
}

/** A visitor on a page. @param {string} url */
async function visit(url) {
  const visitor = await newChatVisitor(browser, worker.sandbox);
  const { page } = visitor;
  /** @type {string[]} */
  const asked = [];
  page.on('request', (request) => {
    const { origin, pathname } = new URL(request.url());
    if (pathname.startsWith('/api/')) asked.push(origin + pathname);
  });
  await page.goto(url);
  return { ...visitor, asked };
}

test("the starter app's page chats after two changed lines, and renews its session for the same visitor", async () => {
  const [endpoint, credentials] = page.codes(STARTER, 'diff');
  const files = {
    'config.ts': applied(starterApp['config.ts'], endpoint),
    'panel.tsx': applied(starterApp['panel.tsx'], credentials),
  };
  assert.ok(files['config.ts'].includes(LIVE));
  files['config.ts'] = atWorker(files['config.ts']);
  site.pages.set('/starter', { script: await scriptOf(files, 'panel.tsx'), loadsWidget: true });

  const { page: tab, say, asked, troubles, close } = await visit(`${site.origin}/starter`);
  await say('Hello');
  assert.equal(asked[0], `${worker.url}/api/create-session`);
  const [{ body }] = worker.sandbox.requests;
  assert.equal(body.workflow.id, SANDBOX_WORKFLOW);
  assert.equal(body.chatkit_configuration.file_upload.enabled, true);
  await tab.waitForResponse((answer) => answer.url().endsWith('/api/create-session') && answer.ok() && users().length > 1);
  assert.equal(new Set(users()).size, 1);
  assert.deepEqual(troubles, []);
  await close();
});

describe('the page of a FastAPI snippet', () => {
  test('finds its session and its counters at the Worker after one changed line', async () => {
    const script = applied(fastApiPage, page.code(FASTAPI, 'diff'));
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

  test('chats by the whole page, refreshes, and knows its visitor again without the cookie', async () => {
    plain.put('/chat.js', atWorker(page.code(FASTAPI, 'js')));
    const url = plain.put('/whole', `<!doctype html><html lang="en"><title>A site</title>${page.code(FASTAPI, 'html')}</html>`);
    const { page: tab, context, say, asked, troubles, close } = await visit(url);
    await say('Before');
    await tab.waitForResponse((answer) => answer.url().endsWith('/api/chatkit/refresh') && answer.ok());
    await say('After');
    assert.deepEqual(asked.slice(0, 2), [`${worker.url}/api/chatkit/session`, `${worker.url}/api/chatkit/refresh`]);
    await context.clearCookies();
    await tab.reload();
    await say('Again');
    assert.equal(new Set(users()).size, 1);
    assert.deepEqual(troubles, []);
    await close();
  });
});

describe('the page of a Next.js route', () => {
  /** @type {{ source: string, destination: string }[]} */
  let rewrites;
  before(async () => {
    const { load, remove } = newFolder({ 'next.config.mjs': page.code(NEXT, 'js') });
    rewrites = await (await load('next.config.mjs')).default.rewrites();
    remove();
  });

  test('chats through the rewrite, when its element is given the options', async () => {
    const script = await scriptOf({ 'page.js': applied(nextPage, page.code(NEXT, 'diff')) }, 'page.js');
    site.pages.set('/next', { script });
    site.rewriteTo(worker.url);
    const { page: tab, say, asked, troubles, close } = await visit(`${site.origin}/next`);
    await say('Hello');
    assert.equal(asked[0], `${site.origin}/api/chatkit/start`);
    const status = await tab.evaluate(async () => (await fetch('/api/chatkit/refresh', { method: 'POST' })).status);
    assert.equal(status, 200, 'which was 501');
    assert.equal(new Set(users()).size, 1);
    assert.deepEqual(troubles, []);
    await close();
  });

  test('has every address of such a page passed on to the same one at the Worker', async () => {
    const passedOn = (/** @type {string} */ path) => {
      for (const { source, destination } of rewrites) {
        const rest = new RegExp(`^${source.replace(':path*', '(.*)')}$`).exec(path);
        if (rest) return destination.replace(':path*', rest[1] ?? '');
      }
      return undefined;
    };
    for (const path of ['/api/chatkit/start', '/api/chatkit/session', '/api/chatkit/refresh', '/api/chatkit/session/cksess_1',
      '/api/analytics/message', '/api/analytics/thread-change', '/api/errors']) {
      assert.equal(passedOn(path), LIVE + path);
    }
  });
});

test('the element chats on any page', async () => {
  const url = plain.put('/element', `<!doctype html><html lang="en"><title>A site</title>${atWorker(page.code('With less code than before', 'html'))}</html>`);
  const { page: tab, say, troubles, close } = await visit(url);
  await tab.getByText('How can I help?').waitFor();
  await say('Hello');
  assert.deepEqual(troubles, []);
  await close();
});

test('every address in its table is answered as it says', async () => {
  const rows = page.firstColumn('What stays').flatMap((cell) => [...cell.matchAll(/`(\w+) (\S+)`/g)]);
  assert.equal(rows.length, 8);
  let cookie = '';
  for (const [, method, path] of rows) {
    const body = method === 'POST' ? '{"workflow":{"id":"wf_sandbox"},"userId":"demo-user-123","thread_id":null}' : undefined;
    const answer = await worker.fetch(path, { method, body, headers: { 'Content-Type': 'application/json', Cookie: cookie } });
    assert.equal(answer.status, 200, `${method} ${path}`);
    cookie ||= answer.headers.getSetCookie()[0].split(';', 1)[0];
    const fields = await answer.json();
    if (/session|start|refresh/.test(path)) assert.match(fields.client_secret, /^ek_/);
  }
  assert.equal(new Set(users()).size, 1);
});
