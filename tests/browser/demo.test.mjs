// The demo page around the chat: its two languages, its code snippets, which the tests run, and its links.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { violations } from './axe.mjs';
import { chat, launch, newVisitor } from './browser.mjs';
import { bundleReact, page as html, startSite, tag } from './sites.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
before(async () => {
  site = await startSite();
  [worker, browser] = await Promise.all([startWorkerWithSandbox({ vars: { ALLOWED_ORIGINS: site.origin, SESSION_TTL_SECONDS: '4' } }), launch()]);
});
beforeEach(() => worker.sandbox.reset());
after(async () => {
  await Promise.all([worker?.close(), browser?.close()]);
  site?.close();
});

describe('Spanish', () => {
  test('is the language of the page, the element and the widget if the browser prefers it', async () => {
    const { context, page, troubles } = await newVisitor(browser, { locale: 'es-AR' });
    await page.goto(worker.url);
    const { say } = await chat(page);
    assert.equal(await page.title(), 'Demo de ChatKit Edge');
    assert.equal(await page.locator('h1').innerText(), 'Un chat cuya clave se queda en el servidor');
    assert.equal(await page.locator('.greeting').innerText(), '¿En qué puedo ayudar?');
    assert.match(await say('hola'), /Ha preguntado/);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('is remembered when the visitor chooses it, and applies to error messages', async () => {
    worker.sandbox.fail('workflow-not-found', { times: Infinity });
    const { context, page } = await newVisitor(browser);
    await page.goto(worker.url);
    const problem = page.locator('chatkit-edge .problem');
    await problem.waitFor();
    assert.match(await problem.innerText(), /OpenAI does not know this workflow/);
    await page.getByRole('button', { name: 'Español' }).click();
    await problem.getByText('OpenAI no conoce este workflow').waitFor();
    assert.ok(await problem.getByRole('button', { name: 'Reintentar' }).isVisible());
    assert.equal(await page.locator('html').getAttribute('lang'), 'es');
    await page.reload();
    await problem.getByText('OpenAI no conoce este workflow').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await problem.getByText('OpenAI does not know this workflow').waitFor();
    await context.close();
  });
});

describe('the snippet', () => {
  /** The snippet in a tab, as it is copied. @param {string} name */
  async function snippet(name) {
    const { context, page } = await newVisitor(browser);
    await page.goto(worker.url);
    await page.locator('#fact-upstream', { hasText: 'the sandbox' }).waitFor();
    await page.getByRole('tab', { name }).click();
    const text = await page.locator('#snippet-code').innerText();
    await context.close();
    return text;
  }

  /**
   * Opens a page of another site, chats and waits until the session has been refreshed.
   * @param {string} url
   * @param {{ composer?: string, cookies?: boolean }} [options] cookies: whether the browser keeps those of the Worker
   */
  async function works(url, { composer = 'textarea', cookies = true } = {}) {
    worker.sandbox.reset();
    const { context, page, calls, troubles } = await newVisitor(browser);
    if (!cookies) {
      await page.addInitScript(() => {
        const { fetch } = window;
        window.fetch = (input, init) => fetch(input, { ...init, credentials: 'omit' });
      });
    }
    await page.goto(url);
    await page.locator(composer).fill('Hello');
    await page.locator(composer).press('Enter');
    await page.locator('.message.assistant .text', { hasText: 'Hello' }).waitFor();
    const refreshed = await page.waitForResponse('**/api/chatkit/refresh');
    assert.equal(refreshed.status(), 200);
    assert.deepEqual(troubles, []);
    await context.close();
    return { calls, users: new Set(worker.sandbox.requests.map(({ body }) => body.user)) };
  }

  test('for HTML adds a chat to a page of another site', async () => {
    const { users } = await works(site.put('/html', html(await snippet('HTML'))));
    assert.equal(users.size, 1);
  });

  test('for a custom script adds a chat', async () => {
    const { users } = await works(site.put('/script', html(await snippet('Your own script'))));
    assert.equal(users.size, 1);
  });

  /** Puts the snippet for React on a page of the other site. @param {string} [more] HTML beside it */
  async function putReact(more = '') {
    const text = await snippet('React');
    site.put('/react.js', await bundleReact(text));
    const head = /<script .+<\/script>/.exec(text)?.[0];
    assert.ok(head, 'it includes the tag for the head');
    return site.put('/react', html(`<div id="root"></div><script type="module" src="/react.js"></script>${more}`, head));
  }

  test('for React adds a chat beside a <chatkit-edge> element', async () => {
    const { calls } = await works(await putReact(tag(worker.url)), { composer: '#root textarea' });
    assert.ok(calls.includes('POST /api/chatkit/session'), 'the element has its own session');
  });

  test('for a custom script, and for React, keeps the visitor in a browser that keeps no cookie of another site', async () => {
    for (const url of [site.put('/script', html(await snippet('Your own script'))), await putReact()]) {
      const { users } = await works(url, { cookies: false });
      assert.equal(users.size, 1, url);
    }
  });

  test('can be copied, and selected with arrow keys', async () => {
    const { context, page } = await newVisitor(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(worker.url);
    await chat(page);
    await page.getByRole('tab', { name: 'HTML' }).focus();
    await page.keyboard.press('ArrowLeft');
    assert.equal(await page.getByRole('tab', { selected: true }).innerText(), 'Terminal');
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied.').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `curl -X POST ${worker.url}/api/chatkit/session`);
    await context.close();
  });
});

test('the demo page links to the API documentation, the API description, the dashboard and the health check', async () => {
  const { context, page } = await newVisitor(browser);
  await page.goto(worker.url);
  const addresses = await page.locator('a[href^="/"]').evaluateAll((links) => [...new Set(links.map((link) => link.getAttribute('href')))]);
  for (const address of ['/docs', '/openapi.yaml', '/dashboard', '/health']) {
    assert.ok(addresses.includes(address), address);
    assert.equal((await worker.fetch(address)).status, 200, address);
  }
  await context.close();
});
