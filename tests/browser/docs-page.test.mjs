// The page /docs shows all of openapi.yaml, in both themes and on a phone, without third-party resources.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { startWorker } from '../support/worker.mjs';
import { violations } from './axe.mjs';
import { launch, newVisitor } from './browser.mjs';

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  [worker, browser] = await Promise.all([startWorker(), launch()]);
});
after(() => Promise.all([worker?.close(), browser?.close()]));

/** Opens the page. @param {import('playwright-core').BrowserContextOptions} [options] @param {string} [hash] */
async function open(options, hash = '') {
  const visitor = await newVisitor(browser, options);
  /** @type {string[]} */
  const requests = [];
  visitor.page.on('request', (request) => requests.push(request.url()));
  const answer = await visitor.page.goto(`${worker.url}/docs${hash}`);
  await visitor.page.locator('.opblock').first().waitFor();
  return { ...visitor, requests, answer };
}

test('every operation of the description is on the page', async () => {
  const description = await readFile(new URL('../../public/openapi.yaml', import.meta.url), 'utf8');
  const described = description.match(/(?<=^ {6}operationId: )\S+/gm) ?? [];
  assert.ok(described.length >= 15);
  const { context, page } = await open();
  const shown = await page.locator('.opblock').evaluateAll((blocks) => blocks.map(({ id }) => id.split('-').at(-1)));
  assert.deepEqual(shown.sort(), described.sort());
  await context.close();
});

test('all resources are same-origin, and nothing violates the strict Content-Security-Policy', async () => {
  const { context, page, requests, answer, troubles } = await open();
  assert.match(answer?.headers()['content-security-policy'] ?? '', /^default-src 'none'; script-src 'self'; style-src 'self';/);
  await page.locator('#operations-Sessions-createSession button.opblock-summary-control').click();
  await page.getByText('daily_limit_reached').first().waitFor();
  assert.ok(requests.some((url) => url.endsWith('/openapi.yaml')));
  assert.deepEqual(requests.filter((url) => !url.startsWith(`${worker.url}/`) && !url.startsWith('data:')), []);
  assert.deepEqual(troubles, []);
  await context.close();
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  describe(`in the ${colorScheme} theme`, () => {
    test('the page has no accessibility violations with an operation of each method and two schemas open', async () => {
      const { context, page } = await open({ colorScheme });
      for (const id of ['Sessions-refreshSession', 'Sessions-showSession', 'Sessions-cancelSession']) {
        await page.locator(`#operations-${id} button.opblock-summary-control`).click();
        await page.locator(`#operations-${id} .responses-table`).waitFor();
      }
      await page.locator('#operations-Sessions-refreshSession').getByRole('tab', { name: 'Schema' }).first().click();
      await page.getByText('chatkit_configuration').first().waitFor();
      await page.locator('#operations-Sessions-cancelSession [data-code="400"]').getByRole('tab', { name: 'Schema' }).click();
      await page.locator('#operations-Sessions-cancelSession .json-schema-2020-12-accordion').first().waitFor();
      assert.deepEqual(await violations(page), []);
      await context.close();
    });
  });
}

test('headers that every response has are shown once, so an opened operation is short', async () => {
  const { context, page } = await open({ viewport: { width: 1280, height: 900 } }, '#/Sessions/createSession');
  const operation = page.locator('#operations-Sessions-createSession');
  await operation.locator('.responses-table').waitFor();
  const common = ['X-Request-Id', 'X-Content-Type-Options', 'Vary', 'Access-Control-Allow-Origin',
    'Access-Control-Allow-Credentials', 'Access-Control-Expose-Headers', 'Cache-Control'];
  await page.locator('.common-headers summary').click();
  assert.deepEqual(await page.locator('.common-headers td.header-col').allInnerTexts(), common);
  const own = await operation.locator('td.header-col:first-child').allInnerTexts();
  assert.deepEqual(own, ['Set-Cookie', 'WWW-Authenticate', 'Retry-After', 'Retry-After'], 'only headers of some responses');
  const box = await operation.boundingBox();
  assert.ok(box && box.height < 4500, `${box?.height} pixels`);
  await context.close();
});

test('a header with another value than in the other responses is shown in its response', async () => {
  const { context, page } = await open({}, '#/Public/config');
  const operation = page.locator('#operations-Public-config');
  await operation.locator('.responses-table').waitFor();
  assert.deepEqual(await operation.locator('td.header-col:first-child').allInnerTexts(), ['Cache-Control']);
  await context.close();
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  test(`the page has the ground of the demo in the ${colorScheme} theme`, async () => {
    const { context, page } = await open({ colorScheme });
    const ground = (/** @type {string} */ selector) =>
      page.locator(selector).evaluate((element) => getComputedStyle(element).backgroundColor);
    const [page1, swagger] = [await ground('body'), await ground('.swagger-ui >> nth=0')];
    await page.goto(worker.url);
    assert.equal(page1, await ground('body'));
    assert.ok([page1, 'rgba(0, 0, 0, 0)'].includes(swagger), swagger);
    await context.close();
  });
}

test('a URL with a hash opens its operation, which can be closed and opened by keyboard', async () => {
  const { context, page } = await open({}, '#/Owner/stats');
  const table = page.locator('#operations-Owner-stats .responses-table');
  await table.waitFor();
  await page.locator('#operations-Owner-stats button.opblock-summary-control').focus();
  await page.keyboard.press('Enter');
  await table.waitFor({ state: 'detached' });
  await page.keyboard.press('Enter');
  await table.waitFor();
  await context.close();
});

test('nothing is wider than the screen on a small phone', async () => {
  const { context, page } = await open({ viewport: { width: 320, height: 740 } }, '#/Sessions/createSession');
  await page.locator('#operations-Sessions-createSession .responses-table').waitFor();
  await page.locator('.common-headers summary').click();
  const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= screen, `${wide} > ${screen}`);
  await context.close();
});
