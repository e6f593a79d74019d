/** A queue for the page's session requests: one at a time, at least a second apart. */

import { sleep } from './time.js';

const MIN_INTERVAL_MS = 1000;

/** @type {Promise<unknown>} */
let tail = Promise.resolve();
let lastSentAt = -Infinity;

/**
 * @template T
 * @param {() => Promise<T>} send
 * @returns {Promise<T>}
 */
export function enqueue(send) {
  const result = tail.then(send);
  tail = result.catch(() => {});
  return result;
}

/** Waits until the next request may be sent, then records it as sent. Call it only from a queued request. */
export async function waitForInterval() {
  // At most one interval, in case the clock was set back.
  const delay = Math.min(lastSentAt + MIN_INTERVAL_MS - Date.now(), MIN_INTERVAL_MS);
  if (delay > 0) await sleep(delay);
  lastSentAt = Date.now();
}
