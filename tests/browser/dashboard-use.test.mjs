// Use of the dashboard by keyboard and pointer, its accessibility in both themes, and its layout on a phone.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { violations } from './axe.mjs';
import { signIn, TOKEN, useDashboard } from './dashboard.mjs';

const { open, openSignedIn } = useDashboard();

describe('by keyboard', () => {
  test('Tab moves the focus from the token to every part of the dashboard', async () => {
    const { context, page } = await open();
    await page.getByLabel('Admin token').waitFor();
    await page.keyboard.type(TOKEN);
    await page.keyboard.press('Enter');
    await page.getByText('Complete up to').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'dashboard-title');
    const stops = [];
    for (let i = 0; i < 9; i++) {
      await page.keyboard.press('Tab');
      stops.push(await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim()));
    }
    assert.equal(stops[0], '', 'the days shown');
    assert.deepEqual(stops.slice(1, 6), ['Refresh', 'Sessions per day: day', 'As a table', 'Messages and thread changes per day: day', 'As a table']);
    await context.close();
  });

  test('the arrow keys move the day of a plot, which is announced with its numbers', async () => {
    const { context, page, world } = await openSignedIn();
    const { days } = world.stats;
    const plot = page.getByRole('slider', { name: 'Sessions per day: day' });
    const text = () => plot.getAttribute('aria-valuetext');
    assert.match(String(await text()), new RegExp(`^Sat, 21 Nov 2026: ${days[0].sessions_created} created`));
    await plot.focus();
    await page.keyboard.press('ArrowLeft');
    assert.match(String(await text()), new RegExp(`^Fri, 20 Nov 2026: ${days[1].sessions_created} created`));
    assert.equal(await page.locator('#sessions [data-counter=sessions_created] b').innerText(), String(days[1].sessions_created));
    await page.keyboard.press('Home');
    assert.match(String(await text()), /^Fri, 23 Oct 2026/);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('PageUp');
    assert.match(String(await text()), /^Fri, 30 Oct 2026/);

    // The day is kept when the numbers are refreshed.
    await Promise.all([page.waitForResponse('**/api/errors'), page.getByRole('button', { name: 'Refresh' }).click()]);
    await page.locator('#status', { hasText: /^$/ }).waitFor({ state: 'attached' });
    assert.match(String(await text()), /^Fri, 30 Oct 2026/);
    await plot.press('End');
    assert.match(String(await text()), /^Sat, 21 Nov 2026/);
    await context.close();
  });

  test('a table can be opened', async () => {
    const { context, page } = await openSignedIn();
    await page.locator('#sessions summary').focus();
    await page.keyboard.press('Enter');
    assert.ok(await page.getByRole('table', { name: 'Sessions per day' }).isVisible());
    await context.close();
  });
});

test('a plot shows the day under the pointer, and today when the pointer leaves', async () => {
  const { context, page } = await openSignedIn();
  const day = page.locator('#sessions .key-day');
  const box = await page.locator('#sessions .u-over').boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 5, box.y + 50);
  await page.locator('#sessions .key-day', { hasText: '23 Oct' }).waitFor();
  await page.mouse.move(box.x + 5, box.y - 150);
  await page.locator('#sessions .key-day', { hasText: 'so far' }).waitFor();
  assert.equal(await day.innerText(), '21 Nov, so far');
  await context.close();
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  describe(`in the ${colorScheme} theme`, () => {
    test('the dashboard has no accessibility violations with tables and stacks open', async () => {
      const { context, page, troubles } = await openSignedIn({ options: { colorScheme } });
      for (const summary of await page.locator('summary:visible').all()) await summary.click();
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(troubles, []);
      await context.close();
    });

    test('the form with an alert has no violations', async () => {
      const { context, page } = await open({ options: { colorScheme } });
      await signIn(page, 'wrong');
      await page.locator('.alert').waitFor();
      assert.deepEqual(await violations(page), []);
      await context.close();
    });

    test('the dashboard without data has no violations', async () => {
      const { context, page } = await openSignedIn({ days: 0, reports: [], options: { colorScheme } });
      assert.deepEqual(await violations(page), []);
      await context.close();
    });
  });
}

test('the plots change with the theme', async () => {
  const { context, page } = await openSignedIn({ options: { colorScheme: 'light' } });
  const pixels = () => page.locator('#sessions canvas').evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
  const light = await pixels();
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await page.getByRole('button', { name: 'Light theme' }).waitFor();
  assert.notEqual(await pixels(), light);
  await context.close();
});

for (const days of [0, 1, 90]) {
  test(`at 360 pixels nothing is cut off or scrolls sideways, with ${days} days`, async () => {
    const { context, page } = await openSignedIn({ days, options: { viewport: { width: 360, height: 740 } } });
    await page.getByLabel('90 days').check();
    for (const summary of await page.locator('summary:visible').all()) await summary.click();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    assert.deepEqual(
      await page.locator('.table:visible').evaluateAll((tables) => tables.map((box) => box.scrollWidth - box.clientWidth)), [0, 0]);
    const plot = await page.locator('#sessions canvas').boundingBox();
    assert.ok(plot && plot.x >= 0 && plot.x + plot.width <= 360);
    await context.close();
  });
}
