/**
 * Tries again what failed for a passing cause: when the browser is online again, when the page is seen again, and with
 * growing pauses while it is seen. One timer serves the whole page, so that elements that failed together try together.
 */

import { retryAfterMs } from './retryable.js';

/** @import { Problem } from '../public/demo/problem.js' */

const MIN_BACKOFF_MS = 5000;
const MAX_BACKOFF_MS = 60_000;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** @typedef {{ retry: () => void, earliestAt: number }} PendingRetry */

/** @type {Set<PendingRetry>} */
const pending = new Set();
let backoff = MIN_BACKOFF_MS;
/** When the pauses say that it is time; 0 while nothing waits. */
let nextAttemptAt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * @param {Problem} problem why it failed; its Retry-After is kept
 * @param {() => void} retry called once
 * @returns {() => void} gives up waiting
 */
export function retryLater(problem, retry) {
  const entry = { retry, earliestAt: Date.now() + retryAfterMs(problem) };
  if (pending.size === 0) setListening(true);
  pending.add(entry);
  // Many visitors that lost the same Worker shall not come back in step.
  nextAttemptAt ||= Date.now() + backoff * (0.85 + 0.3 * Math.random());
  schedule();
  return () => {
    pending.delete(entry);
    reschedule();
  };
}

/** Something worked: the next failure starts with the shortest pause. */
export function resetBackoff() {
  backoff = MIN_BACKOFF_MS;
}

function schedule() {
  clearTimeout(timer);
  const firstAllowedAt = Math.min(...[...pending].map(({ earliestAt }) => earliestAt));
  if (pending.size === 0) return;
  const delay = Math.max(nextAttemptAt, firstAllowedAt) - Date.now();
  timer = setTimeout(onTimer, Math.min(delay, MAX_TIMEOUT_MS));
}

function onTimer() {
  // An event tells when it is worth it again.
  if (document.visibilityState === 'visible' && navigator.onLine) retryReady();
}

function retryReady() {
  const now = Date.now();
  const ready = [...pending].filter(({ earliestAt }) => earliestAt <= now);
  if (ready.length > 0) {
    for (const entry of ready) pending.delete(entry);
    backoff = Math.min(backoff * 2, MAX_BACKOFF_MS);
    nextAttemptAt = 0;
  }
  reschedule();
  for (const { retry } of ready) retry();
}

function reschedule() {
  if (pending.size === 0) {
    nextAttemptAt = 0;
    setListening(false);
  }
  schedule();
}

/** @param {Event} event */
function onEvent(event) {
  // The first time a page is shown is no return to it.
  if (event instanceof PageTransitionEvent && !event.persisted) return;
  if (document.visibilityState === 'visible' && navigator.onLine) retryReady();
}

/** @param {boolean} on */
function setListening(on) {
  const method = on ? 'addEventListener' : 'removeEventListener';
  window[method]('online', onEvent);
  window[method]('pageshow', onEvent);
  document[method]('visibilitychange', onEvent);
}
