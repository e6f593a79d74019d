// Which events and errors <chatkit-edge> reports to the Worker, and which it does not.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { toBatches } from '../../embed/telemetry-batches.js';
import { until } from '../support/until.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { launch, newVisitor } from './browser.mjs';
import { listen } from './reports.mjs';
import { page as html, startSite, tag } from './sites.mjs';

const ADMIN = 'an-admin-token-for-tests';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
before(async () => {
  site = await startSite();
  [worker, browser] = await Promise.all([
    startWorkerWithSandbox({ vars: { ALLOWED_ORIGINS: site.origin }, secrets: { ADMIN_TOKEN: ADMIN } }),
    launch(),
  ]);
});
beforeEach(() => worker.sandbox.reset());
after(async () => {
  await Promise.all([worker?.close(), browser?.close()]);
  site?.close();
});

/**
 * Makes a page send its pending reports, and asserts that there were none: only the marker sent afterwards arrives.
 * @param {import('playwright-core').Page} page
 * @param {() => string[]} told
 */
async function leave(page, told) {
  await page.evaluate((worker) => {
    dispatchEvent(new Event('pagehide'));
    navigator.sendBeacon(`${worker}/api/analytics/message`, '[]');
  }, worker.url);
  await until(() => told().length > 0, 'the marker arrives');
  assert.deepEqual(told(), ['/api/analytics/message 200']);
}

/**
 * Opens a page of the other site and waits for the chat. `sent` has the parsed bodies of the page's reports, by path.
 * @param {string} [attributes]
 * @param {(page: import('playwright-core').Page) => Promise<unknown>} [prepare]
 * @param {Record<string, string>} [headers] of the page
 */
async function open(attributes = '', prepare, headers) {
  const visitor = await newVisitor(browser);
  await prepare?.(visitor.page);
  /** @type {Record<string, any[]>} */
  const sent = {};
  let requests = 0;
  visitor.page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (!/^\/api\/(analytics|errors)/.test(pathname)) return;
    requests += 1;
    (sent[pathname] ??= []).push(...JSON.parse(request.postData() ?? '[]'));
  });
  await visitor.page.goto(site.put('/page', html(tag(worker.url, attributes)), headers));
  const composer = visitor.page.locator('chatkit-edge textarea');
  await composer.waitFor();
  return {
    ...visitor,
    sent,
    requests: () => requests,
    /** @param {string} text */
    async say(text) {
      const messages = visitor.page.locator('.message.assistant:not(.waiting) .text', { hasText: text });
      await composer.fill(text);
      await composer.press('Enter');
      await messages.last().waitFor();
    },
    /** @param {unknown} error @param {number} [times] */
    fail: (error, times = 1) =>
      visitor.page.evaluate(
        ([message, times]) => {
          const widget = document.querySelector('chatkit-edge')?.shadowRoot?.querySelector('openai-chatkit');
          for (let i = 0; i < Number(times); i++) {
            widget?.dispatchEvent(new CustomEvent('chatkit.error', { detail: { error: new TypeError(String(message)) } }));
          }
        },
        /** @type {const} */ ([String(error), times]),
      ),
  };
}

test('messages and thread changes are reported in batches, without the content of messages', async () => {
  const told = listen(worker);
  const { context, sent, requests, say, troubles } = await open();
  await say('swordfish one');
  await say('swordfish two');
  await until(() => sent['/api/analytics/message']?.length === 2, 'two messages are reported');
  assert.equal(sent['/api/analytics/thread-change'].length, 1);
  assert.doesNotMatch(JSON.stringify(sent), /swordfish|ek_/);
  await until(() => told().length >= requests(), 'all reports arrive');
  assert.deepEqual([...new Set(told())].sort(), ['/api/analytics/message 200', '/api/analytics/thread-change 200']);
  assert.deepEqual(troubles, []);
  await context.close();
});

test('pending events are reported when the visitor leaves the page', async () => {
  const told = listen(worker);
  const { context, page, say } = await open();
  await say('Goodbye');
  await page.goto(site.put('/elsewhere', html('')));
  const both = ['/api/analytics/message 200', '/api/analytics/thread-change 200'];
  await until(() => both.every((one) => told().includes(one)), 'both events are reported');
  await context.close();
});

describe('a page whose Referrer-Policy hides its origin from no-cors requests', () => {
  for (const policy of ['no-referrer', 'same-origin']) {
    test(`has its events and errors counted with ${policy}, also those it reports as the visitor leaves`, async () => {
      const told = listen(worker);
      /** @type {Promise<string>[]} */
      const modes = [];
      // By the Fetch standard a no-cors request has no origin here. Chromium 156 sends it all the same, so assert the mode.
      const watch = async (/** @type {import('playwright-core').Page} */ page) => {
        page.on('request', (request) => {
          if (!/\/api\/(analytics|errors)/.test(request.url())) return;
          modes.push(request.allHeaders().then((all) => all['sec-fetch-mode']));
        });
      };
      const { context, page, say, fail, troubles } = await open('', watch, { 'Referrer-Policy': policy });
      await say('One');
      await fail('A failure on a page without a referrer');
      const all = ['/api/analytics/message 200', '/api/analytics/thread-change 200', '/api/errors 200'];
      await until(() => told().length >= all.length, 'all reports arrive');
      assert.deepEqual(told().sort(), all);
      assert.deepEqual(await Promise.all(modes), Array(3).fill('cors'));
      await say('Two');
      await page.goto(site.put('/elsewhere', html('')));
      await until(() => told().length > all.length, 'the last event arrives');
      assert.deepEqual(told().slice(all.length), ['/api/analytics/message 200']);
      assert.deepEqual(troubles, []);
      await context.close();
    });
  }
});

test('a beacon is sent if fetch throws', async () => {
  const told = listen(worker);
  /** @type {string[]} */
  const types = [];
  const { context, say } = await open('', async (page) => {
    page.on('request', (request) => request.url().includes('/api/analytics/') && types.push(request.resourceType()));
    await page.addInitScript(() => {
      const { fetch } = window;
      window.fetch = (input, init) => {
        if (init?.keepalive) throw new TypeError('keepalive is not supported');
        return fetch(input, init);
      };
    });
  });
  await say('By beacon');
  await until(() => told().length >= 2, 'both events arrive');
  assert.deepEqual(told().sort(), ['/api/analytics/message 200', '/api/analytics/thread-change 200']);
  assert.deepEqual([...new Set(types)], ['ping']);
  await context.close();
});

test('reports of more than the 64 KiB that a browser keeps alive at once all arrive', async () => {
  const told = listen(worker);
  const { context, page } = await open();
  await page.evaluate(() => {
    const widget = document.querySelector('chatkit-edge')?.shadowRoot?.querySelector('openai-chatkit');
    // A report has 2,000 characters of three bytes, so that two fill a batch of 16 KiB, and five batches the quota.
    for (let i = 0; i < 16; i++) {
      const error = new TypeError(`${i} ${'€'.repeat(1000)}`);
      widget?.dispatchEvent(new CustomEvent('chatkit.error', { detail: { error } }));
    }
    dispatchEvent(new Event('pagehide'));
  });
  await until(() => told().length >= 8, () => `eight batches arrive, not ${told().length}`);
  assert.deepEqual(told(), Array(8).fill('/api/errors 200'));
  await context.close();
});

test('an error is reported once, however often it occurs, with its message and stack and without secrets', async () => {
  const { context, page, sent, fail } = await open();
  await fail('The secret ek_live_abcdefgh is gone', 30);
  await until(() => sent['/api/errors']?.length, 'the error is reported');
  const [report, ...more] = sent['/api/errors'];
  assert.deepEqual(more, []);
  assert.equal(report.message, 'chatkit.error: The secret ek_… is gone');
  assert.match(report.stack, /TypeError/);
  assert.equal(report.url, page.url());
  const latest = () => worker.fetch('/api/errors', { headers: { Authorization: `Bearer ${ADMIN}` } }).then((answer) => answer.text());
  await until(async () => (await latest()).includes('The secret [redacted] is gone'), 'the error is in the latest reports');
  await context.close();
});

test('problems that the Worker cannot know are reported, those that the Worker returned are not', async () => {
  const visitor = await newVisitor(browser);
  await visitor.page.route('**/chatkit.js', (route) => route.abort('blockedbyclient'));
  const first = listen(worker);
  const request = visitor.page.waitForRequest('**/api/errors');
  await visitor.page.goto(site.put('/blocked', html(tag(worker.url))));
  assert.match((await request).postData() ?? '', /widget_script_failed/);
  await until(() => first().length > 0, 'the report arrives');
  await visitor.context.close();

  worker.sandbox.fail('invalid-key');
  const told = listen(worker);
  const refused = await newVisitor(browser);
  await refused.page.goto(site.put('/refused', html(tag(worker.url))));
  await refused.page.locator('.problem').waitFor();
  await leave(refused.page, told);
  await refused.context.close();
});

describe('nothing is reported', () => {
  /** @type {[string, string, Record<string, unknown>][]} */
  const cases = [
    ['with analytics="off"', 'analytics="off"', {}],
    ['for a visitor with Do Not Track', '', { doNotTrack: '1' }],
    ['for a visitor with Global Privacy Control', '', { globalPrivacyControl: true }],
  ];
  for (const [name, attributes, asked] of cases) {
    test(name, async () => {
      const told = listen(worker);
      const { context, page, say, fail, sent } = await open(attributes, (page) =>
        page.addInitScript((asked) => {
          for (const [name, value] of Object.entries(asked)) Object.defineProperty(navigator, name, { value });
        }, asked),
      );
      await say('Quiet');
      await fail('boom');
      await leave(page, told);
      assert.deepEqual(Object.keys(sent), ['/api/analytics/message']);
      await context.close();
    });
  }
});

test('a batch has at most 100 events and 16 KiB, the limits of the Worker', () => {
  const sizes = (/** @type {string[]} */ events) => toBatches(events).map((body) => JSON.parse(body).length);
  assert.deepEqual(sizes([]), []);
  assert.deepEqual(sizes(Array(250).fill('{}')), [100, 100, 50]);
  const long = JSON.stringify({ message: 'é'.repeat(1000) });
  const many = toBatches(Array(30).fill(long));
  assert.ok(many.length > 1 && many.every((body) => Buffer.byteLength(body) <= 16_384));
  assert.equal(many.flatMap((body) => JSON.parse(body)).length, 30);
});
