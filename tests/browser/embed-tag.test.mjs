// <chatkit-edge> on a page of another site by one tag, and what is said where that site does not allow it or is not allowed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { holdUntilBothAreAskedFor } from './browser.mjs';
import { useOtherSite } from './embed.mjs';
import { page as html, startSite, tag } from './sites.mjs';

const { open, visitor, worker } = useOtherSite();

describe('one tag', () => {
  test('brings a chat that answers, with one session and no preflight', async () => {
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

  test('asks for the session and the script at the same time', async () => {
    const { composer, done } = await open(tag(worker().url), {
      async prepare(page) {
        await holdUntilBothAreAskedFor(page);
        // It would be one more round trip before the script.
        await page.route('**/api/chatkit/config', () => assert.fail('the settings are asked for'));
      },
    });
    await composer.waitFor();
    await done();
  });

  test('works where another server hands out the script without the settings in front', async () => {
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

  test('works under a strict Content-Security-Policy that names the Worker and the widget', async () => {
    const widget = new URL(worker().sandbox.widgetUrl).origin;
    const policy = `default-src 'none'; script-src ${worker().url} ${widget}; connect-src ${worker().url} ${widget}; frame-src ${widget}`;
    const { composer, done } = await open(tag(worker().url), { headers: { 'Content-Security-Policy': policy } });
    await composer.waitFor();
    await done();
  });

  for (const directive of ['script-src', 'connect-src', 'frame-src']) {
    test(`says at once what a Content-Security-Policy without the address in ${directive} blocks`, async () => {
      const widget = new URL(worker().sandbox.widgetUrl).origin;
      const allowed = { 'script-src': `${worker().url} ${widget}`, 'connect-src': `${worker().url} ${widget}`, 'frame-src': widget };
      const missing = directive === 'connect-src' ? worker().url : widget;
      const policy = Object.entries(allowed).map(([name, list]) => `${name} ${name === directive ? list.replace(missing, "'none'") : list}`);
      const { context, page, calls } = await open(tag(worker().url), {
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
    const { composer, done, page } = await open(tag(worker().url, `script="${worker().sandbox.widgetUrl}?mine"`));
    await composer.waitFor();
    assert.equal(await page.locator('script[src$="?mine"]').count(), 1);
    await done();
  });
});

test('a page of a site that is not on the list says so, and does not ask again and again', async () => {
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

test('a visitor of another site reads what concerns visitors; the rest is folded away for its owner', async () => {
  worker().sandbox.fail('invalid-key', { times: Infinity });
  const { context, page } = await visitor();
  // Newer Chromium asks before a public site may reach this machine; older ones do not know the permission.
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
