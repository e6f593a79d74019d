// <chatkit-edge> on a page of another site: several elements, added, moved and removed elements, options, the launcher.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { useOtherSite } from './embed.mjs';
import { tag } from './sites.mjs';

const { open, worker } = useOtherSite();

describe('an element', () => {
  test('shares the session and the script with a second one on the page', async () => {
    const { page, calls, done } = await open(`${tag(worker().url)}<chatkit-edge></chatkit-edge>`);
    await page.locator('chatkit-edge textarea').nth(1).waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    assert.equal(await page.locator('script[src$="/chatkit.js"]').count(), 1);
    await done();
  });

  test('works in a shadow root when added later, and shares the existing session', async () => {
    const { page, composer, calls, done } = await open(`${tag(worker().url)}<div id="host"></div>`);
    await composer.waitFor();
    await page.evaluate(() => {
      const root = document.querySelector('#host')?.attachShadow({ mode: 'open' });
      root?.append(document.createElement('chatkit-edge'));
    });
    await page.locator('#host textarea').waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    await done();
  });

  test('leaves nothing behind if removed while it starts, whether its requests succeed or fail', async () => {
    for (const outcome of ['continue', 'abort']) {
      const asked = Promise.withResolvers();
      const removed = Promise.withResolvers();
      const { context, page, calls, troubles } = await open(tag(worker().url), {
        prepare: (page) =>
          page.route(/session$|chatkit\.js$/, async (route) => {
            if (route.request().url().endsWith('session')) asked.resolve(null);
            await removed.promise;
            await (outcome === 'abort' ? route.abort('connectionrefused') : route.continue());
          }),
      });
      await asked.promise;
      const refused = await page.evaluate(async () => {
        const element = /** @type {import('../../public/embed.js').ChatKitEdgeElement} */ (document.querySelector('chatkit-edge'));
        const call = element.focusComposer().catch((/** @type {Error} */ error) => error.message);
        element.remove();
        return call;
      });
      assert.equal(refused, '<chatkit-edge> was removed from the page.');
      const over = page.waitForEvent(outcome === 'abort' ? 'requestfailed' : 'requestfinished', (request) => request.url().endsWith('session'));
      removed.resolve(null);
      await over;
      // Any effect of the response happens within a few tasks.
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
      assert.equal(await page.locator('openai-chatkit').count(), 0);
      assert.equal(calls.length, 1);
      assert.deepEqual(troubles.filter((text) => !text.startsWith('Failed to load resource')), []);
      await context.close();
    }
  });

  test('keeps its thread and its session when moved in the page', async () => {
    const { page, composer, calls, done } = await open(`<div id="there"></div>${tag(worker().url)}`);
    await composer.fill('Keep this');
    await composer.press('Enter');
    await page.locator('.message.assistant .text', { hasText: 'Keep this' }).waitFor();
    await page.evaluate(() => document.querySelector('#there')?.append(/** @type {Element} */ (document.querySelector('chatkit-edge'))));
    await page.locator('#there .message.assistant .text', { hasText: 'Keep this' }).waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    await done();
  });

  test('keeps its session when removed and inserted again, as by a router', async () => {
    const { page, composer, calls, done } = await open(tag(worker().url));
    await composer.waitFor();
    await page.evaluate(async () => {
      const element = /** @type {Element} */ (document.querySelector('chatkit-edge'));
      element.remove();
      await new Promise((resolve) => setTimeout(resolve));
      document.body.append(element);
    });
    await composer.waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    await done();
  });

  test('applies attributes and options, and forwards events and methods', async () => {
    const { page, composer, done } = await open(
      tag(worker().url, 'greeting="Welcome" placeholder="Ask us" prompts="One | Two" theme="dark" locale="es-MX" label="Help" height="500"'),
    );
    await composer.waitFor();
    assert.equal(await page.locator('.greeting').innerText(), 'Welcome');
    assert.equal(await composer.getAttribute('placeholder'), 'Ask us');
    assert.deepEqual(await page.locator('.prompt').allInnerTexts(), ['One', 'Two']);
    assert.equal(await page.locator('openai-chatkit .root').getAttribute('data-scheme'), 'dark');
    assert.equal(await page.locator('openai-chatkit .root').getAttribute('lang'), 'es');
    assert.equal((await page.locator('openai-chatkit').boundingBox())?.height, 500);
    const heard = await page.evaluate(async () => {
      const chat = /** @type {import('../../public/embed.js').ChatKitEdgeElement} */ (document.querySelector('chatkit-edge'));
      /** @type {string[]} */
      const types = [];
      const ended = new Promise((resolve) => chat.addEventListener('chatkit.response.end', resolve));
      chat.addEventListener('chatkit.thread.change', ({ detail }) => types.push(typeof detail.threadId));
      await chat.setComposerValue({ text: 'typed' });
      const { value } = /** @type {HTMLTextAreaElement} */ (chat.shadowRoot?.querySelector('openai-chatkit')?.shadowRoot?.querySelector('textarea'));
      await chat.sendUserMessage({ text: 'Hello' });
      await ended;
      chat.setOptions({ startScreen: { greeting: 'Changed' }, disclaimer: { text: 'Careful' } });
      await chat.setThreadId(null);
      return [value, ...types];
    });
    assert.deepEqual(heard, ['typed', 'string', 'object']);
    assert.equal(await page.locator('.greeting').innerText(), 'Changed');
    assert.equal(await page.locator('.disclaimer').innerText(), 'Careful');
    await done();
  });

  test('passes each event of the widget on once, and not to its ancestors', async () => {
    const { page, composer, done } = await open(`${tag(worker().url)}<chatkit-edge></chatkit-edge>`, {
      prepare: (page) =>
        page.addInitScript(() => {
          const heard = (/** @type {any} */ (window).heard = { captured: 0, bubbled: 0, atElement: 0 });
          document.addEventListener('chatkit.ready', () => heard.captured++, true);
          document.addEventListener('chatkit.ready', () => heard.bubbled++);
          document.addEventListener('DOMContentLoaded', () => {
            document.querySelector('chatkit-edge')?.addEventListener('chatkit.ready', () => heard.atElement++);
          });
        }),
    });
    await composer.nth(1).waitFor();
    await page.waitForFunction(() => /** @type {any} */ (window).heard.captured >= 2);
    assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).heard), { captured: 2, bubbled: 0, atElement: 1 });
    await done();
  });

  test('follows the theme and the language of the page', async () => {
    const { page, composer, done } = await open(tag(worker().url));
    await composer.waitFor();
    const root = page.locator('openai-chatkit .root');
    assert.equal(await root.getAttribute('data-scheme'), 'light', 'the default theme is light');
    await page.evaluate(() => {
      document.documentElement.style.colorScheme = 'dark';
      document.documentElement.lang = 'es';
    });
    await page.locator('openai-chatkit .root[data-scheme="dark"][lang="es"]').waitFor();
    await done();
  });

  test('requests its own workflow, at least a second after the session of the first element', async () => {
    const two = `${tag(worker().url)}<chatkit-edge workflow="wf_other"></chatkit-edge>`;
    const { page, calls, done, troubles } = await open(two);
    const alert = page.locator('chatkit-edge').nth(1).locator('.problem');
    await alert.waitFor();
    assert.match(await alert.innerText(), /workflow_not_allowed/);
    assert.equal(calls.length, 2);
    troubles.length = 0;
    await done();
  });
});

describe('a launcher', () => {
  test('sends no requests until it is opened, and opens, closes and moves the focus by keyboard', async () => {
    const { page, composer, calls, done } = await open(tag(worker().url, 'launcher="Help" label="Help chat"'));
    const button = page.getByRole('button', { name: 'Help' });
    await button.waitFor();
    assert.deepEqual(calls, []);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Help chat' });
    await dialog.waitFor();
    await composer.waitFor();
    await page.waitForFunction(() => document.querySelector('chatkit-edge')?.shadowRoot?.activeElement?.localName === 'openai-chatkit');
    assert.equal(await page.getByRole('button', { name: 'Close the chat' }).getAttribute('aria-expanded'), 'true');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.querySelector('chatkit-edge')?.shadowRoot?.activeElement?.className), 'launch');
    await page.evaluate(() => document.querySelector('chatkit-edge')?.show());
    await dialog.waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    await done();
  });
});
