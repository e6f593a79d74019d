// Pages of other sites with React, in Chromium: the page of a Next.js template, and OpenAI's package for React.
// Each runs with relative URLs and a rewrite of /api/ to the Worker, and with the Worker's own URL. OpenAI's package also runs
// there without credentials, as in OpenAI's guide.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { launch } from '../browser/browser.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { bundle, startSite, visitPage } from './site.mjs';

const page = (/** @type {string} */ file) => new URL(`pages/${file}`, import.meta.url);

/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  site = await startSite();
  [worker, browser] = await Promise.all([
    startWorkerWithSandbox({ wordDelayMs: 0, vars: { ALLOWED_ORIGINS: site.origin, SESSION_TTL_SECONDS: '3' } }),
    launch(),
  ]);
  site.rewriteTo(worker.url);
  for (const [where, WORKER, CREDENTIALS] of [
    ['rewritten', '', 'same-origin'],
    ['direct', worker.url, 'include'],
    ['without-credentials', worker.url, 'same-origin'],
  ]) {
    const env = { WORKER, CREDENTIALS, NEXT_PUBLIC_WORKFLOW_ID: SANDBOX_WORKFLOW };
    site.pages.set(`/template/${where}`, { script: await bundle(page('template.jsx'), env) });
    site.pages.set(`/chatkit-react/${where}`, { script: await bundle(page('chatkit-react.jsx'), env), loadsWidget: true });
  }
});
beforeEach(() => worker.sandbox.reset());
after(() => Promise.all([browser?.close(), worker?.close(), site?.close()]));

/** Opens a page as a new visitor. */
const visit = (/** @type {string} */ path) => visitPage(browser, worker.sandbox, site.origin + path);

const users = () => worker.sandbox.requests.map(({ body }) => body.user);
const callsTo = (/** @type {{ call: string }[]} */ calls, /** @type {string} */ call) => calls.filter((each) => each.call === call);

for (const where of ['rewritten', 'direct']) {
  describe(`the page of the template, ${where}`, () => {
    const path = `/template/${where}`;

    test('has a working chat for the visitor, not for the user that the page names', async () => {
      const { say, calls, troubles, close } = await visit(path);
      assert.match(await say('Hello'), /Hello/);
      const named = { userId: 'demo-user-123', workflowId: SANDBOX_WORKFLOW };
      assert.deepEqual(calls[0], { call: 'POST /api/chatkit/start', body: named });
      const [{ body }] = worker.sandbox.requests;
      assert.equal(body.workflow.id, SANDBOX_WORKFLOW);
      assert.match(body.user, /^visitor_[\w-]{22}$/);
      assert.deepEqual(troubles, []);
      await close();
    });

    test('gets the reason in data.error if no session can start', async () => {
      worker.sandbox.fail('workflow-not-found', { times: Infinity });
      const { error, close } = await visit(path);
      assert.match(await error(), /^Error creating ChatKit session: Workflow not found/);
      await close();
    });

    test('starts a new session before the old one expires', async () => {
      const { page, calls, close } = await visit(path);
      const isSecond = () => worker.sandbox.requests.length > 1;
      await page.waitForResponse((response) => response.url().endsWith('/api/chatkit/start') && response.ok() && isSecond());
      assert.ok(callsTo(calls, 'POST /api/chatkit/start').length > 1);
      // The page sends no cookie to another site, so there it is a new visitor each time.
      if (where === 'rewritten') assert.equal(new Set(users()).size, 1);
      await close();
    });
  });
}

for (const where of ['rewritten', 'direct', 'without-credentials']) {
  describe(`@openai/chatkit-react, ${where}`, () => {
    const path = `/chatkit-react/${where}`;

    test('starts one session and refreshes it for the same user without interrupting the chat', async () => {
      const { page, say, calls, troubles, close } = await visit(path);
      assert.match(await say('Before'), /Before/);
      const refreshed = await page.waitForResponse((response) => response.url().endsWith('/api/chatkit/refresh'));
      assert.equal(refreshed.status(), 200);
      assert.match(await say('After'), /After/);
      assert.deepEqual(calls.slice(0, 2).map(({ call }) => call), ['POST /api/chatkit/start', 'POST /api/chatkit/refresh']);
      assert.equal(callsTo(calls, 'POST /api/chatkit/start').length, 1);
      assert.equal(calls[0].body, null);
      assert.match(calls[1].body.currentClientSecret, /^ek_/);
      assert.equal(new Set(users()).size, 1);
      assert.equal(await page.locator('openai-chatkit .message').count(), 4);
      assert.deepEqual(troubles, []);
      await close();
    });
  });
}

test("the template's refresh, which used to respond with 501, returns the next session of the same visitor", async () => {
  const { page, say, close } = await visit('/template/rewritten');
  await say('Hello');
  const { status, body } = await page.evaluate(async () => {
    const response = await fetch('/api/chatkit/refresh', { method: 'POST' });
    return { status: response.status, body: await response.json() };
  });
  assert.equal(status, 200);
  assert.match(body.client_secret, /^ek_/);
  assert.equal(new Set(users()).size, 1);
  await close();
});
