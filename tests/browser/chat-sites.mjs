// What the tests of a chat server in Chromium share: a stand-in for the Worker, a browser, and another site.
import { after, before, beforeEach } from 'node:test';
import { startChatWorker } from '../support/chat-worker.mjs';
import { launch } from './browser.mjs';
import { startSite } from './sites.mjs';

/**
 * Starts them before the tests of a file, resets the Worker before each test, and closes them afterwards. The fields are there
 * once the tests run.
 */
export function useChatSites() {
  const sites = /** @type {{ worker: Awaited<ReturnType<typeof startChatWorker>>, browser: import('playwright-core').Browser,
    site: Awaited<ReturnType<typeof startSite>> }} */ ({});
  before(async () => {
    [sites.worker, sites.browser, sites.site] = await Promise.all([startChatWorker(), launch(), startSite()]);
  });
  beforeEach(() => sites.worker.reset());
  after(async () => {
    await sites.browser?.close();
    sites.worker?.close();
    sites.site?.close();
  });
  return sites;
}
