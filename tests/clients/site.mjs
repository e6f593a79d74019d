// A third-party site: its pages are bundled with esbuild, it proxies /api/ to the Worker as a rewrite in Next.js does, and its
// visitors load the stand-in widget instead of OpenAI's.
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { newVisitor } from '../browser/browser.mjs';

const CDN = 'https://cdn.platform.openai.com';
/** The path of the widget at OpenAI's CDN. */
const WIDGET = '/deployments/chatkit/chatkit.js';

/**
 * Bundles a page's script with the packages that it imports.
 * @param {URL} file
 * @param {Record<string, string>} env the values of `process.env`
 * @param {import('esbuild').BuildOptions} [options]
 */
export async function bundle(file, env, options) {
  const define = Object.entries({ NODE_ENV: 'production', ...env })
    .map(([name, value]) => [`process.env.${name}`, JSON.stringify(value)]);
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(file)],
    bundle: true,
    jsx: 'automatic',
    ...options,
    write: false,
    define: { ...Object.fromEntries(define), ...options?.define },
  });
  return outputFiles[0].text;
}

/**
 * @typedef {object} Page
 * @property {string} script
 * @property {boolean} [loadsWidget] whether its HTML has the script tag of the widget, as in OpenAI's guide
 */

const html = (/** @type {string} */ path, /** @type {Page | undefined} */ page) => `<!doctype html>
<html lang="en">
<title>A site</title>
<link rel="icon" href="data:,">
${page?.loadsWidget ? `<script src="${CDN}${WIDGET}" async></script>` : ''}
<div id="root"></div>
${page ? `<script src="${path}.js"></script>` : ''}
`;

/** Starts the site at 127.0.0.1, so that the Worker at localhost is cross-site. Paths without a page return an empty page. */
export async function startSite() {
  /** By path. @type {Map<string, Page>} */
  const pages = new Map();
  /** The target of the proxy for /api/. */
  let workerUrl = '';

  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path.startsWith('/api/')) return proxy(workerUrl, request, response);
    const page = pages.get(path.replace(/\.js$/, ''));
    if (path.endsWith('.js')) return response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(page?.script);
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(html(path, page));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    pages,
    rewriteTo: (/** @type {string} */ url) => (workerUrl = url),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * @param {string} target
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
function proxy(target, request, response) {
  const { method, headers } = request;
  const onward = httpRequest(target + request.url, { method, headers: { ...headers, host: new URL(target).host } }, (upstream) => {
    response.writeHead(upstream.statusCode ?? 502, upstream.headers);
    upstream.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

/**
 * Serves the stand-in widget and its API to a browser context at the URL of OpenAI's.
 * @param {import('playwright-core').BrowserContext} context
 * @param {{ url: string }} sandbox
 */
function standInForOpenAi(context, sandbox) {
  return context.route(`${CDN}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    const url = sandbox.url + (pathname === WIDGET ? '/chatkit.js' : pathname);
    await route.fulfill({ response: await route.fetch({ url }) });
  });
}

/**
 * Creates a visitor whose browser gets the stand-in widget. The page is not opened yet.
 * @param {import('playwright-core').Browser} browser
 * @param {{ url: string }} sandbox
 */
export async function newChatVisitor(browser, sandbox) {
  const { context, page, troubles } = await newVisitor(browser);
  await standInForOpenAi(context, sandbox);
  return {
    context,
    page,
    troubles,
    /** Sends a message and returns the reply. @param {string} text */
    async say(text) {
      const composer = page.locator('openai-chatkit textarea');
      await composer.fill(text);
      await composer.press('Enter');
      const reply = page.locator('openai-chatkit .message.assistant .text').last();
      await reply.getByText(text).waitFor();
      return reply.innerText();
    },
    async close() {
      await context.unrouteAll({ behavior: 'ignoreErrors' });
      await context.close();
    },
  };
}

/**
 * Opens a page of the site as a new visitor. `calls` has the page's API requests, oldest first.
 * @param {import('playwright-core').Browser} browser
 * @param {{ url: string }} sandbox
 * @param {string} url
 */
export async function visitPage(browser, sandbox, url) {
  const visitor = await newChatVisitor(browser, sandbox);
  const { page } = visitor;
  /** @type {{ call: string, body: any }[]} */
  const calls = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/api/')) calls.push({ call: `${request.method()} ${pathname}`, body: request.postDataJSON() });
  });
  await page.addInitScript(() => {
    const errors = (/** @type {any} */ (window).chatErrors = /** @type {string[]} */ ([]));
    addEventListener('chatkit.error', (event) => errors.push(/** @type {CustomEvent} */ (event).detail.error.message), true);
  });
  await page.goto(url);
  return {
    ...visitor,
    calls,
    /** The first error that the widget reports. */
    error: async () => (await page.waitForFunction(() => /** @type {any} */ (window).chatErrors[0])).jsonValue(),
  };
}
