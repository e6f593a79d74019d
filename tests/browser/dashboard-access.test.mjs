// Access to the dashboard: the token, the error messages, and the Content-Security-Policy.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startWorker } from '../support/worker.mjs';
import { problem, signIn, TOKEN, unreachable, useDashboard } from './dashboard.mjs';
import { dateBefore, statsOf } from './figures.mjs';

/** @import { Route } from 'playwright-core' */

const { open, openSignedIn, worker, visitor } = useDashboard();

describe('the token', () => {
  test('is required before any API request', async () => {
    const { context, page, asked } = await open();
    await page.getByLabel('Admin token').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'token');
    assert.deepEqual(asked, []);
    await context.close();
  });

  test('is only sent as a header and only stored in the session storage of the tab', async () => {
    const { context, page, asked, requested } = await openSignedIn();
    assert.deepEqual(asked.map(({ path, method, authorization }) => `${method} ${path} ${authorization}`).sort(), [
      'GET /api/chatkit/config null',
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

  test('is kept across a reload and is not shared with another tab', async () => {
    const { context, page } = await openSignedIn();
    await page.reload();
    await page.getByText('Complete up to').waitFor();
    const other = await context.newPage();
    await other.goto(page.url());
    await other.getByLabel('Admin token').waitFor();
    await context.close();
  });

  test('is deleted on signing out, and so are the numbers', async () => {
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

  test('is never in the URL, even if the script does not run', async () => {
    const { context, page } = await open({ options: { javaScriptEnabled: false } });
    assert.equal(await page.locator('#token').getAttribute('name'), null);
    assert.equal(await page.locator('noscript p').innerText(), 'The dashboard needs JavaScript.');
    await context.close();
  });
});

describe('an error message is shown', () => {
  for (const token of ['wrong', 'schlüssel', 'two\u2028lines']) {
    test(`for the wrong token ${JSON.stringify(token)}`, async () => {
      const { context, page } = await open();
      await signIn(page, token);
      await page.getByRole('alert').getByText('The admin token is wrong').waitFor();
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
    ['something else answers', (route) => route.fulfill({ body: '<h1>Hello</h1>', contentType: 'text/html' }), /response is not valid/],
    ['the counters are not in the answer', (route) => route.fulfill({ json: {} }), /response is not valid/],
  ];
  for (const [when, answer, words] of troubles) {
    test(`when ${when}`, async () => {
      const { context, page, world } = await open({ answer });
      await signIn(page);
      await page.locator('.alert').waitFor();
      assert.match(await page.getByRole('alert').innerText(), words);
      // The token does not have to be entered again.
      world.answer = undefined;
      await page.getByRole('button', { name: 'Show the numbers' }).click();
      await page.getByText('Complete up to').waitFor();
      await context.close();
    });
  }

  test('when a refresh fails, and the old numbers stay', async () => {
    const { context, page, world } = await openSignedIn();
    world.answer = unreachable;
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('Not up to date: The Worker cannot be reached.').waitFor();
    assert.ok(await page.locator('#tiles').isVisible());
    world.answer = undefined;
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('Not up to date').waitFor({ state: 'detached' });
    await context.close();
  });

  test('when the token is no longer valid, and the form is shown again', async () => {
    const { context, page, world } = await openSignedIn();
    world.answer = problem(401, 'identity_required');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('alert').getByText('The admin token is wrong').waitFor();
    assert.equal(await page.locator('#host').innerHTML(), '');
    await context.close();
  });

  test('when only the error reports fail, and the counters are shown', async () => {
    const { context, page } = await openSignedIn({
      answer: (route) =>
        route.request().url().endsWith('/api/errors') ? problem(500, 'internal')(route) : route.fulfill({ json: statsOf(3) }),
    });
    assert.equal(await page.locator('#reports-empty').innerText(), 'The Worker failed.');
    await context.close();
  });
});

test('the Content-Security-Policy allows only same-origin files, and the page loads nothing else', async () => {
  const { context, response, requested, troubles } = await openSignedIn();
  assert.equal(
    response?.headers()['content-security-policy'],
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  assert.equal(response?.headers()['x-content-type-options'], 'nosniff');
  assert.deepEqual([...new Set(requested.map((url) => new URL(url).origin))], [worker().url]);
  assert.ok(requested.includes(`${worker().url}/vendor/uplot.js`));
  assert.deepEqual(troubles, []);
  await context.close();
});

test('the HTML of the page contains no numbers', async () => {
  assert.ok(!(await (await worker().fetch('/dashboard')).text()).includes(dateBefore(0)));
});

describe('without mocked responses', () => {
  test('a Worker without an admin token shows an error', async () => {
    const { context, page } = await visitor();
    await page.goto(`${worker().url}/dashboard`);
    await signIn(page);
    await page.getByRole('alert').getByText('The Worker has no admin token').waitFor();
    await context.close();
  });

  test('a wrong token is rejected, and the right one shows the counters and the error reports', async () => {
    const owned = await startWorker({ secrets: { ADMIN_TOKEN: TOKEN } });
    try {
      const report = { message: 'Reported by a page', stack: 'at a.js:1:1', url: 'https://shop.example/cart' };
      const answer = await owned.fetch('/api/errors', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Origin: owned.url },
        body: JSON.stringify(report),
      });
      assert.deepEqual(await answer.json(), { status: 'logged' });

      const { context, page, troubles } = await visitor();
      await page.goto(`${owned.url}/dashboard`);
      await signIn(page, 'wrong');
      await page.getByRole('alert').getByText('The admin token is wrong').waitFor();
      await signIn(page);
      await page.getByText('Complete up to').waitFor();
      assert.equal(await page.locator('#tiles > div').count(), 7);
      assert.equal(await page.locator('#reports strong').innerText(), report.message);
      // The browser logs every 401, and sometimes the last one late.
      assert.deepEqual(troubles.filter((text) => !text.includes('401')), []);
      await context.close();
    } finally {
      await owned.close();
    }
  });
});
