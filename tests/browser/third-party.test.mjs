// A page of another site that uses the Worker, in a Chromium that blocks third-party cookies.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { chromium } from 'playwright-core';
import { findChromium } from '../../scripts/chromium.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { args } from './browser.mjs';
import { page as html, startSite } from './sites.mjs';

/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {string} */
let origin;
/** @type {string} */
let profile;
/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').BrowserContext} */
let browser;

before(async () => {
  site = await startSite();
  origin = site.origin;
  site.put('/', html(''));
  worker = await startWorkerWithSandbox({ vars: { ALLOWED_ORIGINS: origin } });

  profile = await mkdtemp(path.join(tmpdir(), 'chatkit-edge-profile-'));
  await mkdir(path.join(profile, 'Default'));
  const blocked = { profile: { block_third_party_cookies: true, cookie_controls_mode: 1 } };
  await writeFile(path.join(profile, 'Default', 'Preferences'), JSON.stringify(blocked));
  browser = await chromium.launchPersistentContext(profile, { executablePath: findChromium(), args });
});
beforeEach(() => worker.sandbox.reset());
after(async () => {
  await browser?.close();
  await worker?.close();
  site?.close();
  await rm(profile, { recursive: true, force: true });
});

/** Sends a request from the other site's page, as its own script would. */
const ask = (/** @type {import('playwright-core').Page} */ page, /** @type {string} */ where, /** @type {RequestInit} */ init) =>
  page.evaluate(
    async ([url, options]) => {
      const answer = await fetch(url, { method: 'POST', ...options });
      return { status: answer.status, requestId: answer.headers.get('x-request-id'), body: await answer.json() };
    },
    /** @type {const} */ ([worker.url + where, init]),
  );

const users = () => worker.sandbox.requests.map(({ body }) => body.user);

test('an ordinary third-party cookie is blocked in this browser', async () => {
  const page = await browser.newPage();
  const setter = createServer((request, response) =>
    response.writeHead(200, {
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
      'Set-Cookie': 'plain=1; SameSite=None; Secure',
    }).end(JSON.stringify(request.headers.cookie ?? '')),
  ).listen(0, 'localhost');
  await once(setter, 'listening');
  try {
    await page.goto(origin);
    const { port } = /** @type {import('node:net').AddressInfo} */ (setter.address());
    const cookie = await page.evaluate(async (url) => {
      await fetch(url, { credentials: 'include' });
      return (await fetch(url, { credentials: 'include' })).json();
    }, `http://localhost:${port}/`);
    assert.equal(cookie, '');
  } finally {
    setter.closeAllConnections();
    setter.close();
    await page.close();
  }
});

test('the partitioned cookie keeps the visitor across a refresh and a reload', async () => {
  const page = await browser.newPage();
  await page.goto(origin);
  const start = await ask(page, '/api/chatkit/session', { credentials: 'include' });
  assert.equal(start.status, 200);
  assert.ok(start.requestId, 'the page can read the request id');
  assert.equal((await ask(page, '/api/chatkit/refresh', { credentials: 'include' })).status, 200);
  await page.reload();
  assert.equal((await ask(page, '/api/chatkit/session', { credentials: 'include' })).status, 200);
  assert.equal(users().length, 3);
  assert.equal(new Set(users()).size, 1);
  await page.close();
});

test('the header keeps the visitor when no cookie is sent', async () => {
  const page = await browser.newPage();
  await page.goto(origin);
  const start = await ask(page, '/api/chatkit/session', { credentials: 'omit' });
  const headers = { 'X-ChatKit-Visitor-Token': start.body.visitor, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ currentClientSecret: start.body.client_secret });
  const refresh = await ask(page, '/api/chatkit/refresh', { credentials: 'omit', headers, body });
  assert.equal(refresh.status, 200);
  assert.equal((await ask(page, '/api/chatkit/refresh', { credentials: 'omit' })).status, 401);
  assert.equal(users().length, 2);
  assert.equal(new Set(users()).size, 1);
  await page.close();
});

test('the element keeps the visitor across a reload', async () => {
  const page = await browser.newPage();
  for (let visit = 1; visit <= 2; visit++) {
    await page.goto(origin);
    await page.addScriptTag({ type: 'module', url: `${worker.url}/embed.js` });
    await page.evaluate(() => document.body.append(document.createElement('chatkit-edge')));
    await page.locator('chatkit-edge textarea').waitFor();
    assert.equal(users().length, visit);
  }
  assert.equal(new Set(users()).size, 1);
  await page.close();
});

test('a page whose origin is not allowed cannot read the response', async () => {
  const page = await browser.newPage();
  await page.goto('data:text/html,<title>foreign</title>');
  const result = await page.evaluate(async (url) => {
    try {
      await fetch(url, { method: 'POST', credentials: 'include' });
      return 'answered';
    } catch (error) {
      return String(error);
    }
  }, `${worker.url}/api/chatkit/session`);
  assert.match(result, /Failed to fetch/);
  assert.deepEqual(worker.sandbox.requests, []);
  await page.close();
});
