// <chatkit-edge> keeps the visitor of another site across reloads, tabs and the back/forward cache.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../support/until.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { assertApart, launch, newVisitor } from './browser.mjs';
import { useOtherSite } from './embed.mjs';
import { page as html, tag } from './sites.mjs';

const { open, visitor, worker, site, users } = useOtherSite();

describe('the visitor', () => {
  test('stays the same across a reload and tabs if the browser stores cookies', async () => {
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

  test('is the same in two tabs that are opened at the same time on the first visit', async () => {
    const { context, page } = await visitor();
    const pages = [page, await context.newPage()];
    // On a page of another site and on the Worker's own page, which store the value in different ways.
    for (const url of [site().put('/tabs', html(tag(worker().url))), worker().url]) {
      worker().sandbox.reset();
      await Promise.all(pages.map((each) => each.goto(url)));
      await Promise.all(pages.map((each) => each.locator('chatkit-edge textarea').waitFor()));
      assert.equal(users().length, 2);
      assert.equal(new Set(users()).size, 1, url);
    }
    await context.close();
  });

  test('stays the same across a reload if the browser stores no cookies', async () => {
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

test('a page restored from the back/forward cache continues its chat after its session has expired', async (t) => {
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
  await until(() => Date.now() > left + 2500, 'the session expires');
  // A restored page has no load event.
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => document.title === 'kept');
  await say('After');
  assert.equal(await page.locator('.message').count(), 4);
  assertApart(await gaps());
  // The widget tries its old secret first, and the browser logs the 401.
  assert.deepEqual(troubles.filter((text) => !/status of 401/.test(text)), []);
});
