// <chatkit-edge> with signed-in users: the page provides the token with getToken.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { hs256 } from '../support/tokens.mjs';
import { until } from '../support/until.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { launch, newVisitor } from './browser.mjs';
import { page as html, startSite, tag } from './sites.mjs';

const SECRET = 'a-secret-that-the-site-shares-with-the-worker';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
before(async () => {
  site = await startSite();
  const vars = { ALLOWED_ORIGINS: site.origin, AUTH: 'jwt', AUTH_ISSUER: 'https://site.example', AUTH_AUDIENCE: 'chat', SESSION_TTL_SECONDS: '3' };
  [worker, browser] = await Promise.all([startWorkerWithSandbox({ vars, secrets: { AUTH_JWT_SECRET: SECRET } }), launch()]);
});
beforeEach(() => worker.sandbox.reset());
after(async () => {
  await Promise.all([worker?.close(), browser?.close()]);
  site?.close();
});

/** @param {string} sub */
const tokenOf = (sub) => hs256({ iss: 'https://site.example', aud: 'chat', sub, exp: Math.floor(Date.now() / 1000) + 300 }, SECRET);
const users = () => worker.sandbox.requests.map(({ body }) => body.user);

/** A script of the page that sets getToken. @param {string} token */
const script = (token) => `<script>document.querySelector('chatkit-edge').getToken = async () => ${JSON.stringify(token)};</script>`;

test('the session is for the user of the token, also after a refresh', async () => {
  const { context, page, calls, troubles } = await newVisitor(browser);
  // The script runs before the element is defined.
  await page.goto(site.put('/early', html(tag(worker.url) + script(tokenOf('user-1')))));
  await page.locator('chatkit-edge textarea').waitFor();
  await page.waitForRequest('**/api/chatkit/refresh');
  await page.evaluate(() => new Promise((resolve) => document.querySelector('chatkit-edge')?.addEventListener('chatkit-edge.session', resolve)));
  assert.deepEqual(calls.slice(0, 2), ['POST /api/chatkit/session', 'POST /api/chatkit/refresh']);
  assert.deepEqual([...new Set(users())], ['user-1']);
  assert.deepEqual(troubles, []);
  await context.close();
});

test('without getToken the element shows an error and sends no request, and starts once getToken is set', async () => {
  const { context, page, calls } = await newVisitor(browser);
  await page.clock.install();
  await page.goto(site.put('/late', html(tag(worker.url))));
  await page.getByText('Loading the chat…').waitFor();
  await page.clock.fastForward(4000);
  const problem = page.locator('chatkit-edge .problem');
  await problem.waitFor();
  assert.match(await problem.innerText(), /The Worker does not know who you are[^]*getToken[^]*identity_required/);
  assert.deepEqual(calls, []);
  await page.addScriptTag({ content: `document.querySelector('chatkit-edge').getToken = () => ${JSON.stringify(tokenOf('user-2'))};` });
  await page.locator('chatkit-edge textarea').waitFor();
  await problem.waitFor({ state: 'detached' });
  assert.deepEqual(users(), ['user-2']);
  await context.close();
});

test('a getToken that never settles does not block another chat of the page, and shows an error after 15 seconds', async () => {
  const { context, page } = await newVisitor(browser);
  await page.clock.install();
  const scripts = `<script>
    const [stuck, good] = document.querySelectorAll('chatkit-edge');
    stuck.getToken = () => new Promise(() => {});
    good.getToken = async () => ${JSON.stringify(tokenOf('user-1'))};
  </script>`;
  await page.goto(site.put('/stuck', html(`${tag(worker.url)}<chatkit-edge></chatkit-edge>${scripts}`)));
  const stuck = page.locator('chatkit-edge').first();
  await page.locator('chatkit-edge').nth(1).locator('textarea').waitFor();
  assert.equal(await stuck.locator('.problem').count(), 0);
  await page.clock.fastForward('00:15');
  await stuck.locator('.problem').waitFor();
  assert.match(await stuck.locator('.problem').innerText(), /did not get its token in time[^]*token_timeout[^]*retries automatically/i);

  // The element retries by itself, with the latest function.
  await page.addScriptTag({ content: `stuck.getToken = () => ${JSON.stringify(tokenOf('user-2'))};` });
  await page.clock.fastForward('00:06');
  await stuck.locator('textarea').waitFor();
  assert.ok(users().includes('user-2'));
  await context.close();
});

test('reload() starts a session for the user of the new token', async () => {
  const { context, page } = await newVisitor(browser);
  await page.goto(site.put('/switch', html(tag(worker.url) + script(tokenOf('user-1')))));
  await page.locator('chatkit-edge textarea').waitFor();
  await page.evaluate((token) => {
    const chat = /** @type {import('../../public/embed.js').ChatKitEdgeElement} */ (document.querySelector('chatkit-edge'));
    chat.getToken = () => token;
    chat.reload();
  }, tokenOf('user-2'));
  await until(() => users().includes('user-2'), 'a session of the new user');
  await page.locator('chatkit-edge textarea').waitFor();
  assert.equal(users().at(-1), 'user-2');
  await context.close();
});

test('a rejected token shows an error and is not retried automatically', async () => {
  const { context, page, calls } = await newVisitor(browser);
  await page.clock.install();
  await page.goto(site.put('/wrong', html(tag(worker.url) + script('not.a.token'))));
  const problem = page.locator('chatkit-edge .problem');
  await problem.waitFor();
  assert.match(await problem.innerText(), /identity_required/);
  await page.clock.fastForward('10:00');
  assert.equal(calls.length, 1);
  await context.close();
});
