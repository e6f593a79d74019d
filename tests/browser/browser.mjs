// Helpers for the browser tests: Chromium, and visitors whose pages record all errors.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { findChromium } from '../../scripts/chromium.mjs';

export const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

/** @param {import('playwright-core').LaunchOptions} [options] */
export async function launch(options) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('There is no Chromium here: `npm test` installs it.');
  return chromium.launch({ executablePath, args, ...options });
}

/**
 * Creates a page in its own browser profile, not opened yet. `troubles` collects console errors and warnings, uncaught errors
 * and rejections; in Chromium, violations of the Content-Security-Policy are console errors. `calls` has the requests for
 * client secrets, as "POST /api/chatkit/session". `gaps()` returns the milliseconds between those requests of the open page,
 * by the page's own clock.
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function newVisitor(browser, options) {
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  /** @type {string[]} */
  const troubles = [];
  /** @type {string[]} */
  const calls = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (!/^\/api\/chatkit\/(session|refresh)$/.test(pathname)) return;
    calls.push(`${request.method()} ${pathname}`);
  });
  // Measured in the page, because its events reach the test late on a busy machine.
  await page.addInitScript(() => {
    const times = /** @type {number[]} */ ((/** @type {any} */ (window).sessionRequests = []));
    const { fetch } = window;
    window.fetch = (input, init) => {
      if (/\/api\/chatkit\/(session|start|refresh)$/.test(String(input))) times.push(Date.now());
      return fetch(input, init);
    };
  });
  return {
    context,
    page,
    troubles,
    calls,
    /** @returns {Promise<number[]>} */
    gaps: () =>
      page.evaluate(() => {
        const times = /** @type {number[]} */ (/** @type {any} */ (window).sessionRequests);
        return times.slice(1).map((time, i) => time - times[i]);
      }),
  };
}

/** Asserts that session requests of a page are at least a second apart, minus the inaccuracy of timers. @param {number[]} gaps */
export function assertApart(gaps) {
  assert.ok(gaps.every((gap) => gap >= 990), `session requests ${gaps} ms apart`);
}

/**
 * Delays the widget's script and the session request until both have been requested, so that a page which requests them one
 * after the other would get neither. @param {import('playwright-core').Page} page
 */
export async function holdUntilBothAreAskedFor(page) {
  const script = Promise.withResolvers();
  const session = Promise.withResolvers();
  await page.route('**/chatkit.js', async (route) => {
    script.resolve(null);
    await session.promise;
    await route.continue();
  });
  await page.route('**/api/chatkit/session', async (route) => {
    session.resolve(null);
    await script.promise;
    await route.continue();
  });
}

/** Waits until the chat accepts input. @param {import('playwright-core').Page} page */
export async function chat(page) {
  const composer = page.locator('openai-chatkit textarea');
  await composer.waitFor();
  return {
    messages: page.locator('openai-chatkit .message'),
    /** Sends a message and returns the complete reply. @param {string} text */
    async say(text) {
      const ends = page.locator('#events li', { hasText: 'chatkit.response.end' });
      const before = await ends.count();
      await composer.fill(text);
      await composer.press('Enter');
      await ends.nth(before).waitFor({ state: 'attached' });
      return page.locator('openai-chatkit .message.assistant .text').last().innerText();
    },
  };
}
