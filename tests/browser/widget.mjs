// Helpers for the tests of the stand-in widget with a server of its own: a chat server, and a page with <openai-chatkit>.
import { newVisitor } from './browser.mjs';
import { useChatSites } from './chat-sites.mjs';
import { page as html } from './sites.mjs';

/** Starts a chat server, a browser and a site before the tests of a file and closes them afterwards. */
export function useWidget() {
  const sites = useChatSites();

  /**
   * Opens a page with the widget. `options` is the source of more options, in which `calls` collects what a test wants to see.
   * @param {string} [options]
   * @param {{ context?: import('playwright-core').BrowserContextOptions, prepare?: (page: import('playwright-core').Page) => Promise<unknown> }} [more]
   */
  async function open(options = '', { context: contextOptions, prepare } = {}) {
    const { worker: chat, browser, site } = sites;
    const visitor = await newVisitor(browser, contextOptions);
    const { page } = visitor;
    await prepare?.(page);
    const script = `
      const chat = document.querySelector('openai-chatkit');
      window.calls = [];
      window.heard = [];
      for (const type of ['ready', 'error', 'effect', 'response.start', 'response.end', 'thread.change']) {
        chat.addEventListener('chatkit.' + type, ({ detail }) => heard.push([type, detail?.error?.message ?? detail]));
      }
      chat.setOptions({ api: { url: '${chat.url}/chatkit', domainKey: 'domain_pk_localhost_dev' }, ${options} });`;
    const body = `<div style="height: 640px"><openai-chatkit></openai-chatkit></div>
      <script src="${chat.widgetUrl}"></script><script>${script}</script>`;
    await page.goto(site.put('/widget', html(body)));
    const composer = page.locator('openai-chatkit textarea').last();
    await composer.waitFor();
    return {
      ...visitor,
      composer,
      messages: page.locator('.message'),
      answer: page.locator('.message.assistant .text').last(),
      notice: page.locator('.notice'),
      /** @param {string} text */
      async send(text) {
        await composer.fill(text);
        await composer.press('Enter');
      },
      /** @returns {Promise<[string, any][]>} the widget's events so far */
      heard: () => page.evaluate('heard'),
      /** @returns {Promise<any[]>} */
      calls: () => page.evaluate('calls'),
    };
  }

  return { open, chat: () => sites.worker };
}
