/** Requests to the Worker, for the element, the demo and the dashboard. Every failure is thrown as a Problem. */

import { Problem } from './problem.js';

/**
 * @typedef {object} Agent
 * @property {string} id `default`, or a name in AGENTS
 * @property {string} [name] for people
 * @property {string} model
 * @property {string[]} [models] those that a visitor may choose
 * @property {string} [greeting]
 * @property {{ label: string, prompt: string, icon?: string }[]} [prompts]
 */

/**
 * @typedef {object} Config
 * @property {'hosted' | 'agent' | 'remote'} [backend] hosted if missing
 * @property {string} [domain_key] for OpenAI's widget; not with hosted
 * @property {Agent[]} [agents] with the backend `agent`, the default first
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
    throw unreachable(path);
  }
  const fields = body && typeof body === 'object' ? /** @type {Record<string, any>} */ (body) : null;
  if (response.ok && fields) return fields;
  throw responseProblem(path, response, fields);
}

/** A request without a response. @param {string} path */
export function unreachable(path) {
  if (!navigator.onLine) return new Problem('offline', `The request to ${path} could not be sent: the browser is offline.`);
  return new Problem('worker_unreachable', `The request to ${path} failed before a response arrived.`);
}

/**
 * A response that is no success.
 * @param {string} path
 * @param {Response} response
 * @param {Record<string, any> | null} fields of its body
 */
export function responseProblem(path, { ok, status, headers }, fields) {
  const requestId = headers.get('X-Request-Id');
  if (ok || typeof fields?.code !== 'string') {
    return badResponse(path, `status ${status} with an unknown body`, { requestId, status });
  }
  return new Problem(fields.code, String(fields.detail ?? fields.title ?? ''), {
    requestId: typeof fields.request_id === 'string' ? fields.request_id : requestId,
    retryAfter: headers.get('Retry-After'),
    status,
  });
}

/** @param {string} text */
export function parseJson(text) {
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
