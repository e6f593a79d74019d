// How long it takes from opening a page until its chat can be used: a page with the one tag of embed.js, a page that does one
// thing after the other as snippets do, and the demo. The first two are as small as such pages can be, and of another site.
//
// A chat can be used when the widget is there (`chatkit.ready`) and holds its client secret. On loopback everything is near,
// so the sandbox makes two things as slow as they are in the world: the widget's script, and OpenAI's answer.
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

/** Loads the script, then asks for a session. Its request is one that the browser may send to another origin at once. */
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

/** @typedef {{ ready: number, secret: number }} Times milliseconds from the start of the navigation */

/** Runs in each page before its own scripts. It sees the events of the element wherever that is, in a shadow tree too. */
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

/** One visit by a browser that has nothing cached. @param {import('playwright-core').Browser} browser */
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

/** The middle of each time, in whole milliseconds. */
function medians(/** @type {Awaited<ReturnType<typeof visit>>[]} */ visits) {
  const middle = (/** @type {number[]} */ numbers) => Math.round(figure(numbers).median);
  return {
    'own files run (ms)': middle(visits.map(({ loaded }) => loaded)),
    'chatkit.ready (ms)': middle(visits.map(({ ready }) => ready)),
    'chat can be used (ms)': middle(visits.map(({ usable }) => usable)),
  };
}

/** Pages of the other site, by address. @type {Record<string, string>} */
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
  // The first round is for the browser and the Worker to get warm.
  for (let round = 0; round <= VISITS; round += 1) {
    for (const [, url, visits] of measured) {
      const times = await visit(browser, url);
      if (round > 0) visits.push(times);
    }
  }
  console.log(`Script ${SCRIPT_MS} ms, OpenAI ${OPENAI_MS} ms; medians of ${VISITS} visits each, taking turns, nothing cached.`);
  const rows = Object.fromEntries(measured.map(([name, , visits]) => [name, medians(visits)]));
  console.table(rows);
  const [tag, sequence] = Object.values(rows).map((row) => row['chat can be used (ms)']);
  console.log(`The tag takes ${(tag / sequence).toFixed(2)} of the time of the page in sequence.`);
} finally {
  await browser.close();
  await worker.close();
  site.closeAllConnections();
  site.close();
}
