// Automatic recovery of the chat: from temporary errors, from being offline or hidden, and from a failed refresh.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { assertApart, chat, launch, newVisitor } from './browser.mjs';
import { page as html, startSite, tag } from './sites.mjs';

const SESSION = '**/api/chatkit/session';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
before(async () => {
  site = await startSite();
  [worker, browser] = await Promise.all([startWorkerWithSandbox({ vars: { ALLOWED_ORIGINS: site.origin, OPENAI_TIMEOUT_SECONDS: '4' } }), launch()]);
});
beforeEach(() => worker.sandbox.reset());
after(async () => {
  await Promise.all([worker?.close(), browser?.close()]);
  site?.close();
});

/** Creates a visitor with a fake clock in the page. */
async function visitorWithClock() {
  const visitor = await newVisitor(browser);
  await visitor.page.clock.install();
  return {
    ...visitor,
    problem: visitor.page.locator('chatkit-edge .problem'),
    /** Advances the clock and waits until the page has requested a session again. @param {string} time */
    async untilAsked(time) {
      const answered = visitor.page.waitForResponse(SESSION);
      await visitor.page.clock.fastForward(time);
      await answered;
    },
    /** Asserts that the console has only the browser's own messages about failed requests. */
    clean: () => assert.deepEqual(visitor.troubles.filter((text) => !text.startsWith('Failed to load resource')), []),
  };
}

/** Makes the page visible or hidden. @param {import('playwright-core').Page} page @param {'visible' | 'hidden'} state */
const turn = (page, state) =>
  page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);

describe('while OpenAI is unreachable', () => {
  test('the page shows an error and what to do, and recovers automatically afterwards', async () => {
    worker.sandbox.fail('reset', { times: Infinity });
    const { context, page, problem, calls, untilAsked, clean } = await visitorWithClock();
    await page.goto(worker.url);
    await problem.waitFor();
    const text = await problem.innerText();
    assert.match(text, /OpenAI cannot be reached/);
    assert.match(text, /status\.openai\.com/);
    assert.match(text, /The chat retries automatically/);
    assert.equal(calls.length, 1);

    // The retry delay grows: 5 seconds, then 10. An unchanged message is not rendered again, so that it is not announced again.
    const changes = await page.evaluateHandle(() => {
      /** @type {MutationRecord[]} */
      const all = [];
      const alert = document.querySelector('chatkit-edge')?.shadowRoot?.querySelector('[role="alert"]');
      new MutationObserver((records) => all.push(...records)).observe(/** @type {Element} */ (alert), { childList: true, characterData: true, subtree: true });
      return all;
    });
    const again = page.evaluate(() => new Promise((resolve) => addEventListener('chatkit-edge.problem', resolve, { capture: true, once: true })).then(() => {}));
    await untilAsked('00:06');
    await again;
    assert.equal(await changes.evaluate((all) => all.length), 0);
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await page.clock.fastForward('00:07');
    assert.equal(calls.length, 2);
    assert.ok(await problem.isVisible(), 'the message stays');

    worker.sandbox.reset();
    await untilAsked('00:05');
    await problem.waitFor({ state: 'detached' });
    assert.match(await (await chat(page)).say('Back again'), /Back again/);
    assert.equal(calls.length, 3);
    clean();
    await context.close();
  });

  test('a hidden page retries only when it becomes visible', async () => {
    worker.sandbox.fail('reset', { times: Infinity });
    const { context, page, problem, calls } = await visitorWithClock();
    await page.goto(worker.url);
    await problem.waitFor();
    await turn(page, 'hidden');
    await page.clock.fastForward('10:00');
    assert.equal(calls.length, 1);
    worker.sandbox.reset();
    await turn(page, 'visible');
    await problem.waitFor({ state: 'detached' });
    assert.equal(calls.length, 2);
    await context.close();
  });

  test('two elements retry together with one request', async () => {
    worker.sandbox.fail('reset', { times: Infinity });
    const { context, page, problem, calls, untilAsked, clean } = await visitorWithClock();
    await page.goto(site.put('/two', html(`${tag(worker.url)}<chatkit-edge></chatkit-edge>`)));
    await problem.nth(1).waitFor();
    worker.sandbox.reset();
    await untilAsked('00:06');
    await page.locator('chatkit-edge textarea').nth(1).waitFor();
    assert.equal(calls.length, 2);
    clean();
    await context.close();
  });

  test('Retry-After is respected, also when the page becomes visible', async () => {
    worker.sandbox.fail('rate-limited', { times: Infinity, retryAfter: 90 });
    const { context, page, problem, calls, untilAsked } = await visitorWithClock();
    await page.goto(worker.url);
    await problem.waitFor();
    assert.match(await problem.innerText(), /Available again in 90 seconds/);
    await page.clock.fastForward('01:00');
    await turn(page, 'visible');
    assert.equal(calls.length, 1);
    worker.sandbox.reset();
    await untilAsked('00:31');
    await problem.waitFor({ state: 'detached' });
    assert.equal(calls.length, 2);
    await context.close();
  });
});

test('while the signing keys are unavailable, the page does not ask the visitor to sign in, and retries', async () => {
  const { context, page, problem, calls, untilAsked } = await visitorWithClock();
  const detail = 'The signing keys could not be fetched from AUTH_JWKS_URL. Try again in a moment.';
  const outage = {
    status: 503,
    contentType: 'application/problem+json',
    headers: { 'Retry-After': '5' },
    body: JSON.stringify({ status: 503, code: 'keys_unavailable', title: 'The signing keys are not available', detail }),
  };
  await page.route(SESSION, (route) => route.fulfill(outage), { times: 1 });
  await page.goto(worker.url);
  await problem.waitFor();
  const text = await problem.innerText();
  assert.match(text, /Signing in cannot be checked right now/);
  assert.doesNotMatch(text, /need to sign in/);
  await untilAsked('00:06');
  await problem.waitFor({ state: 'detached' });
  assert.equal(calls.length, 2);
  await context.close();
});

for (const [fault, code] of [['invalid-key', 'openai_key_rejected'], ['workflow-not-found', 'workflow_not_found'], ['bad-request', 'openai_rejected'], ['html', 'openai_bad_response']]) {
  test(`${code} is permanent, so the page does not retry automatically`, async () => {
    worker.sandbox.fail(fault, { times: Infinity });
    const { context, page, problem, calls } = await visitorWithClock();
    await page.goto(worker.url);
    await problem.waitFor();
    assert.doesNotMatch(await problem.innerText(), /by itself/);
    await page.clock.fastForward('30:00');
    await turn(page, 'visible');
    await page.evaluate(() => dispatchEvent(new Event('online')));
    assert.equal(calls.length, 1);
    await context.close();
  });
}

test('the load event of a page does not cause a retry of an earlier error', async () => {
  worker.sandbox.fail('unavailable', { times: Infinity });
  const { context, page, problem, calls } = await visitorWithClock();
  const loaded = Promise.withResolvers();
  await page.route('**/slow.png', async (route) => {
    await loaded.promise;
    await route.abort();
  });
  await page.goto(site.put('/slow', html(`<img src="/slow.png" alt="">${tag(worker.url)}`)), { waitUntil: 'domcontentloaded' });
  await problem.waitFor();
  assert.equal(await page.evaluate(() => document.readyState), 'interactive');
  loaded.resolve(null);
  await page.waitForLoadState('load');
  // Less than the first retry delay, more than the minimum gap between requests. The fetch below would be after any retry.
  await page.clock.fastForward(3000);
  await page.evaluate(() => fetch('/slow').then((answer) => answer.text()));
  assert.equal(calls.length, 1);
  await context.close();
});

test('while the script is blocked no further session is requested, and the chat starts once it loads', async () => {
  const { context, page, problem, calls, clean } = await visitorWithClock();
  const script = (/** @type {import('playwright-core').Request} */ request) => request.url() === worker.sandbox.widgetUrl;
  await page.route('**/chatkit.js', (route) => route.abort('blockedbyclient'));
  await page.goto(site.put('/blocked', html(tag(worker.url))));
  await problem.waitFor();
  // The secret of the first session expires long before the last iteration.
  for (let i = 0; i < 4; i++) {
    const again = page.waitForEvent('requestfailed', script);
    await page.clock.fastForward('08:00');
    await again;
    await page.getByRole('button', { name: 'Try again' }).waitFor();
  }
  assert.deepEqual(calls, ['POST /api/chatkit/session']);
  await page.unroute('**/chatkit.js');
  await page.clock.fastForward('01:10');
  await page.locator('chatkit-edge textarea').waitFor();
  assert.equal(calls.length, 2);
  clean();
  await context.close();
});

describe('while the browser is offline', () => {
  test('a new chat shows an error, and starts when the browser is online again', async () => {
    const { context, page, problem, calls, clean } = await visitorWithClock();
    await page.goto(site.put('/launcher', html(tag(worker.url, 'launcher'))));
    await page.getByRole('button', { name: 'Open the chat' }).waitFor();
    await context.setOffline(true);
    await page.getByRole('button', { name: 'Open the chat' }).click();
    await problem.waitFor();
    assert.match(await problem.innerText(), /You are offline/);
    await page.clock.fastForward('10:00');
    await context.setOffline(false);
    await page.locator('chatkit-edge textarea').waitFor();
    assert.ok(calls.length <= 2);
    clean();
    await context.close();
  });
});

describe('a refresh that fails', () => {
  /** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
  let brief;
  before(async () => {
    brief = await startWorkerWithSandbox({ vars: { SESSION_TTL_SECONDS: '3', OPENAI_TIMEOUT_SECONDS: '1' } });
  });
  after(() => brief?.close());

  test('temporarily is retried while the old secret is valid, without effect on the chat', async () => {
    const { context, page, calls, gaps } = await newVisitor(browser);
    let failed = 0;
    await page.route('**/api/chatkit/refresh', (route) => (failed++ ? route.continue() : route.abort('connectionrefused')));
    await page.goto(brief.url);
    const { say } = await chat(page);
    await page.locator('#events li', { hasText: 'chatkit-edge.session refreshed' }).waitFor({ state: 'attached' });
    assert.equal(await page.locator('#events li', { hasText: /problem|error/ }).count(), 0);
    assert.equal(await page.locator('.problem').count(), 0);
    assert.deepEqual(calls.slice(0, 3), ['POST /api/chatkit/session', 'POST /api/chatkit/refresh', 'POST /api/chatkit/refresh']);
    assertApart(await gaps());
    assert.match(await say('Still here'), /Still here/);
    await context.close();
  });

  test('until the secret expires shows an error above the chat, which recovers automatically with its thread', async () => {
    const { context, page, gaps } = await newVisitor(browser);
    await page.goto(brief.url);
    const { say, messages } = await chat(page);
    await say('Before');
    await page.route('**/api/chatkit/*', (route) => route.abort('connectionrefused'));
    const problem = page.locator('chatkit-edge .problem');
    await problem.waitFor();
    assert.match(await problem.innerText(), /The Worker cannot be reached/);
    assert.equal(await messages.count(), 2, 'the messages stay visible');
    await page.unroute('**/api/chatkit/*');
    await problem.waitFor({ state: 'detached' });
    await messages.nth(1).waitFor();
    assertApart(await gaps());
    await context.close();
  });
});
