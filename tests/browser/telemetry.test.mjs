// What <chatkit-edge> tells the Worker, and what it does not.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { toBatches } from '../../embed/telemetry-batches.js';
import { until } from '../support/until.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { launch, newVisitor } from './browser.mjs';
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

/** What the Worker was told since, as "PATH STATUS". */
function listen() {
  const before = worker.logs().length;
  return () =>
    worker
      .logs()
      .slice(before)
      .filter(({ path }) => /^\/api\/(analytics|errors)/.test(path ?? ''))
      .map(({ path, status }) => `${path} ${status}`);
}

/**
 * Has a page tell what it still has to tell, and checks that this was nothing: only a mark comes after it.
 * @param {import('playwright-core').Page} page
 * @param {() => string[]} told
 */
async function leave(page, told) {
  await page.evaluate((worker) => {
    dispatchEvent(new Event('pagehide'));
    navigator.sendBeacon(`${worker}/api/analytics/message`, '[]');
  }, worker.url);
  await until(() => told().length > 0, 'the mark arrives');
  assert.deepEqual(told(), ['/api/analytics/message 200']);
}

/**
 * A visitor of the other site whose chat is ready. `sent` has the bodies of what its page tells, parsed, by path.
 * @param {string} [attributes]
 * @param {(page: import('playwright-core').Page) => Promise<unknown>} [prepare]
 */
async function open(attributes = '', prepare) {
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
  await visitor.page.goto(site.put('/page', html(tag(worker.url, attributes))));
  const composer = visitor.page.locator('chatkit-edge textarea');
  await composer.waitFor();
  return {
    ...visitor,
    sent,
    beacons: () => requests,
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

test('messages and changes of thread are told in batches, and nothing that was said', async () => {
  const told = listen();
  const { context, sent, beacons, say, troubles } = await open();
  await say('swordfish one');
  await say('swordfish two');
  await until(() => sent['/api/analytics/message']?.length === 2, 'two messages are told');
  assert.equal(sent['/api/analytics/thread-change'].length, 1);
  assert.doesNotMatch(JSON.stringify(sent), /swordfish|ek_/);
  await until(() => told().length >= beacons(), 'all arrive');
  assert.deepEqual([...new Set(told())].sort(), ['/api/analytics/message 200', '/api/analytics/thread-change 200']);
  assert.deepEqual(troubles, []);
  await context.close();
});

test('what is left is told on the way out', async () => {
  const told = listen();
  const { context, page, say } = await open();
  await say('Goodbye');
  await page.goto(site.put('/elsewhere', html('')));
  const both = ['/api/analytics/message 200', '/api/analytics/thread-change 200'];
  await until(() => both.every((one) => told().includes(one)), 'both are told');
  await context.close();
});

test('an error is told with its message and stack and without secrets, and once however often it comes', async () => {
  const { context, page, sent, fail } = await open();
  await fail('The secret ek_live_abcdefgh is gone', 30);
  await until(() => sent['/api/errors']?.length, 'the error is told');
  const [report, ...more] = sent['/api/errors'];
  assert.deepEqual(more, []);
  assert.equal(report.message, 'chatkit.error: The secret ek_… is gone');
  assert.match(report.stack, /TypeError/);
  assert.equal(report.url, page.url());
  const latest = () => worker.fetch('/api/errors', { headers: { Authorization: `Bearer ${ADMIN}` } }).then((answer) => answer.text());
  await until(async () => (await latest()).includes('The secret [redacted] is gone'), 'it is among the latest reports');
  await context.close();
});

test('a problem that the Worker cannot know of is told, one that it answered itself is not', async () => {
  const visitor = await newVisitor(browser);
  await visitor.page.route('**/chatkit.js', (route) => route.abort('blockedbyclient'));
  const first = listen();
  const request = visitor.page.waitForRequest('**/api/errors');
  await visitor.page.goto(site.put('/blocked', html(tag(worker.url))));
  assert.match((await request).postData() ?? '', /widget_script_failed/);
  await until(() => first().length > 0, 'it arrives');
  await visitor.context.close();

  worker.sandbox.fail('invalid-key');
  const told = listen();
  const refused = await newVisitor(browser);
  await refused.page.goto(site.put('/refused', html(tag(worker.url))));
  await refused.page.locator('.problem').waitFor();
  await leave(refused.page, told);
  await refused.context.close();
});

describe('nothing is told', () => {
  /** @type {[string, string, Record<string, unknown>][]} */
  const cases = [
    ['where the page says analytics="off"', 'analytics="off"', {}],
    ['of a visitor with Do Not Track', '', { doNotTrack: '1' }],
    ['of a visitor with Global Privacy Control', '', { globalPrivacyControl: true }],
  ];
  for (const [name, attributes, asked] of cases) {
    test(name, async () => {
      const told = listen();
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

test('a batch is what the Worker takes: up to 100 events and 16 KiB', () => {
  const sizes = (/** @type {string[]} */ events) => toBatches(events).map((body) => JSON.parse(body).length);
  assert.deepEqual(sizes([]), []);
  assert.deepEqual(sizes(Array(250).fill('{}')), [100, 100, 50]);
  const long = JSON.stringify({ message: 'é'.repeat(1000) });
  const many = toBatches(Array(30).fill(long));
  assert.ok(many.length > 1 && many.every((body) => Buffer.byteLength(body) <= 16_384));
  assert.equal(many.flatMap((body) => JSON.parse(body)).length, 30);
});
