// <chatkit-edge> on a page of another site: one tag, and what a page does with the element.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { until } from '../support/until.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { assertApart, launch, newVisitor } from './browser.mjs';
import { page as html, startSite, tag } from './sites.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
before(async () => {
  site = await startSite();
  [worker, browser] = await Promise.all([startWorkerWithSandbox({ vars: { ALLOWED_ORIGINS: `${site.origin},https://shop.example` } }), launch()]);
});
beforeEach(() => worker.sandbox.reset());
after(async () => {
  await Promise.all([worker?.close(), browser?.close()]);
  site?.close();
});

/**
 * A visitor on a page of the other site. `done` closes the page and checks what holds for every one: nothing in the console,
 * nothing unhandled, and no two session requests within a second.
 * @param {string} body
 * @param {{ headers?: Record<string, string>, prepare?: (page: import('playwright-core').Page) => Promise<unknown> }} [options]
 */
async function open(body, { headers, prepare } = {}) {
  const visitor = await newVisitor(browser);
  await prepare?.(visitor.page);
  // A script that a test holds back would hold back the page's load event.
  await visitor.page.goto(site.put('/page', html(body), headers), { waitUntil: 'domcontentloaded' });
  const { context, troubles, gaps } = visitor;
  return {
    ...visitor,
    composer: visitor.page.locator('chatkit-edge textarea'),
    async done() {
      assertApart(await gaps());
      await context.close();
      assert.deepEqual(troubles, []);
    },
  };
}

const users = () => worker.sandbox.requests.map(({ body }) => body.user);

describe('one tag', () => {
  test('brings a chat that answers, with one session and no preflight', async () => {
    const before = worker.logs().length;
    const { page, composer, calls, done } = await open(tag(worker.url));
    await composer.fill('Good morning');
    await composer.press('Enter');
    await page.locator('chatkit-edge .message.assistant .text', { hasText: 'Good morning' }).waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    const asked = worker.logs().slice(before).filter(({ path }) => path?.startsWith('/api/chatkit'));
    assert.deepEqual(asked.map(({ method, path }) => `${method} ${path}`), ['POST /api/chatkit/session']);
    await done();
  });

  test('asks for the session and the script at the same time', async () => {
    // Each is held back until the other has been asked for too: one after the other would never end.
    const script = Promise.withResolvers();
    const session = Promise.withResolvers();
    const { composer, done } = await open(tag(worker.url), {
      async prepare(page) {
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
        // It would be one more round trip before the script.
        await page.route('**/api/chatkit/config', () => assert.fail('the settings are asked for'));
      },
    });
    await composer.waitFor();
    await done();
  });

  test('works where another server hands out the script without the settings in front', async () => {
    const { composer, done } = await open(tag(worker.url), {
      async prepare(page) {
        await page.route('**/embed.js', async (route) => {
          const answer = await route.fetch();
          const text = await answer.text();
          assert.match(text, /^const CHATKIT_EDGE_CONFIG=\{.+\};\n/);
          await route.fulfill({ response: answer, body: text.slice(text.indexOf('\n') + 1) });
        });
      },
    });
    await composer.waitFor();
    await done();
  });

  test('works under a strict Content-Security-Policy that names the Worker and the widget', async () => {
    const widget = new URL(worker.sandbox.widgetUrl).origin;
    const policy = `default-src 'none'; script-src ${worker.url} ${widget}; connect-src ${worker.url} ${widget}; frame-src ${widget}`;
    const { composer, done } = await open(tag(worker.url), { headers: { 'Content-Security-Policy': policy } });
    await composer.waitFor();
    await done();
  });

  for (const directive of ['script-src', 'connect-src', 'frame-src']) {
    test(`says at once what a Content-Security-Policy without the address in ${directive} blocks`, async () => {
      const widget = new URL(worker.sandbox.widgetUrl).origin;
      const allowed = { 'script-src': `${worker.url} ${widget}`, 'connect-src': `${worker.url} ${widget}`, 'frame-src': widget };
      const missing = directive === 'connect-src' ? worker.url : widget;
      const policy = Object.entries(allowed).map(([name, list]) => `${name} ${name === directive ? list.replace(missing, "'none'") : list}`);
      const { context, page, calls } = await open(tag(worker.url), {
        headers: { 'Content-Security-Policy': policy.join('; ').replace(/(\S+) 'none'/, '$1') },
        // The stand-in has no frame; this one has, and is never ready.
        prepare: async (page) =>
          directive === 'frame-src' &&
          page.route('**/chatkit.js', (route) =>
            route.fulfill({
              contentType: 'text/javascript',
              body: `customElements.define('openai-chatkit', class extends HTMLElement {
                setOptions() {}
                connectedCallback() { this.append(Object.assign(document.createElement('iframe'), { src: '${widget}/frame' })); }
              });`,
            }),
          ),
      });
      const problem = page.locator('chatkit-edge .problem');
      await problem.waitFor();
      const text = await problem.innerText();
      assert.match(text, /blocked_by_policy/);
      assert.ok(text.includes(`must allow ${missing} in ${directive}.`), text);
      assert.ok(calls.length <= 1);
      await context.close();
    });
  }

  test('loads the script that the page names', async () => {
    const { composer, done, page } = await open(tag(worker.url, `script="${worker.sandbox.widgetUrl}?mine"`));
    await composer.waitFor();
    assert.equal(await page.locator('script[src$="?mine"]').count(), 1);
    await done();
  });
});

describe('an element', () => {
  test('twice on a page shares session and script', async () => {
    const { page, calls, done } = await open(`${tag(worker.url)}<chatkit-edge></chatkit-edge>`);
    await page.locator('chatkit-edge textarea').nth(1).waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    assert.equal(await page.locator('script[src$="/chatkit.js"]').count(), 1);
    await done();
  });

  test('added later, in a shadow root, works, and has the session that there is', async () => {
    const { page, composer, calls, done } = await open(`${tag(worker.url)}<div id="host"></div>`);
    await composer.waitFor();
    await page.evaluate(() => {
      const root = document.querySelector('#host')?.attachShadow({ mode: 'open' });
      root?.append(document.createElement('chatkit-edge'));
    });
    await page.locator('#host textarea').waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    await done();
  });

  test('removed while it starts leaves nothing behind, whatever becomes of its requests', async () => {
    for (const outcome of ['continue', 'abort']) {
      const asked = Promise.withResolvers();
      const removed = Promise.withResolvers();
      const { context, page, calls, troubles } = await open(tag(worker.url), {
        prepare: (page) =>
          page.route(/session$|chatkit\.js$/, async (route) => {
            if (route.request().url().endsWith('session')) asked.resolve(null);
            await removed.promise;
            await (outcome === 'abort' ? route.abort('connectionrefused') : route.continue());
          }),
      });
      await asked.promise;
      const refused = await page.evaluate(async () => {
        const element = /** @type {import('../../public/embed.js').ChatKitEdgeElement} */ (document.querySelector('chatkit-edge'));
        const call = element.focusComposer().catch((/** @type {Error} */ error) => error.message);
        element.remove();
        return call;
      });
      assert.equal(refused, '<chatkit-edge> was removed from the page.');
      const over = page.waitForEvent(outcome === 'abort' ? 'requestfailed' : 'requestfinished', (request) => request.url().endsWith('session'));
      removed.resolve(null);
      await over;
      // What comes of the answer comes within a few tasks.
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
      assert.equal(await page.locator('openai-chatkit').count(), 0);
      assert.equal(calls.length, 1);
      assert.deepEqual(troubles.filter((text) => !text.startsWith('Failed to load resource')), []);
      await context.close();
    }
  });

  test('moved in the page goes on with its thread and without another session', async () => {
    const { page, composer, calls, done } = await open(`<div id="there"></div>${tag(worker.url)}`);
    await composer.fill('Keep this');
    await composer.press('Enter');
    await page.locator('.message.assistant .text', { hasText: 'Keep this' }).waitFor();
    await page.evaluate(() => document.querySelector('#there')?.append(/** @type {Element} */ (document.querySelector('chatkit-edge'))));
    await page.locator('#there .message.assistant .text', { hasText: 'Keep this' }).waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    await done();
  });

  test('taken out and put back, as a router does, has the session that there is', async () => {
    const { page, composer, calls, done } = await open(tag(worker.url));
    await composer.waitFor();
    await page.evaluate(async () => {
      const element = /** @type {Element} */ (document.querySelector('chatkit-edge'));
      element.remove();
      await new Promise((resolve) => setTimeout(resolve));
      document.body.append(element);
    });
    await composer.waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    await done();
  });

  test('takes attributes and options, and passes events and methods on', async () => {
    const { page, composer, done } = await open(
      tag(worker.url, 'greeting="Welcome" placeholder="Ask us" prompts="One | Two" theme="dark" locale="es-MX" label="Help" height="500"'),
    );
    await composer.waitFor();
    assert.equal(await page.locator('.greeting').innerText(), 'Welcome');
    assert.equal(await composer.getAttribute('placeholder'), 'Ask us');
    assert.deepEqual(await page.locator('.prompt').allInnerTexts(), ['One', 'Two']);
    assert.equal(await page.locator('openai-chatkit .root').getAttribute('data-scheme'), 'dark');
    assert.equal(await page.locator('openai-chatkit .root').getAttribute('lang'), 'es');
    assert.equal((await page.locator('openai-chatkit').boundingBox())?.height, 500);
    const heard = await page.evaluate(async () => {
      const chat = /** @type {import('../../public/embed.js').ChatKitEdgeElement} */ (document.querySelector('chatkit-edge'));
      /** @type {string[]} */
      const types = [];
      const ended = new Promise((resolve) => chat.addEventListener('chatkit.response.end', resolve));
      chat.addEventListener('chatkit.thread.change', ({ detail }) => types.push(typeof detail.threadId));
      await chat.setComposerValue({ text: 'typed' });
      const { value } = /** @type {HTMLTextAreaElement} */ (chat.shadowRoot?.querySelector('openai-chatkit')?.shadowRoot?.querySelector('textarea'));
      await chat.sendUserMessage({ text: 'Hello' });
      await ended;
      chat.setOptions({ startScreen: { greeting: 'Changed' }, disclaimer: { text: 'Careful' } });
      await chat.setThreadId(null);
      return [value, ...types];
    });
    assert.deepEqual(heard, ['typed', 'string', 'object']);
    assert.equal(await page.locator('.greeting').innerText(), 'Changed');
    assert.equal(await page.locator('.disclaimer').innerText(), 'Careful');
    await done();
  });

  test('follows the theme and the language of the page', async () => {
    const { page, composer, done } = await open(tag(worker.url));
    await composer.waitFor();
    const root = page.locator('openai-chatkit .root');
    assert.equal(await root.getAttribute('data-scheme'), 'light', 'a page that says nothing is light');
    await page.evaluate(() => {
      document.documentElement.style.colorScheme = 'dark';
      document.documentElement.lang = 'es';
    });
    await page.locator('openai-chatkit .root[data-scheme="dark"][lang="es"]').waitFor();
    await done();
  });

  test('names its workflow, and keeps the first one of a page a second apart', async () => {
    const two = `${tag(worker.url)}<chatkit-edge workflow="wf_other"></chatkit-edge>`;
    const { page, calls, done, troubles } = await open(two);
    const alert = page.locator('chatkit-edge').nth(1).locator('.problem');
    await alert.waitFor();
    assert.match(await alert.innerText(), /workflow_not_allowed/);
    assert.equal(calls.length, 2);
    troubles.length = 0;
    await done();
  });
});

describe('a launcher', () => {
  test('asks for nothing until it is wanted; opens, closes and keeps the focus in order by keyboard', async () => {
    const { page, composer, calls, done } = await open(tag(worker.url, 'launcher="Help" label="Help chat"'));
    const button = page.getByRole('button', { name: 'Help' });
    await button.waitFor();
    assert.deepEqual(calls, []);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Help chat' });
    await dialog.waitFor();
    await composer.waitFor();
    await page.waitForFunction(() => document.querySelector('chatkit-edge')?.shadowRoot?.activeElement?.localName === 'openai-chatkit');
    assert.equal(await page.getByRole('button', { name: 'Close the chat' }).getAttribute('aria-expanded'), 'true');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.querySelector('chatkit-edge')?.shadowRoot?.activeElement?.className), 'launch');
    await page.evaluate(() => document.querySelector('chatkit-edge')?.show());
    await dialog.waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    await done();
  });
});

describe('who the visitor is', () => {
  test('is kept over a reload and between tabs where the browser keeps cookies', async () => {
    const { context, page, composer, done } = await open(tag(worker.url));
    await composer.waitFor();
    await page.reload();
    await composer.waitFor();
    const second = await context.newPage();
    await second.goto(page.url());
    await second.locator('chatkit-edge textarea').waitFor();
    assert.equal(users().length, 3);
    assert.equal(new Set(users()).size, 1);
    await done();
  });

  test('is one, whose two tabs are opened at once for the first time', async () => {
    const { context, page } = await newVisitor(browser);
    const pages = [page, await context.newPage()];
    // On the Worker's own page and on that of another site, where the value is kept in another way.
    for (const url of [site.put('/tabs', html(tag(worker.url))), worker.url]) {
      worker.sandbox.reset();
      await Promise.all(pages.map((each) => each.goto(url)));
      await Promise.all(pages.map((each) => each.locator('chatkit-edge textarea').waitFor()));
      assert.equal(users().length, 2);
      assert.equal(new Set(users()).size, 1, url);
    }
    await context.close();
  });

  test('is kept where it keeps none', async () => {
    const { page, composer, done } = await open(tag(worker.url), {
      async prepare(page) {
        await page.route('**/api/chatkit/*', async (route) => {
          const response = await route.fetch();
          const headers = response.headers();
          delete headers['set-cookie'];
          await route.fulfill({ response, headers });
        });
      },
    });
    await composer.waitFor();
    await page.context().clearCookies();
    await page.reload();
    await composer.waitFor();
    assert.equal(users().length, 2);
    assert.equal(new Set(users()).size, 1);
    await done();
  });
});

test('a page of a site that is not on the list says so, and does not ask again and again', async () => {
  const stranger = await startSite();
  const { context, page, calls } = await newVisitor(browser);
  await page.clock.install();
  await page.goto(stranger.put('/', html(tag(worker.url))));
  const problem = page.locator('chatkit-edge .problem');
  await problem.waitFor();
  assert.match(await problem.innerText(), /origin_not_allowed/);
  assert.match(await problem.innerText(), /ALLOWED_ORIGINS/);
  await page.clock.fastForward('10:00');
  assert.equal(calls.length, 1);
  await context.close();
  stranger.close();
});

test('a visitor of another site reads what concerns visitors; the rest is folded away for its owner', async () => {
  worker.sandbox.fail('invalid-key', { times: Infinity });
  const { context, page } = await newVisitor(browser);
  // Newer Chromium asks before a public site may reach this machine; older ones do not know the permission.
  await context.grantPermissions(['local-network-access'], { origin: 'https://shop.example' }).catch(() => {});
  await page.route('https://shop.example/', (route) => route.fulfill({ contentType: 'text/html', body: html(tag(worker.url)) }));
  await page.goto('https://shop.example/');
  const problem = page.locator('chatkit-edge .problem');
  await problem.waitFor();
  assert.match(await problem.innerText(), /^The chat is not available\s+Please come back later\./);
  assert.doesNotMatch(await problem.innerText(), /OPENAI_API_KEY/);
  await page.getByText('For the owner of this site').click();
  assert.match(await problem.innerText(), /openai_key_rejected/);
  assert.match(await problem.innerText(), /OPENAI_API_KEY/);
  await context.close();
});

test('a page that comes back from the back/forward cache goes on with its chat, whose session has ended meanwhile', async (t) => {
  const cached = await launch({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  t.after(() => cached.close());
  const brief = await startWorkerWithSandbox({ vars: { ALLOWED_ORIGINS: site.origin, SESSION_TTL_SECONDS: '2' } });
  t.after(() => brief.close());
  const { page, troubles, gaps } = await newVisitor(cached);
  await page.goto(site.put('/first', html(tag(brief.url))));
  const composer = page.locator('chatkit-edge textarea');
  const say = async (/** @type {string} */ text) => {
    await composer.fill(text);
    await composer.press('Enter');
    await page.locator('.message.assistant .text', { hasText: text }).waitFor();
  };
  await say('Before');
  await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => (document.title = persisted ? 'kept' : 'loaded anew')));
  await page.goto(site.put('/second', html('<p>Another page</p>')));
  const left = Date.now();
  await until(() => Date.now() > left + 2500, 'the session has ended');
  // A page that was kept is not loaded again.
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => document.title === 'kept');
  await say('After');
  assert.equal(await page.locator('.message').count(), 4);
  assertApart(await gaps());
  // The widget tries its old secret first, and the browser says that it is refused.
  assert.deepEqual(troubles.filter((text) => !/status of 401/.test(text)), []);
});
