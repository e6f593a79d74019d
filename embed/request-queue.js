/** Session requests of the whole page take turns: one at a time, and a second between any two. */

import { sleep } from './time.js';

const APART_MS = 1000;

/** @type {Promise<unknown>} */
let last = Promise.resolve();
let sent = -Infinity;

/**
 * @template T
 * @param {() => Promise<T>} ask
 * @returns {Promise<T>}
 */
export function inTurn(ask) {
  const turn = last.then(ask);
  last = turn.catch(() => {});
  return turn;
}

/** Waits, in one's turn, until a request may be sent, and takes it for sent. */
export async function untilApart() {
  // The clock may have been set back meanwhile.
  const wait = Math.min(sent + APART_MS - Date.now(), APART_MS);
  if (wait > 0) await sleep(wait);
  sent = Date.now();
}
