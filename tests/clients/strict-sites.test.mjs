// Pages of sites that send strict headers, in Chromium: helmet's defaults for Express, with the Worker and the widget added to
// its Content-Security-Policy. Their events and reports reach the Worker of another origin.
//
// By the Fetch standard a no-cors request of such a page carries `Origin: null`, which the Worker rejects. Firefox and Safari do
// so, Chromium sends the page's origin. So these pages drop such requests.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { launch, newVisitor } from '../browser/browser.mjs';
import { listen } from '../browser/reports.mjs';
import { page as html, startSite, tag } from '../browser/sites.mjs';
import { until } from '../support/until.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';

/**
 * The headers that helmet sets on its own.
 * @param {string} policy the Referrer-Policy
 * @param {string[]} origins added to the Content-Security-Policy
 */
const helmet = (policy, origins) => ({
  'Content-Security-Policy': [
    "default-src 'self'", "base-uri 'self'", "font-src 'self' https: data:", "form-action 'self'", "frame-ancestors 'self'",
    "img-src 'self' data:", "object-src 'none'", "script-src-attr 'none'", "style-src 'self' https: 'unsafe-inline'",
    `script-src 'self' ${origins.join(' ')}`, `connect-src 'self' ${origins.join(' ')}`, `frame-src ${origins.join(' ')}`,
  ].join(';'),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Referrer-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'X-Frame-Options': 'SAMEORIGIN',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'X-XSS-Protection': '0',
});

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
before(async () => {
  site = await startSite();
  [worker, browser] = await Promise.all([
    startWorkerWithSandbox({ wordDelayMs: 0, vars: { ALLOWED_ORIGINS: site.origin } }),
    launch(),
  ]);
});
beforeEach(() => worker.sandbox.reset());
after(async () => {
  await Promise.all([browser?.close(), worker?.close()]);
  site?.close();
});

/** Drops what a no-cors request would report: a beacon, or a fetch of that mode. */
function dropNoCors() {
  navigator.sendBeacon = () => true;
  const { fetch } = window;
  window.fetch = (input, init) => (init?.mode === 'no-cors' ? Promise.resolve(new Response()) : fetch(input, init));
}

/**
 * Opens a page with these headers as a new visitor.
 * @param {string} policy
 * @param {string} body
 */
async function open(policy, body) {
  const visitor = await newVisitor(browser);
  await visitor.page.addInitScript(dropNoCors);
  const headers = helmet(policy, [worker.url, worker.sandbox.url]);
  await visitor.page.goto(site.put(`/${policy}`, html(body), headers));
  return visitor;
}

for (const policy of ['no-referrer', 'same-origin']) {
  describe(`on a site with Referrer-Policy: ${policy}`, () => {
    test("the element's chat works, and its events are counted when the visitor leaves", async () => {
      const told = listen(worker);
      const { context, page, troubles } = await open(policy, tag(worker.url));
      const composer = page.locator('chatkit-edge textarea');
      await composer.fill('Hello');
      await composer.press('Enter');
      await page.locator('.message.assistant:not(.waiting) .text', { hasText: 'Hello' }).waitFor();
      await page.goto(site.put('/elsewhere', html('')));
      const both = ['/api/analytics/message 200', '/api/analytics/thread-change 200'];
      await until(() => both.every((one) => told().includes(one)), () => `both events are counted: ${told()}`);
      assert.deepEqual([...new Set(told())].sort(), both);
      assert.deepEqual(troubles, []);
      await context.close();
    });

    test('an error of the element is logged', async () => {
      const told = listen(worker);
      const { context, page } = await open(policy, tag(worker.url));
      await page.locator('chatkit-edge textarea').waitFor();
      await page.evaluate(() => {
        const widget = document.querySelector('chatkit-edge')?.shadowRoot?.querySelector('openai-chatkit');
        widget?.dispatchEvent(new CustomEvent('chatkit.error', { detail: { error: new TypeError('It broke') } }));
      });
      await until(() => told().some((one) => one.startsWith('/api/errors')), 'the report arrives');
      assert.deepEqual(told().filter((one) => one.startsWith('/api/errors')), ['/api/errors 200']);
      await context.close();
    });

    test("a page's own JSON events are counted, with credentials or without", async () => {
      const { context, page, troubles } = await open(policy, '');
      for (const credentials of /** @type {const} */ (['same-origin', 'include'])) {
        const answers = await page.evaluate(async ([worker, credentials]) => {
          const headers = { 'Content-Type': 'application/json' };
          const post = async (/** @type {string} */ path, /** @type {unknown} */ body) => {
            const init = { method: 'POST', keepalive: true, credentials, headers, body: JSON.stringify(body) };
            return (await fetch(worker + path, init)).json();
          };
          return [
            await post('/api/analytics/message', { threadId: null }),
            await post('/api/analytics/thread-change', { threadId: 'cthr_1' }),
            await post('/api/errors', { message: 'It broke', stack: '', url: location.href }),
          ];
        }, /** @type {const} */ ([worker.url, credentials]));
        assert.deepEqual(answers, [{ status: 'tracked' }, { status: 'tracked' }, { status: 'logged' }]);
      }
      assert.deepEqual(troubles, []);
      await context.close();
    });

    test('a session for a page without credentials is refreshed by its secret', async () => {
      const { context, page, troubles } = await open(policy, '');
      const secrets = await page.evaluate(async (worker) => {
        const start = await (await fetch(`${worker}/api/chatkit/start`, { method: 'POST' })).json();
        const headers = { 'Content-Type': 'application/json' };
        const body = JSON.stringify({ currentClientSecret: start.client_secret });
        const next = await (await fetch(`${worker}/api/chatkit/refresh`, { method: 'POST', headers, body })).json();
        return [start.client_secret, next.client_secret];
      }, worker.url);
      assert.deepEqual(secrets, [...worker.sandbox.sessions.values()].map(({ clientSecret }) => clientSecret));
      const [first, second] = worker.sandbox.requests.map(({ body }) => body.user);
      assert.equal(second, first);
      assert.deepEqual(troubles, []);
      await context.close();
    });
  });
}
