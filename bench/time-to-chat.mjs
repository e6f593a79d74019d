// Measures the time from opening a page until its chat is usable. The pages: one with the tag of embed.js, one that loads the
// script and then asks for a session as snippets do, and the demo. The first two are minimal pages of another site.
//
// A chat is usable when the widget is ready (`chatkit.ready`) and has its client secret. Loopback has no latency, so the sandbox
// delays two things by realistic times: the widget's script and OpenAI's response.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { launch } from '../tests/browser/browser.mjs';
import { startWorkerWithSandbox } from '../tests/support/worker.mjs';
import { figure } from './speed/figures.mjs';

const SCRIPT_MS = 400;
const OPENAI_MS = 600;
const VISITS = 11;

const page = (/** @type {string} */ body) => `<!doctype html>
<html lang="en">
<title>A site</title>
<link rel="icon" href="data:,">
${body}
`;

const oneTag = (/** @type {string} */ workerUrl) =>
  page(`<script type="module" src="${workerUrl}/embed.js"></script><chatkit-edge></chatkit-edge>`);

/** A page that loads the script, then asks for a session. The request needs no CORS preflight. */
const inSequence = (/** @type {string} */ widgetUrl, /** @type {string} */ workerUrl) => page(`<div id="chat"></div>
<script type="module">
  const script = document.createElement('script');
  script.src = '${widgetUrl}';
  script.async = true;
  script.onload = () => {
    const chat = document.createElement('openai-chatkit');
    chat.setOptions({
      api: {
        async getClientSecret() {
          const response = await fetch('${workerUrl}/api/chatkit/start', { method: 'POST' });
          return (await response.json()).client_secret;
        },
      },
    });
    document.getElementById('chat').append(chat);
  };
  document.head.append(script);
</script>`);

/** @typedef {{ ready: number, secret: number }} Times in milliseconds since the start of the navigation */

/** Runs in each page before its own scripts. It sees the element's events even in a shadow tree. */
function notePageTimes() {
  /** @type {Partial<Times>} */
  const times = {};
  Object.assign(window, { times });
  const dispatch = EventTarget.prototype.dispatchEvent;
  EventTarget.prototype.dispatchEvent = function (event) {
    if (event.type === 'chatkit.ready') times.ready ??= performance.now();
    if (event.type === 'chatkit.log' && /** @type {CustomEvent} */ (event).detail.name === 'session.created') {
      times.secret ??= performance.now();
    }
    return dispatch.call(this, event);
  };
}

/** One visit with an empty cache. @param {import('playwright-core').Browser} browser */
async function visit(browser, /** @type {string} */ url) {
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    await tab.addInitScript(notePageTimes);
    await tab.goto(url, { waitUntil: 'commit' });
    const found = await tab.waitForFunction(() => {
      const { times } = /** @type {any} */ (window);
      const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
      const loaded = navigation.domContentLoadedEventEnd;
      return loaded > 0 && times.ready && times.secret && { ...times, loaded };
    });
    const { loaded, ready, secret } = /** @type {Times & { loaded: number }} */ (await found.jsonValue());
    return { loaded, ready, usable: Math.max(ready, secret) };
  } finally {
    await context.close();
  }
}

/** The median of each time, in whole milliseconds. */
function medians(/** @type {Awaited<ReturnType<typeof visit>>[]} */ visits) {
  const middle = (/** @type {number[]} */ numbers) => Math.round(figure(numbers).median);
  return {
    'own files run (ms)': middle(visits.map(({ loaded }) => loaded)),
    'chatkit.ready (ms)': middle(visits.map(({ ready }) => ready)),
    'chat can be used (ms)': middle(visits.map(({ usable }) => usable)),
  };
}

/** The other site's pages by path. @type {Record<string, string>} */
const pages = {};
const site = createServer(({ url = '' }, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end(pages[url]));
site.listen(0, '127.0.0.1');
await once(site, 'listening');
const origin = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (site.address()).port}`;
const delays = { apiDelayMs: OPENAI_MS, scriptDelayMs: SCRIPT_MS };
const worker = await startWorkerWithSandbox({ ...delays, vars: { ALLOWED_ORIGINS: origin } });
pages['/one-tag'] = oneTag(worker.url);
pages['/in-sequence'] = inSequence(worker.sandbox.widgetUrl, worker.url);
const browser = await launch();
try {
  /** @type {[name: string, url: string, visits: Awaited<ReturnType<typeof visit>>[]][]} */
  const measured = [
    ['one tag of embed.js', `${origin}/one-tag`, []],
    ['in sequence', `${origin}/in-sequence`, []],
    ['the demo', `${worker.url}/`, []],
  ];
  // The first round warms up the browser and the Worker.
  for (let round = 0; round <= VISITS; round += 1) {
    for (const [, url, visits] of measured) {
      const times = await visit(browser, url);
      if (round > 0) visits.push(times);
    }
  }
  console.log(`Script ${SCRIPT_MS} ms, OpenAI ${OPENAI_MS} ms; medians of ${VISITS} visits each, in turns, with an empty cache.`);
  const rows = Object.fromEntries(measured.map(([name, , visits]) => [name, medians(visits)]));
  console.table(rows);
  const [tag, sequence] = Object.values(rows).map((row) => row['chat can be used (ms)']);
  console.log(`Ratio of the tag to the page in sequence: ${(tag / sequence).toFixed(2)}`);
} finally {
  await browser.close();
  await worker.close();
  site.closeAllConnections();
  site.close();
}
