/** Session requests of the whole page take turns: one at a time, and a second between any two. */

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

/** Waits, in one's turn, until a request may be sent, and takes it for sent. */
export async function waitForInterval() {
  // The clock may have been set back meanwhile.
  const delay = Math.min(lastSentAt + MIN_INTERVAL_MS - Date.now(), MIN_INTERVAL_MS);
  if (delay > 0) await sleep(delay);
  lastSentAt = Date.now();
}
