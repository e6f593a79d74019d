// How long it takes from opening a page until its chat can be used: our demo page, and a page that does one thing after
// the other as snippets do. That page is as small as such a page can be; a site's own framework would come on top.
//
// A chat can be used when the widget is there (`chatkit.ready`) and holds its client secret. On loopback everything is near,
// so the sandbox makes two things as slow as they are in the world: the widget's script, and OpenAI's answer.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { launch } from '../tests/browser/browser.mjs';
import { startWorkerWithSandbox } from '../tests/support/worker.mjs';

const SCRIPT_MS = 400;
const OPENAI_MS = 600;
const VISITS = 11;

/** Loads the script, then asks for a session. Its request is one that the browser may send to another origin at once. */
const inSequence = (/** @type {string} */ widgetUrl, /** @type {string} */ workerUrl) => `<!doctype html>
<html lang="en">
<title>In sequence</title>
<link rel="icon" href="data:,">
<div id="chat"></div>
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
</script>
`;

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
    const page = await context.newPage();
    await page.addInitScript(notePageTimes);
    await page.goto(url, { waitUntil: 'commit' });
    const found = await page.waitForFunction(() => {
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
  const middle = (/** @type {number[]} */ numbers) => Math.round(numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]);
  return {
    'own files run (ms)': middle(visits.map(({ loaded }) => loaded)),
    'chatkit.ready (ms)': middle(visits.map(({ ready }) => ready)),
    'chat can be used (ms)': middle(visits.map(({ usable }) => usable)),
  };
}

let sequence = '';
const site = createServer((_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end(sequence));
site.listen(0, '127.0.0.1');
await once(site, 'listening');
const origin = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (site.address()).port}`;
const delays = { apiDelayMs: OPENAI_MS, scriptDelayMs: SCRIPT_MS };
const worker = await startWorkerWithSandbox({ ...delays, vars: { ALLOWED_ORIGINS: origin } });
sequence = inSequence(worker.sandbox.widgetUrl, worker.url);
const browser = await launch();
try {
  /** @type {[name: string, url: string, visits: Awaited<ReturnType<typeof visit>>[]][]} */
  const pages = [['ChatKit Edge', `${worker.url}/`, []], ['in sequence', `${origin}/`, []]];
  // The first round is for the browser and the Worker to get warm.
  for (let round = 0; round <= VISITS; round += 1) {
    for (const [, url, visits] of pages) {
      const times = await visit(browser, url);
      if (round > 0) visits.push(times);
    }
  }
  console.log(`Script ${SCRIPT_MS} ms, OpenAI ${OPENAI_MS} ms; medians of ${VISITS} visits each, taking turns, nothing cached.`);
  const rows = Object.fromEntries(pages.map(([name, , visits]) => [name, medians(visits)]));
  console.table(rows);
  const [ours, other] = Object.values(rows).map((row) => row['chat can be used (ms)']);
  console.log(`ChatKit Edge takes ${(ours / other).toFixed(2)} of the time of the page in sequence.`);
} finally {
  await browser.close();
  await worker.close();
  site.closeAllConnections();
  site.close();
}
