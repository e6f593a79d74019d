// How the dashboard shows the Worker's numbers, and when it fetches them again.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { spread } from '../../public/dashboard/markers.js';
import { rows, useDashboard } from './dashboard.mjs';
import { NOW, REPORTS } from './figures.mjs';

/** @import { Page } from 'playwright-core' */

const { openSignedIn } = useDashboard();

const tile = (/** @type {Page} */ page, /** @type {string} */ counter) => page.locator(`#tiles [data-counter=${counter}] dd`).allInnerTexts();
/** The number of pixels that a plot has drawn. @param {Page} page @param {string} selector */
const painted = (page, selector) =>
  page.locator(`${selector} canvas`).evaluate((element) => {
    const canvas = /** @type {HTMLCanvasElement} */ (element);
    const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 3 && value > 0).length;
  });

test('markers at nearly the same height stand side by side, in the order of the lines', () => {
  assert.deepEqual(spread([10, 50, 50.5, null, 49], 4), [0, -1, 0, 0, 1]);
  assert.deepEqual(spread([1, 1], 4), [-0.5, 0.5]);
  assert.deepEqual(spread([1, 9], 4), [0, 0]);
});

describe('the dashboard', () => {
  test('shows zeros with an explanation if there is no data', async () => {
    const { context, page, troubles } = await openSignedIn({ days: 0, reports: [] });
    assert.deepEqual(await tile(page, 'sessions_created'), ['0', 'no average yet', '0 in total']);
    assert.equal(await page.locator('#sessions .summary').innerText(), 'No events in these 30 days.');
    assert.ok(await page.getByText('Nothing has failed.').isVisible());
    assert.ok(await page.getByText('None yet.').isVisible());
    assert.equal((await rows(page, '#activity')).length, 30);
    assert.ok((await painted(page, '#sessions')) > 500);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('shows every line on the first day, also lines with the same number, and nothing before that day', async () => {
    const { context, page, world } = await openSignedIn({ days: 1 });
    Object.assign(world.stats.days[0], { sessions_created: 3, sessions_refreshed: 0, sessions_cancelled: 0, sessions_failed: 0 });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('#sessions .summary', { hasText: '3 created' }).waitFor();
    const lines = await page.locator('#sessions').evaluate((section) => {
      const canvas = /** @type {HTMLCanvasElement} */ (section.querySelector('canvas'));
      const { width, height } = canvas;
      const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, width, height);
      return [...section.querySelectorAll('.key li')].map((item) => {
        const color = getComputedStyle(/** @type {Element} */ (item.querySelector('.sample'))).color.match(/\d+/g)?.map(Number) ?? [];
        const columns = [];
        for (let i = 0; i < data.length; i += 4) {
          if (color.every((value, channel) => data[i + channel] === value) && data[i + 3] === 255) columns.push((i / 4) % width);
        }
        return { name: item.textContent, pixels: columns.length, left: Math.min(...columns) / width };
      });
    });
    assert.equal(lines.length, 4);
    for (const { name, pixels, left } of lines) {
      assert.ok(pixels >= 20, `${name}: ${pixels} pixels`);
      assert.ok(left > 0.8, `${name}: begins at ${left}`);
    }
    await context.close();
  });

  test('shows no average for a single day of data', async () => {
    const { context, page, world, troubles } = await openSignedIn({ days: 1 });
    const [today] = world.stats.days;
    assert.deepEqual(await tile(page, 'messages'), [String(today.messages), 'no average yet', `${today.messages} in total`]);
    assert.equal(await page.locator('#tiles-note').innerText(), 'There are no earlier days to compare with.');
    assert.deepEqual((await rows(page, '#activity'))[0], ['21 Nov', String(today.messages), String(today.thread_changes)]);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('lists all ninety days in the tables, newest first', async () => {
    const { context, page, world, troubles } = await openSignedIn();
    await page.getByLabel('90 days').check();
    const count = (/** @type {number} */ value) => value.toLocaleString('en-GB');
    const days = world.stats.days;
    assert.deepEqual(
      (await rows(page, '#sessions')).map((row) => row.slice(1)),
      days.map((day) => [day.sessions_created, day.sessions_refreshed, day.sessions_cancelled, day.sessions_failed].map(count)),
    );
    assert.deepEqual(
      (await rows(page, '#activity')).map((row) => row.slice(1)),
      days.map((day) => [day.messages, day.thread_changes].map(count)),
    );
    const times = await page.locator('#sessions tbody time').evaluateAll((list) => list.map((time) => time.getAttribute('datetime')));
    assert.deepEqual(times, days.map(({ date }) => date));
    assert.ok((await painted(page, '#sessions')) > 5_000);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('shows today with the average of earlier days, since the first day with events', async () => {
    const { context, page, world } = await openSignedIn({ days: 4 });
    world.stats.days.splice(1, 1); // a day without events
    world.stats.days.forEach((day, i) => (day.messages = [5, 100, 2][i]));
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('#tiles [data-counter=messages] dd', { hasText: '34 on average' }).waitFor();
    assert.equal((await tile(page, 'messages'))[0], '5');
    assert.equal(await page.locator('#tiles-note').innerText(), 'Compared with the average of the previous 3 days.');
    assert.deepEqual((await rows(page, '#activity')).slice(0, 5).map((row) => row[1]), ['5', '0', '100', '2', '0']);
    await context.close();
  });

  test('uses the UTC day, and the Worker’s clock if the browser’s is behind', async () => {
    const { context, page, world } = await openSignedIn({ days: 2, options: { timezoneId: 'Pacific/Auckland' } });
    assert.equal((await tile(page, 'messages'))[0], String(world.stats.days[0].messages));
    assert.match(await page.locator('#as-of').innerText(), /^22 Nov 2026, 03:19:00$/);
    world.stats.as_of += 86_400;
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('#sessions .key-day', { hasText: '22 Nov, so far' }).waitFor();
    assert.equal((await tile(page, 'messages'))[0], '0');
    await context.close();
  });

  test('lists failures by code, most frequent first, with the meaning of the code', async () => {
    const { context, page, world } = await openSignedIn();
    world.stats.failures = { rate_limited: 1, made_up_code: 9 };
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('made_up_code').waitFor();
    assert.deepEqual(await rows(page, '#failures'), [['made_up_code', '9', '90%'], ['rate_limitedToo many requests', '1', '10%']]);
    await context.close();
  });

  test('shows codes and reports as text, even if they contain markup or the name of an object property', async () => {
    const { context, page, world, troubles } = await openSignedIn({
      reports: [{ at: NOW, message: '<img src=x onerror=alert(1)>', stack: '<b>stack</b>', url: 'javascript:alert(1)' }],
    });
    world.stats.failures = { constructor: 1, '<i>x</i>': 2 };
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('<i>x</i>').waitFor();
    assert.equal(await page.locator('#reports strong').innerText(), '<img src=x onerror=alert(1)>');
    assert.equal(await page.locator('#reports :is(a, img, b)').count(), 0);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('keeps the stack of an error report open when the numbers are refreshed', async () => {
    const { context, page, world } = await openSignedIn();
    assert.equal(await page.locator('#reports li').count(), REPORTS.length);
    await page.locator('#reports summary').first().click();
    world.reports = [{ at: NOW, message: 'A new one', stack: '', url: '' }, ...REPORTS];
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('A new one').waitFor();
    assert.ok(await page.getByText('at openChat').isVisible());
    await context.close();
  });
});

describe('refreshing', () => {
  test('happens every minute while the page is visible, and immediately when it becomes visible', async () => {
    const { context, page, asked } = await openSignedIn();
    const reads = () => asked.filter(({ path }) => path === '/api/chatkit/stats').length;
    const next = () => page.waitForResponse('**/api/errors');
    assert.equal(reads(), 1);
    await page.clock.runFor(50_000);
    assert.equal(reads(), 1);
    await Promise.all([next(), page.clock.runFor(11_000)]);
    assert.equal(reads(), 2);

    const setVisibility = (/** @type {string} */ state) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, value });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await setVisibility('hidden');
    await page.clock.runFor(300_000);
    assert.equal(reads(), 2);
    await Promise.all([next(), setVisibility('visible')]);
    assert.equal(reads(), 3);
    await context.close();
  });

  test('stops after signing out', async () => {
    const { context, page, asked } = await openSignedIn();
    await page.getByRole('button', { name: 'Sign out' }).click();
    const before = asked.length;
    await page.clock.runFor(200_000);
    assert.equal(asked.length, before);
    await context.close();
  });
});
