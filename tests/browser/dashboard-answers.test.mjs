// How the dashboard shows the answers of the Worker's own chats: which parts are there, the time to the first token, tokens and cost.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { quantile } from '../../public/dashboard/first-token.js';
import { shownParts } from '../../public/dashboard/shown.js';
import { violations } from './axe.mjs';
import { rows, useDashboard } from './dashboard.mjs';
import { statsOf } from './figures.mjs';

/** @import { Page } from 'playwright-core' */

const { openSignedIn } = useDashboard();

const names = (/** @type {Page} */ page) =>
  page.locator('#tiles > div').evaluateAll((tiles) => tiles.map((tile) => /** @type {HTMLElement} */ (tile).dataset.counter));
const tile = (/** @type {Page} */ page, /** @type {string} */ name) => page.locator(`#tiles [data-counter=${name}] dd`).allInnerTexts();
const plots = async (/** @type {Page} */ page) =>
  (await page.locator('section.card:visible h2').allInnerTexts()).filter((title) => !/^(Failures|Latest)/.test(title));

/** The texts in tiles that are wider than their tile. @param {Page} page */
const cutOff = (page) =>
  page.locator('#tiles dd, #tiles dt').evaluateAll((list) =>
    list.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ textContent }) => textContent));

describe('a quantile of the histogram', () => {
  const buckets = [{ le: 0.5, count: 2 }, { le: 1, count: 6 }, { le: 2, count: 8 }];

  test('is estimated within its bucket', () => {
    assert.deepEqual(quantile({ count: 8, sum: 5, buckets }, 0.5), { seconds: 0.75, isOver: false });
    assert.deepEqual(quantile({ count: 8, sum: 5, buckets }, 0.25), { seconds: 0.5, isOver: false });
    assert.deepEqual(quantile({ count: 8, sum: 5, buckets }, 1), { seconds: 2, isOver: false });
    assert.deepEqual(quantile({ count: 2, sum: 1, buckets: [{ le: 0.5, count: 2 }] }, 0.5), { seconds: 0.25, isOver: false });
  });

  test('is over the largest bound if it took longer', () => {
    assert.deepEqual(quantile({ count: 10, sum: 99, buckets }, 0.95), { seconds: 2, isOver: true });
  });

  test('is unknown without answers', () => {
    assert.equal(quantile({ count: 0, sum: 0, buckets: buckets.map(({ le }) => ({ le, count: 0 })) }, 0.5), null);
  });
});

test('the parts are those of the backend, and those that have counted something', () => {
  for (const [totals, backend, expected] of /** @type {[Record<string, number>, string | undefined, string[]][]} */ ([
    [{}, undefined, ['pages', 'sessions']],
    [{}, 'hosted', ['pages', 'sessions']],
    [{}, 'agent', ['answers', 'pages']],
    [{}, 'remote', ['pages']],
    [{ sessions_failed: 1 }, 'agent', ['answers', 'pages', 'sessions']],
    [{ output_tokens: 1 }, 'hosted', ['answers', 'pages', 'sessions']],
    [{ cost_micros: 1 }, 'agent', ['answers', 'cost', 'pages']],
  ])) {
    assert.deepEqual([...shownParts(totals, backend)].sort(), expected, `${JSON.stringify(totals)} ${backend}`);
  }
});

describe('the dashboard', () => {
  test('shows answers, tokens and cost instead of sessions if the Worker runs the chats', async () => {
    const { context, page, world, troubles } = await openSignedIn({ backend: 'agent' });
    assert.deepEqual(await names(page), [
      'answers', 'answers_failed', 'answers_stopped', 'tool_calls', 'input_tokens', 'cached_input_tokens', 'output_tokens', 'cost_micros',
      'first_token_median', 'first_token_p95', 'messages', 'thread_changes', 'client_errors',
    ]);
    assert.deepEqual(await plots(page), ['Answers and tool calls', 'Tokens', 'Cost in US dollars', 'Messages and thread changes']);
    const [today] = world.stats.days;
    const exact = (/** @type {number} */ value) => value.toLocaleString('en-GB');
    assert.deepEqual((await rows(page, '#tokens'))[0].slice(1), [today.input_tokens, today.cached_input_tokens, today.output_tokens].map(exact));
    assert.deepEqual((await rows(page, '#answers'))[0].slice(1),
      [today.answers, today.tool_calls, today.answers_stopped, today.answers_failed].map(exact));
    assert.equal((await tile(page, 'input_tokens'))[0], `${Math.round(today.input_tokens / 1000)}K`);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('shows the cost in dollars', async () => {
    const { context, page, world } = await openSignedIn({ backend: 'agent', days: 2 });
    Object.assign(world.stats.days[0], { cost_micros: 1_234_000 });
    Object.assign(world.stats.days[1], { cost_micros: 4_200 });
    world.stats.totals.cost_micros = 123_456_000;
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('#cost .summary', { hasText: '$1.24 spent in 30 days. Peak: $1.23 spent on 21 Nov.' }).waitFor();
    assert.deepEqual(await tile(page, 'cost_micros'), ['$1.23', '$0.0042 on average', '$123 in total']);
    assert.deepEqual((await rows(page, '#cost')).slice(0, 3).map((row) => row[1]), ['$1.23', '$0.0042', '$0.00']);
    await context.close();
  });

  test('shows how long answers take to begin, by the median and the 95th percentile', async () => {
    const { context, page, world } = await openSignedIn({ backend: 'agent', days: 1 });
    world.stats.first_token_seconds = {
      count: 1_000, sum: 2_000, buckets: [{ le: 0.25, count: 0 }, { le: 0.5, count: 600 }, { le: 4, count: 900 }, { le: 30, count: 940 }],
    };
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('> 30s').waitFor();
    assert.deepEqual(await tile(page, 'first_token_median'), ['0.46s', 'estimated', 'from 1,000 answers in total']);
    assert.equal((await tile(page, 'first_token_p95'))[0], '> 30s');
    await context.close();
  });

  test('says that there are no answers yet, without a cost, on the first day of an agent', async () => {
    const { context, page, troubles } = await openSignedIn({ backend: 'agent', days: 0, reports: [] });
    assert.deepEqual(await tile(page, 'first_token_p95'), ['–', 'no answers yet']);
    assert.deepEqual(await plots(page), ['Answers and tool calls', 'Tokens', 'Messages and thread changes']);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('shows sessions, and nothing of answers, if OpenAI hosts the chats or the backend is unknown', async () => {
    for (const backend of ['hosted', 'x']) {
      const { context, page } = await openSignedIn({ backend });
      assert.deepEqual(await names(page), ['sessions_created', 'sessions_refreshed', 'sessions_cancelled', 'sessions_failed', 'messages',
        'thread_changes', 'client_errors'], backend);
      assert.deepEqual(await plots(page), ['Sessions by outcome', 'Messages and thread changes']);
      await context.close();
    }
  });

  test('shows the sessions of the time before beside the answers of a site that has moved', async () => {
    const { context, page, world } = await openSignedIn({ backend: 'agent' });
    world.stats.totals.sessions_created = statsOf(90).totals.sessions_created;
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('heading', { name: 'Sessions by outcome' }).waitFor();
    assert.ok((await plots(page)).includes('Answers and tool calls'));
    await context.close();
  });

  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    test(`has no accessibility violations with answers, at 320 pixels in the ${colorScheme} theme, and nothing is cut off`, async () => {
      const { context, page, troubles } = await openSignedIn({ backend: 'agent', options: { colorScheme, viewport: { width: 320, height: 740 } } });
      await page.getByLabel('90 days').check();
      for (const summary of await page.locator('summary:visible').all()) await summary.click();
      assert.deepEqual(await violations(page), []);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
      assert.deepEqual(await cutOff(page), []);
      assert.deepEqual(troubles, []);
      await context.close();
    });
  }

  test('fits every figure into its tile in Spanish too', async () => {
    const { context, page } = await openSignedIn({ backend: 'agent' });
    await page.getByRole('button', { name: 'Español' }).click();
    assert.equal((await tile(page, 'first_token_p95'))[1], 'estimado');
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await cutOff(page), [], `${width} pixels`);
    }
    await context.close();
  });
});
