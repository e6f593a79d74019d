// Helpers for the tests of the dashboard: the built page in Chromium under its own Content-Security-Policy, with mocked API
// responses.
import { after, before } from 'node:test';
import { startWorker } from '../support/worker.mjs';
import { launch, newVisitor } from './browser.mjs';
import { agentStatsOf, NOW, REPORTS, statsOf } from './figures.mjs';

/** @import { BrowserContextOptions, Page, Route } from 'playwright-core' */

export const TOKEN = 'admin-token-for-tests';

/** Responds with a problem of the Worker. @param {number} status @param {string} code */
export const problem = (status, code) => (/** @type {Route} */ route) =>
  route.fulfill({ status, contentType: 'application/problem+json', body: JSON.stringify({ code, detail: `Detail of ${code}.` }) });
export const unreachable = (/** @type {Route} */ route) => route.abort('connectionrefused');

/** Enters the token and submits the form. @param {Page} page */
export async function signIn(page, token = TOKEN) {
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Show the numbers' }).click();
}

/** The rows of a table as text, without the header. @param {Page} page @param {string} selector */
export const rows = (page, selector) =>
  page.locator(`${selector} tbody tr`).evaluateAll((list) => list.map((row) => [...row.children].map((cell) => cell.textContent)));

/** Starts a Worker and a browser before the tests of a file and closes them afterwards. */
export function useDashboard() {
  /** @type {Awaited<ReturnType<typeof startWorker>>} */
  let worker;
  /** @type {import('playwright-core').Browser} */
  let browser;
  before(async () => {
    [worker, browser] = await Promise.all([startWorker(), launch()]);
  });
  after(() => Promise.all([worker?.close(), browser?.close()]));

  /**
   * Opens the dashboard at the time NOW. The mocked API returns the stats of `days` days, unless `world.answer` handles the
   * request. A test can change `world` later.
   * @param {{ days?: number, backend?: string, reports?: typeof REPORTS, answer?: (route: Route) => Promise<void>,
   *   options?: BrowserContextOptions }} [world]
   */
  async function open({ days = 90, backend = 'hosted', reports = REPORTS, answer, options } = {}) {
    const visitor = await newVisitor(browser, options);
    const { page } = visitor;
    const world = { backend, stats: backend === 'agent' ? agentStatsOf(days) : statsOf(days), reports, answer };
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
      if (pathname === '/api/chatkit/config') return route.fulfill({ json: { backend: world.backend } });
      if ((await request.headerValue('authorization')) !== `Bearer ${TOKEN}`) return problem(401, 'identity_required')(route);
      return route.fulfill({ json: pathname === '/api/errors' ? { reports: world.reports } : world.stats });
    });
    const response = await page.goto(`${worker.url}/dashboard`);
    return { ...visitor, world, asked, requested, response };
  }

  /** Opens the dashboard, signs in and waits for the numbers. @param {Parameters<typeof open>[0]} [world] */
  async function openSignedIn(world) {
    const visitor = await open(world);
    await signIn(visitor.page);
    await visitor.page.getByText('Complete up to').waitFor();
    return visitor;
  }

  return { open, openSignedIn, worker: () => worker, visitor: () => newVisitor(browser) };
}
