// <chatkit-edge> in React 19 and Vue 3 apps, with the components from docs/embed.md.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { compileScript, parse } from 'vue/compiler-sfc';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { bundle } from '../clients/site.mjs';
import { readPage } from '../docs/page.mjs';
import { hs256 } from '../support/tokens.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { assertApart, launch, newVisitor } from './browser.mjs';
import { startSite } from './sites.mjs';

const docs = readPage('embed.md');
const SECRET = 'a-secret-that-the-site-shares-with-the-worker';

/** The component for Vue, compiled with the options from docs/embed.md. */
function vueComponent() {
  const { plugins } = new Function('vue', `return { ${docs.code('Vue', 'js')} }`)((/** @type {any} */ options) => options);
  const { compilerOptions } = plugins[0].template;
  const { descriptor, errors } = parse(docs.code('Vue', 'vue'), { filename: 'Chat.vue', templateParseOptions: compilerOptions });
  assert.deepEqual(errors, []);
  return compileScript(descriptor, { id: 'chat', inlineTemplate: true, templateOptions: { compilerOptions } }).content;
}

/** @type {Record<string, string>} */
const components = { 'docs/Chat.jsx': docs.code('React', 'jsx'), 'docs/Chat.vue': vueComponent() };

/** @type {import('esbuild').Plugin} */
const fromDocs = {
  name: 'docs',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^docs\// }, ({ path }) => ({ path, namespace: 'docs' }));
    onLoad({ filter: /./, namespace: 'docs' }, ({ path }) => ({
      contents: components[path],
      loader: 'jsx',
      resolveDir: inRoot(),
    }));
  },
};

// Only development builds warn about mistakes of an app, and only React's mounts twice in StrictMode.
const dev = { NODE_ENV: 'development' };
/** @typedef {{ name: string, page: string, env: Record<string, string>, appFirst?: boolean }} App */
/** @type {App[]} */
const apps = [
  { name: 'React in StrictMode', page: 'react-app.jsx', env: dev },
  { name: 'React in production', page: 'react-app.jsx', env: {} },
  { name: 'React with options as a prop of the element', page: 'react-app.jsx', env: { ...dev, CHAT: 'plain' } },
  { name: 'React on a server-rendered page', page: 'react-app.jsx', env: { ...dev, RENDERED: 'server' } },
  { name: 'React loaded before embed.js', page: 'react-app.jsx', env: dev, appFirst: true },
  { name: 'Vue', page: 'vue-app.js', env: dev },
  { name: 'Vue in production', page: 'vue-app.js', env: {} },
  { name: 'Vue with the render function h', page: 'vue-app.js', env: { ...dev, CHAT: 'plain' } },
  { name: 'Vue loaded before embed.js', page: 'vue-app.js', env: dev, appFirst: true },
];

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** The Worker of a site with signed-in users. @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let signedIn;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
before(async () => {
  site = await startSite();
  const vars = { ALLOWED_ORIGINS: site.origin };
  const jwt = { ...vars, AUTH: 'jwt', AUTH_ISSUER: 'https://site.example', AUTH_AUDIENCE: 'chat' };
  [worker, signedIn, browser] = await Promise.all([
    startWorkerWithSandbox({ vars }),
    startWorkerWithSandbox({ vars: jwt, secrets: { AUTH_JWT_SECRET: SECRET } }),
    launch(),
  ]);
});
beforeEach(() => {
  worker.sandbox.reset();
  signedIn.sandbox.reset();
});
after(async () => {
  await Promise.all([worker?.close(), signedIn?.close(), browser?.close()]);
  site?.close();
});

/** Loads a module once the app has rendered the element. @param {string} src */
function onceRendered(src) {
  new MutationObserver((_, observer) => {
    if (!document.querySelector('chatkit-edge')) return;
    observer.disconnect();
    document.head.append(Object.assign(document.createElement('script'), { type: 'module', src }));
  }).observe(document, { childList: true, subtree: true });
}

/**
 * Bundles an app, adds it to the site and returns its URL.
 * @param {App} app
 * @param {string} from the URL of the Worker
 * @param {string} [token] the token of the signed-in user
 */
async function put({ page, env, appFirst }, from, token = '') {
  const script = await bundle(new URL(`pages/${page}`, import.meta.url), { CHAT: '', RENDERED: '', TOKEN: token, ...env }, {
    format: 'esm',
    plugins: [fromDocs],
    define: { __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
  });
  site.put('/app.js', script);
  const embed = `${from}/embed.js`;
  return site.put('/app', `<!doctype html><html lang="en"><meta charset="utf-8"><title>An app</title><div id="root"></div>
    ${appFirst ? `<script>(${onceRendered})('${embed}')</script>` : `<script type="module" src="${embed}"></script>`}
    <script type="module" src="/app.js"></script>`);
}

/** Checks that the widget's options can be cloned, because the widget posts them to OpenAI's frame. */
function checkOptions() {
  const { define } = customElements;
  customElements.define = function (name, constructor, ...rest) {
    const { setOptions } = constructor.prototype;
    if (name === 'openai-chatkit') {
      constructor.prototype.setOptions = function (/** @type {any} */ options) {
        structuredClone({ ...options, api: null });
        return setOptions.call(this, options);
      };
    }
    return define.call(this, name, constructor, ...rest);
  };
}

/**
 * Opens the app as a new visitor.
 * @param {string} url
 * @param {(page: import('playwright-core').Page) => Promise<unknown>} [prepare]
 */
async function visit(url, prepare) {
  const { context, page, calls, troubles, gaps } = await newVisitor(browser);
  await page.addInitScript(checkOptions);
  await prepare?.(page);
  await page.goto(url);
  return {
    page,
    calls,
    composer: page.locator('chatkit-edge textarea'),
    press: (/** @type {string} */ name) => page.getByRole('button', { name, exact: true }).click(),
    /** Asserts that the app has received exactly these events so far. */
    heard: async (/** @type {string[]} */ names) => {
      await page.locator('#heard li').nth(names.length - 1).waitFor();
      assert.deepEqual((await page.locator('#heard li').allInnerTexts()).sort(), names.sort());
    },
    /** Asserts that there were no errors and one session request. */
    async done() {
      assert.deepEqual(calls, ['POST /api/chatkit/session']);
      assertApart(await gaps());
      await context.close();
      assert.deepEqual(troubles, []);
    },
  };
}

for (const app of apps) {
  describe(app.name, () => {
    let url = '';
    before(async () => {
      url = await put(app, worker.url);
    });

    test('passes attributes and options to the chat and receives its events', async () => {
      const { page, composer, heard, done } = await visit(url);
      await composer.waitFor();
      assert.equal(await page.locator('openai-chatkit .root').getAttribute('lang'), 'es');
      assert.deepEqual(await page.locator('.prompt').allInnerTexts(), ['One', 'Two']);
      assert.equal(await page.locator('.disclaimer').innerText(), 'In light');
      await heard(['chatkit.ready', 'chatkit-edge.session']);
      await composer.fill('Good morning');
      await composer.press('Enter');
      await page.locator('.message.assistant .text', { hasText: 'Good morning' }).waitFor();
      await heard(['chatkit.ready', 'chatkit-edge.session', 'chatkit.thread.change thread']);
      await done();
    });

    test('changes the theme and the options of the existing chat', async () => {
      const { page, composer, heard, press, done } = await visit(url);
      await composer.fill('Keep this');
      await composer.press('Enter');
      await page.locator('.message.assistant .text', { hasText: 'Keep this' }).waitFor();
      const widget = await page.locator('openai-chatkit').elementHandle();
      await press('Dark');
      await page.locator('openai-chatkit .root[data-scheme="dark"]').waitFor();
      await page.locator('.disclaimer', { hasText: 'In dark' }).waitFor();
      assert.equal(await widget?.evaluate((element) => element.isConnected), true);
      assert.equal(await page.locator('.message').count(), 2);
      await heard(['chatkit.ready', 'chatkit-edge.session', 'chatkit.thread.change thread']);
      await done();
    });

    test('reuses the existing session after a route change', async () => {
      const { page, composer, heard, press, done } = await visit(url);
      await composer.waitFor();
      for (const times of [1, 2]) {
        await press('Away');
        assert.equal(await page.locator('chatkit-edge').count(), 0);
        await press('To the chat');
        await composer.waitFor();
        await heard(['chatkit-edge.session', ...Array(times + 1).fill('chatkit.ready')]);
      }
      await composer.fill('Again');
      await composer.press('Enter');
      await page.locator('.message.assistant .text', { hasText: 'Again' }).waitFor();
      await done();
    });

    test('reuses a pending session request after a route change', async () => {
      const asked = Promise.withResolvers();
      const returned = Promise.withResolvers();
      const { composer, press, done } = await visit(url, (page) =>
        page.route('**/api/chatkit/session', async (route) => {
          asked.resolve(null);
          await returned.promise;
          await route.continue();
        }),
      );
      await asked.promise;
      await press('Away');
      await press('To the chat');
      returned.resolve(null);
      await composer.waitFor();
      await done();
    });

    test('uses the token of the app, even if getToken is a new function on every render', async () => {
      const claims = { iss: 'https://site.example', aud: 'chat', sub: 'user-1', exp: Math.floor(Date.now() / 1000) + 300 };
      const { page, composer, press, done } = await visit(await put(app, signedIn.url, hs256(claims, SECRET)));
      await composer.waitFor();
      await press('Dark');
      await page.locator('.disclaimer', { hasText: 'In dark' }).waitFor();
      assert.deepEqual(signedIn.sandbox.requests.map(({ body }) => body.user), ['user-1']);
      await done();
    });
  });
}
