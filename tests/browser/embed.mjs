// What the tests of <chatkit-edge> share: a Worker, and a page of another site with the element on it.
import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { assertApart, launch, newVisitor } from './browser.mjs';
import { page as html, startSite } from './sites.mjs';

/** A Worker, a browser and another site for the tests of a file: started before them, closed after them. */
export function useOtherSite() {
  /** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
  let worker;
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof startSite>>} */
  let site;
  before(async () => {
    site = await startSite();
    const ALLOWED_ORIGINS = `${site.origin},https://shop.example`;
    [worker, browser] = await Promise.all([startWorkerWithSandbox({ vars: { ALLOWED_ORIGINS } }), launch()]);
  });
  beforeEach(() => worker.sandbox.reset());
  after(async () => {
    await Promise.all([worker?.close(), browser?.close()]);
    site?.close();
  });

  /**
   * A visitor on a page of the other site. `done` closes the page and checks what holds for every one: nothing in the console,
   * nothing unhandled, and no two session requests within a second.
   * @param {string} body
   * @param {{ headers?: Record<string, string>, prepare?: (page: import('playwright-core').Page) => Promise<unknown> }} [options]
   */
  async function open(body, { headers, prepare } = {}) {
    const visitor = await newVisitor(browser);
    await prepare?.(visitor.page);
    // A script that a test holds back would hold back the page's load event.
    await visitor.page.goto(site.put('/page', html(body), headers), { waitUntil: 'domcontentloaded' });
    const { context, troubles, gaps } = visitor;
    return {
      ...visitor,
      composer: visitor.page.locator('chatkit-edge textarea'),
      async done() {
        assertApart(await gaps());
        await context.close();
        assert.deepEqual(troubles, []);
      },
    };
  }

  return {
    open,
    visitor: () => newVisitor(browser),
    worker: () => worker,
    site: () => site,
    /** The users that sessions were asked for, oldest first. */
    users: () => worker.sandbox.requests.map(({ body }) => body.user),
  };
}
