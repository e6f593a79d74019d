/**
 * Retries after temporary failures: when the browser is back online, when the page becomes visible again, and with
 * exponential backoff while it is visible. All elements of a page share one timer, so they retry together.
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
/** When the backoff ends; 0 while nothing is pending. */
let nextAttemptAt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * @param {Problem} problem why it failed; its Retry-After is respected
 * @param {() => void} retry called once
 * @returns {() => void} cancels the retry
 */
export function retryLater(problem, retry) {
  const entry = { retry, earliestAt: Date.now() + retryAfterMs(problem) };
  if (pending.size === 0) setListening(true);
  pending.add(entry);
  // Jitter, so that many visitors do not retry at the same moment after an outage.
  nextAttemptAt ||= Date.now() + backoff * (0.85 + 0.3 * Math.random());
  schedule();
  return () => {
    pending.delete(entry);
    reschedule();
  };
}

/** Called after a success: the next failure starts with the shortest backoff. */
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
  // If the page is hidden or offline, onEvent retries later.
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
  // Ignore the pageshow event of the initial load.
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
