/**
 * Tells the Worker what happened on the page, in batches: changes of thread, messages (that there was one, never what was said)
 * and errors. Visitors who ask not to be tracked are not counted at all.
 */

import { withoutSecrets } from '../public/demo/redact.js';
import { batches, MOST_EVENTS } from './telemetry-batches.js';
import { workerOrigin } from './worker.js';

/** @typedef {'message' | 'thread-change' | 'errors'} Kind */

/** @type {Record<Kind, string>} */
const PATHS = { message: '/api/analytics/message', 'thread-change': '/api/analytics/thread-change', errors: '/api/errors' };
const WAIT_MS = 2000;
const MOST_CHARS = 1000;
// An error that comes over and over is told once in this time.
const AGAIN_MS = 60_000;

/** @type {Record<Kind, string[]>} each event as JSON */
const queues = { message: [], 'thread-change': [], errors: [] };
/** @type {Map<string, number>} */
const told = new Map();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * @param {Kind} kind
 * @param {Record<string, string | null>} fields
 */
export function report(kind, fields) {
  if (asksNotToBeTracked()) return;
  queues[kind].push(JSON.stringify(fields));
  if (queues[kind].length >= MOST_EVENTS) flush();
  timer ??= setTimeout(flush, WAIT_MS);
}

/**
 * An Error has no fields of its own in JSON, so they are named.
 * @param {unknown} error
 * @param {string} code what kind of error it is
 */
export function reportError(error, code) {
  const { message, stack } = error instanceof Object && 'message' in error ? /** @type {Error} */ (error) : { message: error, stack: '' };
  const text = `${code}: ${message}`;
  const now = Date.now();
  if (now - (told.get(text) ?? -Infinity) < AGAIN_MS) return;
  if (told.size >= MOST_EVENTS) told.clear();
  told.set(text, now);
  report('errors', { code, message: clean(text), stack: clean(stack), url: location.origin + location.pathname });
}

/** @param {unknown} text */
const clean = (text) => withoutSecrets(text ?? '').slice(0, MOST_CHARS);

function asksNotToBeTracked() {
  const asked = /** @type {{ globalPrivacyControl?: boolean, doNotTrack?: string | null }} */ (navigator);
  return asked.globalPrivacyControl === true || asked.doNotTrack === '1';
}

function flush() {
  clearTimeout(timer);
  timer = undefined;
  for (const kind of /** @type {Kind[]} */ (Object.keys(queues))) {
    for (const body of batches(queues[kind].splice(0))) send(workerOrigin + PATHS[kind], body);
  }
}

/** As text/plain, which needs no preflight and outlives the page. @param {string} url @param {string} body */
function send(url, body) {
  try {
    if (navigator.sendBeacon(url, body)) return;
  } catch {}
  fetch(url, { method: 'POST', body, mode: 'no-cors', credentials: 'include', keepalive: true }).catch(() => {});
}

// Also when a phone puts the browser away, after which there may be no other moment.
document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && flush());
addEventListener('pagehide', flush);
