/**
 * Tries again what failed for a passing cause: when the browser is online again, when the page is seen again, and with
 * growing pauses while it is seen. One timer serves the whole page, so that elements that failed together try together.
 */

import { waitOf } from './retryable.js';

/** @import { Problem } from '../public/demo/problem.js' */

const FIRST_MS = 5000;
const MOST_MS = 60_000;
const TIMER_MOST_MS = 2 ** 31 - 1;

/** @typedef {{ again: () => void, notBefore: number }} Waiting */

/** @type {Set<Waiting>} */
const waiting = new Set();
let pause = FIRST_MS;
/** When the pauses say that it is time; 0 while nothing waits. */
let due = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * @param {Problem} problem why it failed; its Retry-After is kept
 * @param {() => void} again called once
 * @returns {() => void} gives up waiting
 */
export function tryLater(problem, again) {
  const one = { again, notBefore: Date.now() + waitOf(problem) };
  if (waiting.size === 0) listen(true);
  waiting.add(one);
  // Many visitors that lost the same Worker shall not come back in step.
  due ||= Date.now() + pause * (0.85 + 0.3 * Math.random());
  plan();
  return () => {
    waiting.delete(one);
    settle();
  };
}

/** Something worked: the next failure starts with the shortest pause. */
export function recovered() {
  pause = FIRST_MS;
}

function plan() {
  clearTimeout(timer);
  const earliest = Math.min(...[...waiting].map(({ notBefore }) => notBefore));
  if (waiting.size > 0) timer = setTimeout(onTimer, Math.min(Math.max(due, earliest) - Date.now(), TIMER_MOST_MS));
}

function onTimer() {
  // An event tells when it is worth it again.
  if (document.visibilityState === 'visible' && navigator.onLine) tryNow();
}

function tryNow() {
  const now = Date.now();
  const ripe = [...waiting].filter(({ notBefore }) => notBefore <= now);
  if (ripe.length > 0) {
    for (const one of ripe) waiting.delete(one);
    pause = Math.min(pause * 2, MOST_MS);
    due = 0;
  }
  settle();
  for (const { again } of ripe) again();
}

function settle() {
  if (waiting.size === 0) {
    due = 0;
    listen(false);
  }
  plan();
}

/** @param {Event} event */
function onEvent(event) {
  // The first time a page is shown is no return to it.
  if (event instanceof PageTransitionEvent && !event.persisted) return;
  if (document.visibilityState === 'visible' && navigator.onLine) tryNow();
}

/** @param {boolean} on */
function listen(on) {
  const change = on ? 'addEventListener' : 'removeEventListener';
  window[change]('online', onEvent);
  window[change]('pageshow', onEvent);
  document[change]('visibilitychange', onEvent);
}
