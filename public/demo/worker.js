/** The Worker's endpoints as the demo uses them, and the call that the dashboard makes too. Every failure comes out as a Problem. */

import { Problem } from './problem.js';

/**
 * @typedef {object} Config
 * @property {string} chatkit_js_url
 * @property {boolean} sandbox
 * @property {boolean} configured
 * @property {{ file_upload: boolean, history: boolean, auth: 'anonymous' | 'jwt' | 'access' }} features
 *
 * @typedef {object} Session
 * @property {string} client_secret
 * @property {number} [expires_at]
 * @property {string} [session_id]
 */

// Longer than the Worker's own default limit for OpenAI (30 s), so that its answer, which says more, comes first.
const TIMEOUT_MS = 45_000;

/** @returns {Promise<Config>} */
export async function getConfig() {
  const body = await call('/api/chatkit/config', {});
  if (typeof body.chatkit_js_url !== 'string') throw badAnswer('/api/chatkit/config', 'without chatkit_js_url');
  return /** @type {Config} */ (body);
}

/** @returns {Promise<Session>} */
export function createSession() {
  return session('/api/chatkit/session', { method: 'POST' });
}

/**
 * @param {string} currentClientSecret
 * @returns {Promise<Session>}
 */
export function refreshSession(currentClientSecret) {
  return session('/api/chatkit/refresh', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ currentClientSecret }),
  });
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<Session>}
 */
async function session(path, init) {
  const body = await call(path, init);
  if (typeof body.client_secret !== 'string') throw badAnswer(path, 'without client_secret');
  return /** @type {Session} */ (/** @type {unknown} */ (body));
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<Record<string, any>>}
 */
export async function call(path, init) {
  /** @type {Response} */
  let response;
  /** @type {unknown} */
  let body;
  try {
    response = await fetch(path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    body = parse(text);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      throw new Problem('worker_timeout', `${path} gave no answer within ${TIMEOUT_MS / 1000} seconds.`);
    }
    throw new Problem('worker_unreachable', `The request to ${path} did not get through.`);
  }
  const requestId = response.headers.get('X-Request-Id');
  const fields = body && typeof body === 'object' ? /** @type {Record<string, any>} */ (body) : null;
  if (response.ok && fields) return fields;
  if (!response.ok && typeof fields?.code === 'string') {
    throw new Problem(fields.code, String(fields.detail ?? fields.title ?? ''), {
      requestId: typeof fields.request_id === 'string' ? fields.request_id : requestId,
      retryAfter: response.headers.get('Retry-After'),
    });
  }
  throw badAnswer(path, `with status ${response.status} and not in JSON the page knows`, requestId);
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {string} path
 * @param {string} how
 * @param {string | null} [requestId]
 */
export function badAnswer(path, how, requestId = null) {
  return new Problem('worker_bad_answer', `${path} answered ${how}.`, { requestId });
}
