// Who the visitor of another site's page is to <chatkit-edge>, over reloads, tabs and the back/forward cache.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../support/until.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { assertApart, launch, newVisitor } from './browser.mjs';
import { useOtherSite } from './embed.mjs';
import { page as html, tag } from './sites.mjs';

const { open, visitor, worker, site, users } = useOtherSite();

describe('who the visitor is', () => {
  test('is kept over a reload and between tabs where the browser keeps cookies', async () => {
    const { context, page, composer, done } = await open(tag(worker().url));
    await composer.waitFor();
    await page.reload();
    await composer.waitFor();
    const second = await context.newPage();
    await second.goto(page.url());
    await second.locator('chatkit-edge textarea').waitFor();
    assert.equal(users().length, 3);
    assert.equal(new Set(users()).size, 1);
    await done();
  });

  test('is one, whose two tabs are opened at once for the first time', async () => {
    const { context, page } = await visitor();
    const pages = [page, await context.newPage()];
    // On the Worker's own page and on that of another site, where the value is kept in another way.
    for (const url of [site().put('/tabs', html(tag(worker().url))), worker().url]) {
      worker().sandbox.reset();
      await Promise.all(pages.map((each) => each.goto(url)));
      await Promise.all(pages.map((each) => each.locator('chatkit-edge textarea').waitFor()));
      assert.equal(users().length, 2);
      assert.equal(new Set(users()).size, 1, url);
    }
    await context.close();
  });

  test('is kept where it keeps none', async () => {
    const { page, composer, done } = await open(tag(worker().url), {
      async prepare(page) {
        await page.route('**/api/chatkit/*', async (route) => {
          const response = await route.fetch();
          const headers = response.headers();
          delete headers['set-cookie'];
          await route.fulfill({ response, headers });
        });
      },
    });
    await composer.waitFor();
    await page.context().clearCookies();
    await page.reload();
    await composer.waitFor();
    assert.equal(users().length, 2);
    assert.equal(new Set(users()).size, 1);
    await done();
  });
});

test('a page that comes back from the back/forward cache goes on with its chat, whose session has ended meanwhile', async (t) => {
  const cached = await launch({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  t.after(() => cached.close());
  const brief = await startWorkerWithSandbox({ vars: { ALLOWED_ORIGINS: site().origin, SESSION_TTL_SECONDS: '2' } });
  t.after(() => brief.close());
  const { page, troubles, gaps } = await newVisitor(cached);
  await page.goto(site().put('/first', html(tag(brief.url))));
  const composer = page.locator('chatkit-edge textarea');
  const say = async (/** @type {string} */ text) => {
    await composer.fill(text);
    await composer.press('Enter');
    await page.locator('.message.assistant .text', { hasText: text }).waitFor();
  };
  await say('Before');
  await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => (document.title = persisted ? 'kept' : 'loaded anew')));
  await page.goto(site().put('/second', html('<p>Another page</p>')));
  const left = Date.now();
  await until(() => Date.now() > left + 2500, 'the session has ended');
  // A page that was kept is not loaded again.
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => document.title === 'kept');
  await say('After');
  assert.equal(await page.locator('.message').count(), 4);
  assertApart(await gaps());
  // The widget tries its old secret first, and the browser says that it is refused.
  assert.deepEqual(troubles.filter((text) => !/status of 401/.test(text)), []);
});
