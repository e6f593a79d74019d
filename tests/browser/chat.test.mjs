// The demo page in Chromium without errors.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { chat, holdUntilBothAreAskedFor, launch, newVisitor } from './browser.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  [worker, browser] = await Promise.all([startWorkerWithSandbox(), launch()]);
});
beforeEach(() => worker.sandbox.reset());
after(() => Promise.all([worker?.close(), browser?.close()]));

const users = () => worker.sandbox.requests.map(({ body }) => body.user);

/** @param {import('playwright-core').BrowserContextOptions} [options] */
async function open(options) {
  const visitor = await newVisitor(browser, options);
  await visitor.page.goto(worker.url);
  return { ...visitor, ...(await chat(visitor.page)) };
}

describe('the demo page', () => {
  test('loads and gets a reply with one session and an empty console', async () => {
    const { context, page, say, messages, calls, troubles } = await open();
    assert.match(await say('Good morning'), /Good morning/);
    assert.equal(await messages.count(), 2);
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    assert.equal(await page.locator('.problem').count(), 0);
    assert.equal(await page.getByText('Loading the chat…').count(), 0);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('requests the session and the script at the same time', async () => {
    const { context, page } = await newVisitor(browser);
    await holdUntilBothAreAskedFor(page);
    await page.goto(worker.url);
    await chat(page);
    await page.locator('#events code', { hasText: 'chatkit-edge.session' }).waitFor();
    assert.equal(worker.sandbox.requests.length, 1);
    await context.close();
  });

  test('keeps the same visitor after a reload', async () => {
    const { context, page } = await open();
    await page.reload();
    await chat(page);
    const [first, second, ...more] = users();
    assert.match(first, /^visitor_/);
    assert.equal(second, first);
    assert.deepEqual(more, []);
    await context.close();
  });

  test('has a different user in each browser', async () => {
    const [one, other] = [await open(), await open()];
    const [first, second] = users();
    assert.notEqual(second, first);
    await Promise.all([one.context.close(), other.context.close()]);
  });

  test('says that it uses the sandbox, and which settings to add', async () => {
    const { context, page } = await open();
    const shown = page.locator('#sandbox-note');
    await shown.waitFor();
    const note = await shown.innerText();
    assert.match(note, /^This is the sandbox: replies are generated on this machine, and no API key is used\./);
    assert.match(note, /set these in \.dev\.vars: OPENAI_API_KEY, OPENAI_CHATKIT_WORKFLOW_ID/);
    await context.close();
  });

  test('lists the events without secrets', async () => {
    const { context, page, say } = await open();
    await say('swordfish');
    const events = await page.locator('#events').innerText();
    for (const type of ['chatkit-edge.session', 'chatkit.ready', 'chatkit.thread.change', 'chatkit.response.start', 'chatkit.response.end']) {
      assert.ok(events.includes(type), type);
    }
    assert.doesNotMatch(events, /swordfish|ek_/);
    for (const type of ['chatkit.ready', 'chatkit.thread.change', 'chatkit.response.start', 'chatkit.response.end']) {
      assert.equal(events.split('\n').filter((line) => line.includes(type)).length, 1, `${type} is listed once`);
    }
    const [error] = await page.evaluate(() => {
      const detail = { error: new Error('The secret ek_sandbox_abcdefgh is not valid') };
      document.querySelector('chatkit-edge')?.shadowRoot?.querySelector('openai-chatkit')?.dispatchEvent(new CustomEvent('chatkit.error', { detail }));
      return [document.querySelector('#events li')?.textContent ?? ''];
    });
    assert.match(error, /chatkit\.error The secret ek_… is not valid$/);
    await page.getByRole('button', { name: 'Clear' }).click();
    assert.equal(await page.locator('#events li').count(), 0);
    await context.close();
  });

  test("uses the system's dark theme, and remembers the theme that the visitor chooses", async () => {
    const { context, page, messages, say } = await open({ colorScheme: 'dark' });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const widget = page.locator('openai-chatkit .root');
    const dark = await background();
    assert.equal(await widget.getAttribute('data-scheme'), 'dark');

    await say('Stay here');
    await page.getByRole('button', { name: 'Light theme' }).click();
    assert.notEqual(await background(), dark);
    assert.equal(await widget.getAttribute('data-scheme'), 'light');
    assert.equal(await messages.count(), 2, 'the chat stays');

    await page.reload();
    await chat(page);
    assert.notEqual(await background(), dark);
    assert.equal(await widget.getAttribute('data-scheme'), 'light');
    assert.ok(await page.getByRole('button', { name: 'Dark theme' }).isVisible());
    await context.close();
  });

  test("follows changes of the system's theme until the visitor chooses one", async () => {
    const { context, page } = await open({ colorScheme: 'light' });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('openai-chatkit .root[data-scheme="dark"]').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Light theme' }).isVisible());
    await context.close();
  });

  test('fits a screen 360 pixels wide', async () => {
    const { context, page, say } = await open({ viewport: { width: 360, height: 740 } });
    await say('A-long-word-'.repeat(20));
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    await context.close();
  });
});
