// What the tests of the dashboard share: the page in Chromium, from the built Worker's files and under their policy, with answers
// made up for each test.
import { after, before } from 'node:test';
import { startWorker } from '../support/worker.mjs';
import { launch, newVisitor } from './browser.mjs';
import { NOW, REPORTS, statsOf } from './figures.mjs';

/** @import { BrowserContextOptions, Page, Route } from 'playwright-core' */

export const TOKEN = 'admin-token-for-tests';

/** The Worker's answer where something is wrong. @param {number} status @param {string} code */
export const problem = (status, code) => (/** @type {Route} */ route) =>
  route.fulfill({ status, contentType: 'application/problem+json', body: JSON.stringify({ code, detail: `Detail of ${code}.` }) });
export const unreachable = (/** @type {Route} */ route) => route.abort('connectionrefused');

/** Types the token and sends it. @param {Page} page */
export async function signIn(page, token = TOKEN) {
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Show the numbers' }).click();
}

/** A table's rows as text, without the head. @param {Page} page @param {string} selector */
export const rows = (page, selector) =>
  page.locator(`${selector} tbody tr`).evaluateAll((list) => list.map((row) => [...row.children].map((cell) => cell.textContent)));

/** A Worker and a browser for the tests of a file: started before them, closed after them. */
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

  /** The same page when the token is given and the numbers are shown. @param {Parameters<typeof open>[0]} [world] */
  async function openSignedIn(world) {
    const visitor = await open(world);
    await signIn(visitor.page);
    await visitor.page.getByText('Complete up to').waitFor();
    return visitor;
  }

  return { open, openSignedIn, worker: () => worker, visitor: () => newVisitor(browser) };
}
