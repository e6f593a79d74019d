// How the demo page handles sessions that expire during a chat. Sessions last two seconds in these tests.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { chat, launch, newVisitor } from './browser.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  [worker, browser] = await Promise.all([startWorkerWithSandbox({ vars: { SESSION_TTL_SECONDS: '2' } }), launch()]);
});
beforeEach(() => worker.sandbox.reset());
after(() => Promise.all([worker?.close(), browser?.close()]));

const users = () => worker.sandbox.requests.map(({ body }) => body.user);

async function open() {
  const visitor = await newVisitor(browser);
  await visitor.page.goto(worker.url);
  const happened = (/** @type {string} */ kind, times = 1) =>
    visitor.page.locator('#events li').filter({ hasText: `chatkit-edge.session ${kind}` }).nth(times - 1).waitFor({ state: 'attached' });
  return { ...visitor, ...(await chat(visitor.page)), happened };
}

describe('a session that expires during a chat', () => {
  test('is refreshed for the same user without interrupting the chat', async () => {
    const { context, say, messages, happened, calls, troubles } = await open();
    await say('Before');
    await happened('refreshed');
    assert.match(await say('After'), /After/);
    assert.equal(await messages.count(), 4);
    assert.deepEqual(calls.slice(0, 2), ['POST /api/chatkit/session', 'POST /api/chatkit/refresh']);
    assert.ok(users().length >= 2);
    assert.equal(new Set(users()).size, 1);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('is replaced by a new session if the cookie was deleted', async () => {
    const { context, page, happened, calls } = await open();
    await context.clearCookies();
    await happened('created', 2);
    const again = calls.indexOf('POST /api/chatkit/session', 1);
    assert.equal(calls[again - 1], 'POST /api/chatkit/refresh');
    assert.equal(new Set(users()).size, 2);
    assert.equal(await page.locator('.problem').count(), 0);
    await context.close();
  });

  test('shows an error if it cannot be refreshed, and is retried only by the visitor', async () => {
    const { context, page, say, messages, calls } = await open();
    await say('Before');
    worker.sandbox.fail('invalid-key', { times: Infinity });
    const alert = page.locator('chatkit-edge .alert');
    await alert.locator('.problem').waitFor();
    assert.match(await alert.innerText(), /OpenAI does not accept the API key/);
    assert.equal(await messages.count(), 2, 'the messages stay visible');

    const asked = calls.length;
    const retry = page.locator('openai-chatkit .notice .retry');
    await retry.waitFor();
    const errors = page.locator('#events li', { hasText: 'chatkit.error' });
    const before = await errors.count();
    await retry.click();
    await errors.nth(before).waitFor({ state: 'attached' });
    assert.equal(calls.length, asked, "the widget's own retries do not reach the Worker");

    await fetch(`${worker.sandbox.url}/sandbox/faults`, { method: 'DELETE' });
    await alert.getByRole('button', { name: 'Try again' }).click();
    await alert.locator('.problem').waitFor({ state: 'detached' });
    await messages.nth(1).waitFor();
    assert.match(await (await chat(page)).say('After'), /After/);
    assert.equal(await messages.count(), 4, 'the thread is the same');
    assert.equal(await alert.innerText(), '');
    await context.close();
  });
});
