/** Requests to the Worker, for the element, the demo and the dashboard. Every failure is thrown as a Problem. */

import { Problem } from './problem.js';

/**
 * @typedef {object} Config
 * @property {string} chatkit_js_url
 * @property {boolean} sandbox
 * @property {boolean} configured
 * @property {{ file_upload: boolean, history: boolean, auth: 'anonymous' | 'jwt' | 'access' }} features
 */

// Longer than the Worker's default timeout for OpenAI (30 s), so that the Worker's own, more specific error comes first.
const TIMEOUT_MS = 45_000;

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<Record<string, any>>}
 */
export async function fetchJson(path, init) {
  /** @type {Response} */
  let response;
  /** @type {unknown} */
  let body;
  try {
    response = await fetch(path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    body = parseJson(text);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      throw new Problem('worker_timeout', `${path} did not respond within ${TIMEOUT_MS / 1000} seconds.`);
    }
    if (!navigator.onLine) throw new Problem('offline', `The request to ${path} could not be sent: the browser is offline.`);
    throw new Problem('worker_unreachable', `The request to ${path} failed before a response arrived.`);
  }
  const requestId = response.headers.get('X-Request-Id');
  const fields = body && typeof body === 'object' ? /** @type {Record<string, any>} */ (body) : null;
  if (response.ok && fields) return fields;
  if (!response.ok && typeof fields?.code === 'string') {
    throw new Problem(fields.code, String(fields.detail ?? fields.title ?? ''), {
      requestId: typeof fields.request_id === 'string' ? fields.request_id : requestId,
      retryAfter: response.headers.get('Retry-After'),
      status: response.status,
    });
  }
  throw badResponse(path, `status ${response.status} with an unknown body`, { requestId, status: response.status });
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {string} path
 * @param {string} reason
 * @param {{ requestId?: string | null, status?: number }} [options]
 */
export function badResponse(path, reason, options) {
  return new Problem('worker_bad_answer', `Unexpected response from ${path}: ${reason}.`, options);
}
