// <chatkit-edge> with the Worker's own chat server: identity, agents, problems, and what it tells the widget and the Worker.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../support/until.mjs';
import { useAgent } from './agent.mjs';
import { tag } from './sites.mjs';

const { open, worker } = useAgent();

/** The latest request of a type. @param {string} type */
const latest = (type) => worker().requests.findLast((request) => request.type === type);

/** A widget that only keeps its options, for tests of the element's `fetch`. */
const BARE_WIDGET = `customElements.define('openai-chatkit', class extends HTMLElement {
  setOptions(options) { window.given = options; }
  connectedCallback() { this.dispatchEvent(new CustomEvent('chatkit.ready')); }
});`;

/** @param {import('playwright-core').Page} page */
const useBareWidget = (page) =>
  page.route('**/chatkit.js', (route) => route.fulfill({ contentType: 'text/javascript', body: BARE_WIDGET }));

for (const backend of ['agent', 'remote']) {
  test(`one tag is a working chat with the backend "${backend}": no session, and only errors are reported`, async () => {
    const { page, answer, send, calls, done } = await open({ config: { backend } });
    await send('Good morning');
    await answer.getByText('You said: Good morning').waitFor();
    assert.deepEqual(worker().types(), ['threads.list', 'threads.create']);
    assert.deepEqual(calls, []);
    const { headers } = worker().requests[1];
    assert.equal(headers['x-chatkit-on-disconnect'], 'finish');
    assert.equal(headers.authorization, undefined);
    // What the element reports goes out in one batch, errors last.
    await page.evaluate(() => {
      const detail = { error: new Error('The frame is gone') };
      document.querySelector('chatkit-edge')?.shadowRoot?.querySelector('openai-chatkit')?.dispatchEvent(new CustomEvent('chatkit.error', { detail }));
    });
    await until(() => worker().requests.some(({ path }) => path === '/api/errors'), 'the report of an error');
    assert.deepEqual(worker().requests.filter(({ path }) => path.startsWith('/api/analytics')), []);
    await done();
  });
}

describe('the visitor', () => {
  test("keeps the value that the Worker's answer gives, and sends it with every later request", async () => {
    const { context, page, answer, composer, send } = await open();
    await send('Hello');
    await answer.getByText('You said: Hello').waitFor();
    assert.equal(worker().requests[0].headers['x-chatkit-visitor-token'], undefined);
    await page.reload();
    await composer.waitFor();
    await until(() => worker().types().length === 3, 'the list of threads after the reload');
    assert.equal(worker().requests[2].headers['x-chatkit-visitor-token'], 'visitor-token-1');
    await context.close();
  });

  test('is the user of the token that the page provides, and then no value is sent', async () => {
    const { answer, page, send, done } = await open({
      config: { features: { file_upload: false, history: true, auth: 'jwt' } },
      prepare: (page) =>
        page.addInitScript(() => {
          addEventListener('DOMContentLoaded', () => {
            let asked = 0;
            /** @type {any} */ (document.querySelector('chatkit-edge')).getToken = async () => `token-${++asked}`;
          });
        }),
    });
    await send('Hello');
    await answer.getByText('You said: Hello').waitFor();
    const sent = worker().requests.map(({ headers }) => headers.authorization);
    assert.deepEqual(sent, ['Bearer token-1', 'Bearer token-2']);
    assert.equal(latest('threads.create')?.headers['x-chatkit-visitor-token'], undefined);
    await page.evaluate(() => /** @type {any} */ (document.querySelector('chatkit-edge')).reload());
    await until(() => worker().types().length === 3, 'a new start');
    await done();
  });

  test("never leaves for another host: the element's fetch passes other requests on unchanged", async () => {
    const { page, done } = await open({ prepare: useBareWidget, config: { features: { file_upload: true, history: true, auth: 'anonymous' } } });
    await page.waitForFunction('window.given');
    const given = await page.evaluate(() => {
      const { url, domainKey, uploadStrategy } = /** @type {any} */ (window).given.api;
      return { url, domainKey, uploadStrategy };
    });
    assert.deepEqual(given, { url: `${worker().url}/chatkit`, domainKey: 'domain_pk_localhost_dev', uploadStrategy: { type: 'two_phase' } });
    const headers = page.waitForRequest('**/elsewhere').then((request) => request.allHeaders());
    await page.route('**/elsewhere', (route) => route.fulfill({ body: 'ok' }));
    await page.evaluate(() => {
      localStorage.setItem(`chatkit-edge-visitor ${new URL(/** @type {any} */ (window).given.api.url).origin}`, 'secret-visitor');
      return /** @type {any} */ (window).given.api.fetch('/elsewhere', { method: 'PUT', body: 'file' });
    });
    assert.doesNotMatch(JSON.stringify(await headers), /secret-visitor|chatkit/i);
    await done();
  });
});

describe('an agent', () => {
  const agents = [
    { id: 'default', model: 'gpt-5.2', models: ['gpt-5.2', 'gpt-5.2-mini'], greeting: 'How can the shop help?', prompts: [{ label: 'Parcel', prompt: 'Where is my parcel?', icon: 'cube' }] },
    { id: 'support', name: 'Support', model: 'gpt-5.2-mini', models: ['gpt-5.2-mini'], prompts: [] },
  ];

  test('gives greeting, prompts and models', async () => {
    const { page, answer, composer, done } = await open({ config: { agents } });
    await composer.waitFor();
    assert.equal(await page.locator('.greeting').innerText(), 'How can the shop help?');
    assert.equal(await page.getByLabel('Model').inputValue(), 'gpt-5.2');
    await page.getByLabel('Model').selectOption('gpt-5.2-mini');
    await page.getByRole('button', { name: 'Parcel' }).click();
    await answer.getByText('You said: Where is my parcel?').waitFor();
    assert.deepEqual(latest('threads.create')?.params.input.inference_options, { model: 'gpt-5.2-mini' });
    await done();
  });

  test("leaves what the page sets itself, and is chosen by its name", async () => {
    const { page, answer, composer, send, done } = await open({ config: { agents }, attributes: 'agent="support" greeting="Welcome" prompts="One | Two"' });
    await composer.waitFor();
    assert.equal(await page.locator('.greeting').innerText(), 'Welcome');
    assert.deepEqual(await page.locator('.prompt').allInnerTexts(), ['One', 'Two']);
    assert.equal(await page.getByLabel('Model').isVisible(), false, 'one model is no choice');
    await send('Hello');
    await answer.getByText('You said: Hello').waitFor();
    assert.equal(latest('threads.create')?.path, '/chatkit?agent=support');

    await page.evaluate(() => document.querySelector('chatkit-edge')?.removeAttribute('agent'));
    await page.getByText('You said: Hello').waitFor({ state: 'detached' });
    await until(() => latest('threads.list')?.path === '/chatkit', 'a start with the default agent');
    await done();
  });
});

describe('a problem', () => {
  test('that the Worker has with the visitor is shown by the element, once, and "Try again" starts with a new thread', async () => {
    const { context, page, answer, problem, composer, send } = await open();
    await send('One');
    await answer.getByText('You said: One').waitFor();
    worker().refuse({ status: 401, body: { code: 'identity_required', detail: 'Nothing in the request proves who the visitor is.', request_id: 'r-1' } });
    await send('Two');
    await problem.waitFor();
    const text = await problem.innerText();
    assert.match(text, /The Worker does not know who you are/);
    assert.match(text, /identity_required/);
    assert.match(text, /r-1/);
    assert.ok(await composer.isVisible(), 'the chat stays in view');
    await page.locator('chatkit-edge .problem .retry').click();
    await problem.waitFor({ state: 'detached' });
    await send('Three');
    await answer.getByText('You said: Three').waitFor();
    assert.deepEqual(worker().types().slice(-2), ['threads.list', 'threads.create']);
    await context.close();
  });

  test('of one request, or one that passes, is left to the widget', async () => {
    const { context, page, answer, composer, send } = await open();
    await send('One');
    await answer.getByText('You said: One').waitFor();
    for (const [status, code] of /** @type {[number, string][]} */ ([[404, 'not_found'], [413, 'payload_too_large'], [400, 'invalid_request'], [429, 'rate_limited']])) {
      worker().refuse({ status, body: { code, detail: `It is ${code}.`, message: `It is ${code}.` } });
      await send('Two');
      await page.locator('openai-chatkit .notice').getByText(status === 429 ? 'Too many messages' : `It is ${code}.`).waitFor();
      assert.equal(await composer.inputValue(), 'Two');
    }
    assert.equal(await page.locator('chatkit-edge .problem').count(), 0);
    await send('Two');
    await answer.getByText('You said: Two').waitFor();
    await context.close();
  });

  test('of the settings is shown with the words of the Worker', async () => {
    const { context, page, problem } = await open({
      config: { configured: false },
      prepare: async () => worker().refuse({ status: 500, body: { code: 'not_configured', detail: 'AGENT.model is missing.' } }),
    });
    await problem.getByText('AGENT.model is missing.').waitFor();
    assert.equal(await page.locator('openai-chatkit').count(), 0);
    await context.close();
  });

  test('of a missing domain key is named at once, except on localhost', async () => {
    const local = await open({ config: { domain_key: undefined } });
    await local.composer.waitFor();
    await local.done();
    const { context, page, problem } = await open({
      config: { domain_key: undefined },
      body: '<p>Not this page</p>',
    });
    // Newer Chromium needs a permission for requests from a public site to localhost; older versions do not know it.
    await context.grantPermissions(['local-network-access'], { origin: 'https://shop.example' }).catch(() => {});
    const body = `<!doctype html><title>Shop</title>${tag(worker().url)}`;
    await page.route('https://shop.example/', (route) => route.fulfill({ contentType: 'text/html', body }));
    await page.goto('https://shop.example/');
    await problem.waitFor();
    await page.getByText('For the owner of this site').click();
    assert.match(await problem.innerText(), /domain_key_missing/);
    assert.match(await problem.innerText(), /CHATKIT_DOMAIN_KEY/);
    await context.close();
  });
});
