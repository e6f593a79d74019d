// The dashboard in Chromium, from the built Worker's files and under their policy, with answers made up for each test.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startWorker } from '../support/worker.mjs';
import { violations } from './axe.mjs';
import { launch, newVisitor } from './browser.mjs';
import { dateBefore, NOW, REPORTS, statsOf } from './figures.mjs';

/** @import { BrowserContextOptions, Page, Route } from 'playwright-core' */

const TOKEN = 'admin-token-for-tests';

/** @type {Awaited<ReturnType<typeof startWorker>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  [worker, browser] = await Promise.all([startWorker(), launch()]);
});
after(() => Promise.all([worker?.close(), browser?.close()]));

const problem = (/** @type {number} */ status, /** @type {string} */ code) => (/** @type {Route} */ route) =>
  route.fulfill({ status, contentType: 'application/problem+json', body: JSON.stringify({ code, detail: `Detail of ${code}.` }) });
const unreachable = (/** @type {Route} */ route) => route.abort('connectionrefused');

/**
 * A page at NOW whose Worker answers with so many days, or as `world.answer` says; that can be changed later.
 * @param {{ days?: number, reports?: typeof REPORTS, answer?: (route: Route) => Promise<void>, options?: BrowserContextOptions }} [world]
 */
async function open({ days = 90, reports = REPORTS, answer, options } = {}) {
  const visitor = await newVisitor(browser, options);
  const { page } = visitor;
  const world = { stats: statsOf(days), reports, answer };
  /** @type {{ path: string, method: string, authorization: string | null }[]} */
  const asked = [];
  /** @type {string[]} */
  const requested = [];
  page.on('request', (request) => requested.push(request.url() + (request.postData() ?? '')));
  await page.clock.install({ time: NOW });
  await page.route('**/api/**', async (route) => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    asked.push({ path: pathname, method: request.method(), authorization: await request.headerValue('authorization') });
    if (world.answer) return world.answer(route);
    if ((await request.headerValue('authorization')) !== `Bearer ${TOKEN}`) return problem(401, 'identity_required')(route);
    return route.fulfill({ json: pathname === '/api/errors' ? { reports: world.reports } : world.stats });
  });
  const response = await page.goto(`${worker.url}/dashboard`);
  return { ...visitor, world, asked, requested, response };
}

/** @param {Page} page */
async function signIn(page, token = TOKEN) {
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Show the numbers' }).click();
}

/** @param {Parameters<typeof open>[0]} [world] */
async function openSignedIn(world) {
  const visitor = await open(world);
  await signIn(visitor.page);
  await visitor.page.getByText('Complete up to').waitFor();
  return visitor;
}

/** A table's rows as text, without the head. @param {Page} page @param {string} selector */
const rows = (page, selector) =>
  page.locator(`${selector} tbody tr`).evaluateAll((list) => list.map((row) => [...row.children].map((cell) => cell.textContent)));
const tile = (/** @type {Page} */ page, /** @type {string} */ counter) => page.locator(`#tiles [data-counter=${counter}] dd`).allInnerTexts();
const slider = (/** @type {Page} */ page) => page.getByRole('slider', { name: 'Sessions per day: day' });
/** How many pixels of a plot are drawn on. @param {Page} page @param {string} selector */
const painted = (page, selector) =>
  page.locator(`${selector} canvas`).evaluate((element) => {
    const canvas = /** @type {HTMLCanvasElement} */ (element);
    const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 3 && value > 0).length;
  });

describe('the token', () => {
  test('is asked for, and nothing is read before', async () => {
    const { context, page, asked } = await open();
    await page.getByLabel('Admin token').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'token');
    assert.deepEqual(asked, []);
    await context.close();
  });

  test('is sent as a header only, and kept in the session storage of the tab only', async () => {
    const { context, page, asked, requested } = await openSignedIn();
    assert.deepEqual(asked.map(({ path, method, authorization }) => `${method} ${path} ${authorization}`).sort(), [
      `GET /api/chatkit/stats Bearer ${TOKEN}`,
      `GET /api/errors Bearer ${TOKEN}`,
    ]);
    assert.ok(!requested.join(' ').includes(TOKEN));
    assert.ok(!page.url().includes(TOKEN));
    const stores = await page.evaluate(() => ({ local: { ...localStorage }, session: { ...sessionStorage }, cookie: document.cookie }));
    assert.deepEqual(stores, { local: {}, session: { 'chatkit-edge-admin-token': TOKEN }, cookie: '' });
    assert.ok(!(await page.content()).includes(TOKEN));
    await context.close();
  });

  test('lasts over a reload, and is unknown to another tab', async () => {
    const { context, page } = await openSignedIn();
    await page.reload();
    await page.getByText('Complete up to').waitFor();
    const other = await context.newPage();
    await other.goto(`${worker.url}/dashboard`);
    await other.getByLabel('Admin token').waitFor();
    await context.close();
  });

  test('is forgotten on signing out, and the numbers with it', async () => {
    const { context, page } = await openSignedIn();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Admin token').waitFor();
    assert.equal(await page.getByLabel('Admin token').inputValue(), '');
    assert.equal(await page.locator('#host').innerHTML(), '');
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    await page.reload();
    await page.getByLabel('Admin token').waitFor();
    await context.close();
  });

  test('stays out of the address even where the script does not run', async () => {
    const { context, page } = await open({ options: { javaScriptEnabled: false } });
    assert.equal(await page.locator('#token').getAttribute('name'), null);
    assert.equal(await page.locator('noscript p').innerText(), 'The dashboard needs JavaScript.');
    await context.close();
  });
});

describe('what goes wrong is said', () => {
  for (const token of ['wrong', 'schlüssel', 'two\u2028lines']) {
    test(`for a wrong token: ${JSON.stringify(token)}`, async () => {
      const { context, page } = await open();
      await signIn(page, token);
      await page.getByRole('alert').getByText('This is not the admin token').waitFor();
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'token');
      assert.equal(await page.evaluate(() => sessionStorage.length), 0);
      await signIn(page);
      await page.getByText('Complete up to').waitFor();
      assert.equal(await page.locator('#alert').textContent(), '');
      await context.close();
    });
  }

  /** @type {[string, (route: Route) => Promise<void>, RegExp][]} */
  const troubles = [
    ['no token is configured', problem(404, 'not_found'), /The Worker has no admin token[^]*npx wrangler secret put ADMIN_TOKEN/],
    ['the Worker cannot be reached', unreachable, /The Worker cannot be reached/],
    ['the Worker fails', problem(500, 'internal'), /The Worker failed[^]*Detail of internal/],
    ['something else answers', (route) => route.fulfill({ body: '<h1>Hello</h1>', contentType: 'text/html' }), /answer makes no sense/],
    ['the counters are not in the answer', (route) => route.fulfill({ json: {} }), /answer makes no sense/],
  ];
  for (const [when, answer, words] of troubles) {
    test(`when ${when}`, async () => {
      const { context, page, world } = await open({ answer });
      await signIn(page);
      await page.locator('.alert').waitFor();
      assert.match(await page.getByRole('alert').innerText(), words);
      // The token need not be typed again.
      world.answer = undefined;
      await page.getByRole('button', { name: 'Show the numbers' }).click();
      await page.getByText('Complete up to').waitFor();
      await context.close();
    });
  }

  test('when a refresh fails: the numbers stay, and it is said that they are old', async () => {
    const { context, page, world } = await openSignedIn();
    world.answer = unreachable;
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('Not brought up to date: The Worker cannot be reached.').waitFor();
    assert.ok(await page.locator('#tiles').isVisible());
    world.answer = undefined;
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('Not brought up to date').waitFor({ state: 'detached' });
    await context.close();
  });

  test('when the token is withdrawn: it is asked for again', async () => {
    const { context, page, world } = await openSignedIn();
    world.answer = problem(401, 'identity_required');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('alert').getByText('This is not the admin token').waitFor();
    assert.equal(await page.locator('#host').innerHTML(), '');
    await context.close();
  });

  test('when only the reports cannot be read: the counters are shown', async () => {
    const { context, page } = await openSignedIn({
      answer: (route) =>
        route.request().url().endsWith('/api/errors') ? problem(500, 'internal')(route) : route.fulfill({ json: statsOf(3) }),
    });
    assert.equal(await page.locator('#reports-empty').innerText(), 'The Worker failed.');
    await context.close();
  });
});

describe('the numbers', () => {
  test('with no data are zeros and plain words', async () => {
    const { context, page, troubles } = await openSignedIn({ days: 0, reports: [] });
    assert.deepEqual(await tile(page, 'sessions_created'), ['0', 'no average yet', '0 in all']);
    assert.equal(await page.locator('#sessions .summary').innerText(), 'Nothing in these 30 days.');
    assert.ok(await page.getByText('No session has failed.').isVisible());
    assert.ok(await page.getByText('None yet.').isVisible());
    assert.equal((await rows(page, '#activity')).length, 30);
    assert.ok((await painted(page, '#sessions')) > 500);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('of one day have nothing to be compared with', async () => {
    const { context, page, world, troubles } = await openSignedIn({ days: 1 });
    const [today] = world.stats.days;
    assert.deepEqual(await tile(page, 'messages'), [String(today.messages), 'no average yet', `${today.messages} in all`]);
    assert.equal(await page.locator('#tiles-note').innerText(), 'There is no day before to compare with.');
    assert.deepEqual((await rows(page, '#activity'))[0], ['21 Nov', String(today.messages), String(today.thread_changes)]);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('of ninety days are all in the tables, newest first', async () => {
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

  test('of today stand beside the average of the days before, since the first with events', async () => {
    const { context, page, world } = await openSignedIn({ days: 4 });
    world.stats.days.splice(1, 1); // a day without events
    world.stats.days.forEach((day, i) => (day.messages = [5, 100, 2][i]));
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('#tiles [data-counter=messages] dd', { hasText: '34 on average' }).waitFor();
    assert.equal((await tile(page, 'messages'))[0], '5');
    assert.equal(await page.locator('#tiles-note').innerText(), 'Beside the average of the 3 days before.');
    assert.deepEqual((await rows(page, '#activity')).slice(0, 5).map((row) => row[1]), ['5', '0', '100', '2', '0']);
    await context.close();
  });

  test('follow the UTC day, and the Worker’s clock where the machine’s is behind', async () => {
    const { context, page, world } = await openSignedIn({ days: 2, options: { timezoneId: 'Pacific/Auckland' } });
    assert.equal((await tile(page, 'messages'))[0], String(world.stats.days[0].messages));
    assert.match(await page.locator('#as-of').innerText(), /^22 Nov 2026, 03:19:00$/);
    world.stats.as_of += 86_400;
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('#sessions .key-day', { hasText: '22 Nov, so far' }).waitFor();
    assert.equal((await tile(page, 'messages'))[0], '0');
    await context.close();
  });

  test('of failures are by code, most frequent first, with what the code means', async () => {
    const { context, page, world } = await openSignedIn();
    world.stats.failures = { rate_limited: 1, made_up_code: 9 };
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('made_up_code').waitFor();
    assert.deepEqual(await rows(page, '#failures'), [['made_up_code', '9', '90%'], ['rate_limitedToo many requests', '1', '10%']]);
    await context.close();
  });

  test('of a code that is markup or an object’s own word stay text', async () => {
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

  test('a report’s stack can be opened, and stays open when the numbers are read again', async () => {
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

describe('reading again', () => {
  test('happens each minute while the page is visible, and at once when it becomes visible', async () => {
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

  test('ends with signing out', async () => {
    const { context, page, asked } = await openSignedIn();
    await page.getByRole('button', { name: 'Sign out' }).click();
    const before = asked.length;
    await page.clock.runFor(200_000);
    assert.equal(asked.length, before);
    await context.close();
  });
});

describe('by keyboard', () => {
  test('the way leads from the token to every part of the dashboard', async () => {
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

  test('a plot’s day moves with the arrows and is read out with its numbers', async () => {
    const { context, page, world } = await openSignedIn();
    const { days } = world.stats;
    const plot = slider(page);
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

    // The day stays when the numbers are read again.
    await Promise.all([page.waitForResponse('**/api/errors'), page.getByRole('button', { name: 'Refresh' }).click()]);
    await page.locator('#status', { hasText: /^$/ }).waitFor({ state: 'attached' });
    assert.match(String(await text()), /^Fri, 30 Oct 2026/);
    await plot.press('End');
    assert.match(String(await text()), /^Sat, 21 Nov 2026/);
    await context.close();
  });

  test('a table opens', async () => {
    const { context, page } = await openSignedIn();
    await page.locator('#sessions summary').focus();
    await page.keyboard.press('Enter');
    assert.ok(await page.getByRole('table', { name: 'Sessions per day' }).isVisible());
    await context.close();
  });
});

test('the day under the pointer is told, and today’s again when it leaves', async () => {
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
    test('there are no accessibility violations, with tables and stacks open', async () => {
      const { context, page, troubles } = await openSignedIn({ options: { colorScheme } });
      for (const summary of await page.locator('summary').all()) await summary.click();
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(troubles, []);
      await context.close();
    });

    test('the form has none, with an alert', async () => {
      const { context, page } = await open({ options: { colorScheme } });
      await signIn(page, 'wrong');
      await page.locator('.alert').waitFor();
      assert.deepEqual(await violations(page), []);
      await context.close();
    });

    test('with no data there are none', async () => {
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
    for (const summary of await page.locator('summary').all()) await summary.click();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    assert.deepEqual(
      await page.locator('.table').evaluateAll((tables) => tables.map((box) => box.scrollWidth - box.clientWidth)), [0, 0]);
    const plot = await page.locator('#sessions canvas').boundingBox();
    assert.ok(plot && plot.x >= 0 && plot.x + plot.width <= 360);
    await context.close();
  });
}

test('the page allows its own files only, and keeps to that', async () => {
  const { context, response, requested, troubles } = await openSignedIn();
  assert.equal(
    response?.headers()['content-security-policy'],
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  assert.equal(response?.headers()['x-content-type-options'], 'nosniff');
  assert.deepEqual([...new Set(requested.map((url) => new URL(url).origin))], [worker.url]);
  assert.ok(requested.includes(`${worker.url}/vendor/uplot.js`));
  assert.deepEqual(troubles, []);
  await context.close();
});

test('the page itself tells no numbers', async () => {
  assert.ok(!(await (await worker.fetch('/dashboard')).text()).includes(dateBefore(0)));
});

describe('with the Worker’s own answers', () => {
  test('a Worker without a token says so', async () => {
    const { context, page } = await newVisitor(browser);
    await page.goto(`${worker.url}/dashboard`);
    await signIn(page);
    await page.getByRole('alert').getByText('The Worker has no admin token').waitFor();
    await context.close();
  });

  test('a wrong token is refused; the right one shows the counters and what pages reported', async () => {
    const owned = await startWorker({ secrets: { ADMIN_TOKEN: TOKEN } });
    try {
      const report = { message: 'Reported by a page', stack: 'at a.js:1:1', url: 'https://shop.example/cart' };
      const answer = await owned.fetch('/api/errors', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Origin: owned.url },
        body: JSON.stringify(report),
      });
      assert.deepEqual(await answer.json(), { status: 'logged' });

      const { context, page, troubles } = await newVisitor(browser);
      await page.goto(`${owned.url}/dashboard`);
      await signIn(page, 'wrong');
      await page.getByRole('alert').getByText('This is not the admin token').waitFor();
      await signIn(page);
      await page.getByText('Complete up to').waitFor();
      assert.equal(await page.locator('#tiles > div').count(), 7);
      assert.equal(await page.locator('#reports strong').innerText(), report.message);
      // The browser notes each refusal of the wrong token, and sometimes the last of them late.
      assert.deepEqual(troubles.filter((text) => !text.includes('401')), []);
      await context.close();
    } finally {
      await owned.close();
    }
  });
});
