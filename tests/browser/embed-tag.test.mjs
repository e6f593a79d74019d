// <chatkit-edge> on a page of another site with one tag, and the errors if its policy blocks the chat or its origin is not
// allowed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { holdUntilBothAreAskedFor } from './browser.mjs';
import { useOtherSite } from './embed.mjs';
import { page as html, startSite, tag } from './sites.mjs';

const { open, visitor, worker } = useOtherSite();

describe('one tag', () => {
  test('adds a working chat with one session request and no preflight', async () => {
    const before = worker().logs().length;
    const { page, composer, calls, done } = await open(tag(worker().url));
    await composer.fill('Good morning');
    await composer.press('Enter');
    await page.locator('chatkit-edge .message.assistant .text', { hasText: 'Good morning' }).waitFor();
    assert.deepEqual(calls, ['POST /api/chatkit/session']);
    const asked = worker().logs().slice(before).filter(({ path }) => path?.startsWith('/api/chatkit'));
    assert.deepEqual(asked.map(({ method, path }) => `${method} ${path}`), ['POST /api/chatkit/session']);
    await done();
  });

  test('requests the session and the script at the same time', async () => {
    const { composer, done } = await open(tag(worker().url), {
      async prepare(page) {
        await holdUntilBothAreAskedFor(page);
        // A request for the settings would add a round trip before the script.
        await page.route('**/api/chatkit/config', () => assert.fail('the settings are asked for'));
      },
    });
    await composer.waitFor();
    await done();
  });

  test('works if another server serves the script without the prepended settings', async () => {
    const { composer, done } = await open(tag(worker().url), {
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

  test('works with a strict Content-Security-Policy that allows the Worker and the widget', async () => {
    const widget = new URL(worker().sandbox.widgetUrl).origin;
    const policy = `default-src 'none'; script-src ${worker().url} ${widget}; connect-src ${worker().url} ${widget}; frame-src ${widget}`;
    const { composer, done } = await open(tag(worker().url), { headers: { 'Content-Security-Policy': policy } });
    await composer.waitFor();
    await done();
  });

  for (const directive of ['script-src', 'connect-src', 'frame-src']) {
    test(`shows at once which origin a Content-Security-Policy must allow in ${directive}`, async () => {
      const widget = new URL(worker().sandbox.widgetUrl).origin;
      const allowed = { 'script-src': `${worker().url} ${widget}`, 'connect-src': `${worker().url} ${widget}`, 'frame-src': widget };
      const missing = directive === 'connect-src' ? worker().url : widget;
      const policy = Object.entries(allowed).map(([name, list]) => `${name} ${name === directive ? list.replace(missing, "'none'") : list}`);
      const { context, page, calls } = await open(tag(worker().url), {
        headers: { 'Content-Security-Policy': policy.join('; ').replace(/(\S+) 'none'/, '$1') },
        // The stand-in widget has no frame, so this replaces it with one that has and never gets ready.
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

  test('loads the widget from the URL in the attribute "script"', async () => {
    const { composer, done, page } = await open(tag(worker().url, `script="${worker().sandbox.widgetUrl}?mine"`));
    await composer.waitFor();
    assert.equal(await page.locator('script[src$="?mine"]').count(), 1);
    await done();
  });
});

test('a page whose origin is not allowed shows an error and does not retry', async () => {
  const stranger = await startSite();
  const { context, page, calls } = await visitor();
  await page.clock.install();
  await page.goto(stranger.put('/', html(tag(worker().url))));
  const problem = page.locator('chatkit-edge .problem');
  await problem.waitFor();
  assert.match(await problem.innerText(), /origin_not_allowed/);
  assert.match(await problem.innerText(), /ALLOWED_ORIGINS/);
  await page.clock.fastForward('10:00');
  assert.equal(calls.length, 1);
  await context.close();
  stranger.close();
});

test('a visitor of another site sees a short message, and the details for the owner are collapsed', async () => {
  worker().sandbox.fail('invalid-key', { times: Infinity });
  const { context, page } = await visitor();
  // Newer Chromium needs a permission for requests from a public site to localhost; older versions do not know it.
  await context.grantPermissions(['local-network-access'], { origin: 'https://shop.example' }).catch(() => {});
  await page.route('https://shop.example/', (route) => route.fulfill({ contentType: 'text/html', body: html(tag(worker().url)) }));
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
