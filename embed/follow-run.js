/**
 * Follows an answer that another page load, or a connection that broke, has left behind: reads its events until its end, and
 * has the widget load what is stored so far, at most once a second.
 */

import { sleep } from './time.js';

const MIN_INTERVAL_MS = 1000;
const MAX_FAILURES = 5;

/**
 * @param {() => Promise<Response>} open requests the events of the run
 * @param {() => Promise<unknown>} refresh has the widget load the thread again
 * @param {AbortSignal} signal
 */
export async function followRun(open, refresh, signal) {
  const refresher = new Refresher(refresh, signal);
  for (let failures = 0; failures < MAX_FAILURES && !signal.aborted; failures++) {
    if (failures > 0) await sleep(MIN_INTERVAL_MS);
    try {
      const response = await open();
      // The run is unknown: it ended long ago, or it is another visitor's.
      if (response.status >= 400 && response.status < 500) break;
      if (!response.ok || !response.body) continue;
      failures = 0;
      await readAll(response.body, () => refresher.request());
      break;
    } catch {
      // The connection broke. The events come again from the first.
    }
  }
  await refresher.finish();
}

/** @param {ReadableStream<Uint8Array>} body @param {() => void} onEvent */
async function readAll(body, onEvent) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = decoder.decode(value, { stream: true }).split('\n');
    // Comments only keep the connection open.
    if (lines.some((line) => line !== '' && !line.startsWith(':'))) onEvent();
  }
}

/** Calls `refresh` when requested, one call at a time and at least a second apart. */
class Refresher {
  #refresh;
  #signal;
  #lastAt = -Infinity;
  #isRequested = false;
  /** @type {Promise<void> | null} */
  #running = null;

  /** @param {() => Promise<unknown>} refresh @param {AbortSignal} signal */
  constructor(refresh, signal) {
    this.#refresh = refresh;
    this.#signal = signal;
  }

  request() {
    this.#isRequested = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** One last call, which shows the whole answer. */
  async finish() {
    this.request();
    await this.#running;
  }

  async #run() {
    while (this.#isRequested) {
      await sleep(Math.max(0, this.#lastAt + MIN_INTERVAL_MS - Date.now()));
      if (this.#signal.aborted) return;
      this.#isRequested = false;
      this.#lastAt = Date.now();
      await this.#refresh().catch(() => {});
    }
  }
}
