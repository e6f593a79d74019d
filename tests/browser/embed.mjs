// Helpers for the tests of <chatkit-edge>: a Worker, and a page of another site with the element.
import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { assertApart, launch, newVisitor } from './browser.mjs';
import { page as html, startSite } from './sites.mjs';

/** Starts a Worker, a browser and another site before the tests of a file and closes them afterwards. */
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
   * Opens a page of the other site as a new visitor. `done` closes it and asserts that the console is empty, that no error was
   * unhandled, and that session requests were at least a second apart.
   * @param {string} body
   * @param {{ headers?: Record<string, string>, prepare?: (page: import('playwright-core').Page) => Promise<unknown> }} [options]
   */
  async function open(body, { headers, prepare } = {}) {
    const visitor = await newVisitor(browser);
    await prepare?.(visitor.page);
    // Do not wait for the load event: a script that a test delays would delay it.
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
    /** The users of the session requests to OpenAI, oldest first. */
    users: () => worker.sandbox.requests.map(({ body }) => body.user),
  };
}
