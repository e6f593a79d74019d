// Helpers for the tests of <chatkit-edge> with a chat server of the Worker's own: a page of another site with the element.
import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { startChatWorker } from '../support/chat-worker.mjs';
import { launch, newVisitor } from './browser.mjs';
import { page as html, startSite, tag } from './sites.mjs';

/** Starts a stand-in for the Worker, a browser and another site before the tests of a file and closes them afterwards. */
export function useAgent() {
  /** @type {Awaited<ReturnType<typeof startChatWorker>>} */
  let worker;
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof startSite>>} */
  let site;
  before(async () => {
    [worker, browser, site] = await Promise.all([startChatWorker(), launch(), startSite()]);
  });
  beforeEach(() => worker.reset());
  after(async () => {
    await browser?.close();
    worker?.close();
    site?.close();
  });

  /**
   * Opens a page with the element as a new visitor. `done` closes it and asserts that the console is empty.
   * @param {{ attributes?: string, body?: string, config?: Record<string, unknown>, visitor?: import('playwright-core').BrowserContextOptions,
   *   prepare?: (page: import('playwright-core').Page) => Promise<unknown> }} [options]
   */
  async function open({ attributes = '', body, config = {}, visitor: contextOptions, prepare } = {}) {
    worker.configure(config);
    const visitor = await newVisitor(browser, contextOptions);
    const { page, context, troubles } = visitor;
    await prepare?.(page);
    await page.goto(site.put('/page', html(body ?? tag(worker.url, attributes))));
    const composer = page.locator('chatkit-edge textarea');
    return {
      ...visitor,
      composer,
      answer: page.locator('chatkit-edge .message.assistant .text').last(),
      problem: page.locator('chatkit-edge .problem'),
      /** @param {string} text */
      async send(text) {
        await composer.fill(text);
        await composer.press('Enter');
      },
      async done() {
        await context.close();
        assert.deepEqual(troubles, []);
      },
    };
  }

  return {
    open,
    worker: () => worker,
    /** The requests about runs, as "DELETE run_1". */
    runRequests: () =>
      worker.requests.filter(({ path }) => path.startsWith('/chatkit/runs/')).map(({ method, path }) => `${method} ${path.split('/')[3]}`),
  };
}
