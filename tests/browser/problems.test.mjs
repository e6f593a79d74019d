// The demo page's error messages when the widget, the Worker or OpenAI fails.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startWorker, startWorkerWithSandbox } from '../support/worker.mjs';
import { chat, launch, newVisitor } from './browser.mjs';

const SESSION = '**/api/chatkit/session';
const SCRIPT = '**/chatkit.js';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  [worker, browser] = await Promise.all([startWorkerWithSandbox(), launch()]);
});
beforeEach(() => worker.sandbox.reset());
after(() => Promise.all([worker?.close(), browser?.close()]));

/** Waits for the alert and returns its parts. @param {import('playwright-core').Page} page */
async function alertOf(page) {
  const alert = page.getByRole('alert').filter({ has: page.locator('.problem') });
  await alert.waitFor();
  return {
    title: await alert.locator('h2').innerText(),
    text: await alert.innerText(),
    code: await alert.locator('dd').first().innerText(),
    retry: alert.getByRole('button'),
  };
}

// Chromium itself logs every failed response; the page must not log anything else.
/** @param {string[]} troubles */
const ours = (troubles) => troubles.filter((text) => !text.startsWith('Failed to load resource'));

describe('the widget script', () => {
  test('if blocked, shows an error, and "Try again" loads it', async () => {
    const { context, page, calls, troubles } = await newVisitor(browser);
    await page.route(SCRIPT, (route) => route.abort('blockedbyclient'));
    await page.goto(worker.url);
    const { title, text, code, retry } = await alertOf(page);
    assert.equal(title, 'The chat widget did not load');
    assert.equal(code, 'widget_script_failed');
    assert.match(text, /content blocker/);
    assert.ok(text.includes(worker.sandbox.widgetUrl), 'the URL is shown');
    await page.unroute(SCRIPT);
    await retry.click();
    await chat(page);
    assert.equal(await page.locator('.problem').count(), 0);
    assert.ok(calls.length <= 2, `${calls.length} session requests`);
    assert.deepEqual(ours(troubles), []);
    await context.close();
  });

  test('if not found, shows the same error', async () => {
    const { context, page, calls } = await newVisitor(browser);
    await page.route(SCRIPT, (route) => route.fulfill({ status: 404, contentType: 'text/plain', body: 'Not found' }));
    await page.goto(worker.url);
    const { title, text } = await alertOf(page);
    assert.equal(title, 'The chat widget did not load');
    assert.match(text, /CHATKIT_JS_URL/);
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    await context.close();
  });

  test('if it is another script, shows an error after a timeout', async () => {
    const { context, page } = await newVisitor(browser);
    await page.clock.install();
    await page.route(SCRIPT, (route) => route.fulfill({ contentType: 'text/javascript', body: '// not ChatKit' }));
    const loaded = page.waitForEvent('requestfinished', (request) => request.url() === worker.sandbox.widgetUrl);
    await page.goto(worker.url);
    await loaded;
    // The tag is removed once the script has run; then the timeout for the element starts.
    await page.locator('script[src$="/chatkit.js"]').waitFor({ state: 'detached' });
    await page.clock.fastForward(15_000);
    const { title, code } = await alertOf(page);
    assert.equal(title, 'The widget’s script is not ChatKit');
    assert.equal(code, 'widget_not_defined');
    await context.close();
  });
});

describe('a session that fails', () => {
  /** @type {[string, object, string, string, RegExp][]} */
  const refusals = [
    ['invalid-key', {}, 'openai_key_rejected', 'OpenAI does not accept the API key', /Check OPENAI_API_KEY/],
    ['beta-unavailable', {}, 'openai_key_rejected', 'OpenAI does not accept the API key', /may use ChatKit/],
    ['workflow-not-found', {}, 'workflow_not_found', 'OpenAI does not know this workflow', /published and belong to the same project/],
    ['rate-limited', { retryAfter: 120 }, 'openai_rate_limited', 'OpenAI’s rate limit is reached', /Available again in 2 minutes/],
    ['unavailable', {}, 'openai_unavailable', 'OpenAI cannot be reached', /status\.openai\.com/],
    ['bad-request', {}, 'openai_rejected', 'OpenAI rejected the request', /SESSION_TTL_SECONDS/],
    ['html', {}, 'openai_bad_response', 'OpenAI’s response is not valid', /OPENAI_BASE_URL/],
  ];
  for (const [fault, options, code, title, hint] of refusals) {
    test(`with ${fault} shows ${code} and what to do, after a single request`, async () => {
      worker.sandbox.fail(fault, { times: Infinity, ...options });
      const { context, page, calls, troubles } = await newVisitor(browser);
      const answered = page.waitForResponse(SESSION);
      await page.goto(worker.url);
      const shown = await alertOf(page);
      assert.equal(shown.code, code);
      assert.equal(shown.title, title);
      assert.match(shown.text, hint);
      assert.match(shown.text, /Error creating ChatKit session: /);
      const requestId = (await answered).headers()['x-request-id'];
      assert.ok(requestId && shown.text.includes(requestId), 'the request id is shown');
      assert.deepEqual(calls, ['POST /api/chatkit/session']);
      assert.equal(await page.locator('openai-chatkit').count(), 0);
      assert.deepEqual(ours(troubles), []);
      await context.close();
    });
  }

  test('is requested once per "Try again", and the chat starts once the cause is fixed', async () => {
    worker.sandbox.fail('workflow-not-found', { times: Infinity });
    const { context, page, calls } = await newVisitor(browser);
    await page.goto(worker.url);
    const first = await alertOf(page);
    const again = page.waitForResponse(SESSION);
    await first.retry.click();
    await again;
    const second = await alertOf(page);
    assert.equal(calls.length, 2);
    worker.sandbox.reset();
    await second.retry.press('Enter');
    assert.ok(await (await chat(page)).say('Hello'));
    assert.equal(calls.length, 3);
    assert.equal(await page.locator('.problem').count(), 0);
    await context.close();
  });

  test('with an unknown code shows the detail from the Worker', async () => {
    const { context, page } = await newVisitor(browser);
    const body = { code: 'constructor', detail: 'Something <b>new</b> happened.', request_id: 'r-1' };
    await page.route(SESSION, (route) => route.fulfill({ status: 418, contentType: 'application/problem+json', body: JSON.stringify(body) }));
    await page.goto(worker.url);
    const { title, text, code } = await alertOf(page);
    assert.equal(title, 'The chat could not start');
    assert.equal(code, 'constructor');
    assert.match(text, /Something <b>new<\/b> happened\./);
    assert.match(text, /r-1/);
    await context.close();
  });

  test('with a response that is not from the Worker shows worker_bad_answer', async () => {
    const { context, page } = await newVisitor(browser);
    await page.route(SESSION, (route) => route.fulfill({ contentType: 'text/html', body: '<p>Please sign in to the network</p>' }));
    await page.goto(worker.url);
    assert.equal((await alertOf(page)).code, 'worker_bad_answer');
    await context.close();
  });
});

describe('the Worker', () => {
  test('if unreachable, shows an error, and "Try again" recovers', async () => {
    const { context, page, calls, troubles } = await newVisitor(browser);
    await page.route(SESSION, (route) => route.abort('connectionrefused'));
    await page.goto(worker.url);
    const { title, code, text, retry } = await alertOf(page);
    assert.equal(title, 'The Worker cannot be reached');
    assert.equal(code, 'worker_unreachable');
    assert.match(text, /npm start/);
    await page.unroute(SESSION);
    await retry.click();
    await chat(page);
    assert.equal(calls.length, 2);
    assert.deepEqual(ours(troubles), []);
    await context.close();
  });

  test('if not configured, shows the missing settings and where to set them', async () => {
    const bare = await startWorker({ vars: { CHATKIT_JS_URL: worker.sandbox.widgetUrl } });
    try {
      const { context, page, calls } = await newVisitor(browser);
      await page.goto(bare.url);
      const { title, code, text } = await alertOf(page);
      assert.equal(title, 'The Worker is not set up yet');
      assert.equal(code, 'not_configured');
      const { detail } = await (await bare.fetch('/api/chatkit/session', { method: 'POST' })).json();
      assert.ok(text.includes(detail), 'the detail from the Worker is shown');
      assert.match(text, /OPENAI_API_KEY/);
      assert.match(text, /\.dev\.vars/);
      assert.deepEqual(calls, ['POST /api/chatkit/session']);
      await context.close();
    } finally {
      await bare.close();
    }
  });
});
