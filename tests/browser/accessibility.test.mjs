// Accessibility of the pages and the element: axe-core's rules in both themes, the keyboard, and the 404 page.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { violations } from './axe.mjs';
import { chat, launch, newVisitor } from './browser.mjs';
import { page as html, startSite, tag } from './sites.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
before(async () => {
  site = await startSite();
  [worker, browser] = await Promise.all([startWorkerWithSandbox({ vars: { ALLOWED_ORIGINS: site.origin } }), launch()]);
});
beforeEach(() => worker.sandbox.reset());
after(async () => {
  await Promise.all([worker?.close(), browser?.close()]);
  site?.close();
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  describe(`in the ${colorScheme} theme`, () => {
    const open = () => newVisitor(browser, { colorScheme, reducedMotion: 'reduce' });

    test('the chat has no accessibility violations', async () => {
      const { context, page } = await open();
      await page.goto(worker.url);
      await (await chat(page)).say('Hello');
      assert.deepEqual(await violations(page), []);
      await context.close();
    });

    test('an alert has no violations', async () => {
      worker.sandbox.fail('invalid-key');
      const { context, page } = await open();
      await page.goto(worker.url);
      await page.locator('.problem').waitFor();
      assert.deepEqual(await violations(page), []);
      await context.close();
    });

    test('the demo page on a phone with the longest snippet has no violations', async () => {
      const { context, page } = await newVisitor(browser, { colorScheme, viewport: { width: 360, height: 740 } });
      await page.goto(worker.url);
      await chat(page);
      await page.getByRole('tab', { name: 'React' }).click();
      assert.deepEqual(await violations(page), []);
      await context.close();
    });

    test('the element on another site has no violations while loading, inline, floating or failed', async () => {
      const { context, page } = await open();
      const put = (/** @type {string} */ attributes) => site.put('/page', html(tag(worker.url, `theme="${colorScheme}" ${attributes}`)));
      await page.route('**/chatkit.js', () => {});
      await page.goto(put(''), { waitUntil: 'domcontentloaded' });
      await page.getByText('Loading the chat…').waitFor();
      assert.deepEqual(await violations(page), [], 'while it loads');
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      for (const attributes of ['', 'launcher="Help"', 'launcher open']) {
        await page.goto(put(attributes));
        await (attributes === 'launcher="Help"' ? page.getByRole('button', { name: 'Help' }) : page.locator('chatkit-edge textarea')).waitFor();
        assert.deepEqual(await violations(page), [], attributes);
      }
      await page.route('**/api/chatkit/session', (route) => route.abort('connectionrefused'));
      await page.goto(put(''));
      await page.locator('.problem').waitFor();
      assert.deepEqual(await violations(page), [], 'failed');
      await context.close();
    });

    test('the 404 page has no violations', async () => {
      const { context, page } = await open();
      await page.goto(`${worker.url}/nowhere`);
      assert.deepEqual(await violations(page), []);
      await context.close();
    });
  });
}

test('the first Tab press shows a link that skips to the chat', async () => {
  const { context, page } = await newVisitor(browser);
  await page.goto(worker.url);
  await chat(page);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the chat');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'chat');
  await context.close();
});

test('an unknown path shows a 404 page with a link to the chat', async () => {
  const { context, page, troubles } = await newVisitor(browser);
  const answer = await page.goto(`${worker.url}/nowhere`);
  assert.equal(answer?.status(), 404);
  const headers = answer?.headers() ?? {};
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'strict-origin-when-cross-origin');
  assert.match(headers['content-security-policy'], /^default-src 'none'; style-src 'self';/);
  assert.equal(await page.locator('h1').innerText(), 'Page not found');
  assert.deepEqual(troubles, ['Failed to load resource: the server responded with a status of 404 (Not Found)']);
  await page.getByRole('link', { name: 'Go to the chat' }).click();
  await chat(page);
  assert.equal(page.url(), `${worker.url}/`);
  await context.close();
});
