// Helpers for the tests of <chatkit-edge> with a chat server of the Worker's own: a page of another site with the element.
import assert from 'node:assert/strict';
import { newVisitor } from './browser.mjs';
import { useChatSites } from './chat-sites.mjs';
import { page as html, tag } from './sites.mjs';

/** Starts a stand-in for the Worker, a browser and another site before the tests of a file and closes them afterwards. */
export function useAgent() {
  const sites = useChatSites();

  /**
   * Opens a page with the element as a new visitor. `done` closes it and asserts that the console is empty.
   * @param {{ attributes?: string, body?: string, config?: Record<string, unknown>, visitor?: import('playwright-core').BrowserContextOptions,
   *   prepare?: (page: import('playwright-core').Page) => Promise<unknown> }} [options]
   */
  async function open({ attributes = '', body, config = {}, visitor: contextOptions, prepare } = {}) {
    const { worker, browser, site } = sites;
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
    worker: () => sites.worker,
    /** The requests about runs, as "DELETE run_1". */
    runRequests: () =>
      sites.worker.requests.filter(({ path }) => path.startsWith('/chatkit/runs/')).map(({ method, path }) => `${method} ${path.split('/')[3]}`),
  };
}
