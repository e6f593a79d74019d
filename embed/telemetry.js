/**
 * Reports events to the Worker in batches: thread changes, messages (never their content) and errors. Nothing is reported
 * for visitors whose browser sends Do Not Track or Global Privacy Control.
 */

import { redactSecrets } from '../public/demo/redact.js';
import { toBatches, MAX_EVENTS } from './telemetry-batches.js';
import { workerOrigin } from './worker.js';

/** @typedef {'message' | 'thread-change' | 'errors'} Kind */

/** @type {Record<Kind, string>} */
const PATHS = { message: '/api/analytics/message', 'thread-change': '/api/analytics/thread-change', errors: '/api/errors' };
const FLUSH_DELAY_MS = 2000;
const MAX_CHARS = 1000;
// A repeated error is reported once in this period.
const DEDUPE_MS = 60_000;
// Browsers reject a keepalive request if the bodies of all that are in flight exceed this.
const MAX_KEEPALIVE_BYTES = 64 * 1024;
const hasKeepalive = 'keepalive' in Request.prototype;

/** @type {Record<Kind, string[]>} each event as JSON */
const queues = { message: [], 'thread-change': [], errors: [] };
/** @type {Map<string, number>} */
const lastReportedAt = new Map();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let keepaliveBytes = 0;

/**
 * @param {Kind} kind
 * @param {Record<string, string | null>} fields
 */
export function reportEvent(kind, fields) {
  if (isTrackingRefused()) return;
  queues[kind].push(JSON.stringify(fields));
  if (queues[kind].length >= MAX_EVENTS) flush();
  timer ??= setTimeout(flush, FLUSH_DELAY_MS);
}

/**
 * Picks the fields by name, because JSON.stringify drops those of an Error.
 * @param {unknown} error
 * @param {string} code the kind of error
 */
export function reportError(error, code) {
  const isError = error instanceof Object && 'message' in error;
  const { message, stack } = isError ? /** @type {Error} */ (error) : { message: error, stack: '' };
  const text = `${code}: ${message}`;
  const now = Date.now();
  if (now - (lastReportedAt.get(text) ?? -Infinity) < DEDUPE_MS) return;
  if (lastReportedAt.size >= MAX_EVENTS) lastReportedAt.clear();
  lastReportedAt.set(text, now);
  reportEvent('errors', { code, message: sanitize(text), stack: sanitize(stack), url: location.origin + location.pathname });
}

/** @param {unknown} text */
const sanitize = (text) => redactSecrets(text ?? '').slice(0, MAX_CHARS);

function isTrackingRefused() {
  const preferences = /** @type {{ globalPrivacyControl?: boolean, doNotTrack?: string | null }} */ (navigator);
  return preferences.globalPrivacyControl === true || preferences.doNotTrack === '1';
}

function flush() {
  clearTimeout(timer);
  timer = undefined;
  for (const kind of /** @type {Kind[]} */ (Object.keys(queues))) {
    for (const body of toBatches(queues[kind].splice(0))) send(workerOrigin + PATHS[kind], body);
  }
}

/**
 * Sends a CORS request that outlives the page, as text/plain, which needs no preflight. A beacon is the last resort: it is a
 * no-cors request, which by the Fetch standard carries `Origin: null` on a page with a strict Referrer-Policy, and the Worker
 * rejects that.
 * @param {string} url
 * @param {string} body
 */
function send(url, body) {
  const bytes = new TextEncoder().encode(body).length;
  if (!hasKeepalive || keepaliveBytes + bytes > MAX_KEEPALIVE_BYTES) return sendLastResort(url, body);
  keepaliveBytes += bytes;
  try {
    fetch(url, { method: 'POST', body, credentials: 'include', keepalive: true })
      .catch(() => {})
      .finally(() => {
        keepaliveBytes -= bytes;
      });
  } catch {
    // A page may replace fetch with a function that throws.
    keepaliveBytes -= bytes;
    sendLastResort(url, body);
  }
}

/**
 * Sends a beacon, or if the browser takes no more of them, a request that ends with the page.
 * @param {string} url
 * @param {string} body
 */
function sendLastResort(url, body) {
  try {
    if (navigator.sendBeacon(url, body)) return;
    fetch(url, { method: 'POST', body, credentials: 'include' }).catch(() => {});
  } catch {}
}

// Flush when the page is hidden: on phones that may be the last event.
document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && flush());
addEventListener('pagehide', flush);
