/** Session requests of the whole page take turns: one at a time, and a second between the starts of any two. */

import { sleep } from './time.js';

const APART_MS = 1000;

/** @type {Promise<unknown>} */
let last = Promise.resolve();
let started = -Infinity;

/**
 * @template T
 * @param {() => Promise<T>} ask
 * @returns {Promise<T>}
 */
export function inTurn(ask) {
  const turn = last.then(async () => {
    // The clock may have been set back meanwhile.
    const wait = Math.min(started + APART_MS - Date.now(), APART_MS);
    if (wait > 0) await sleep(wait);
    started = Date.now();
    return ask();
  });
  last = turn.catch(() => {});
  return turn;
}
