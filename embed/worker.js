/** The Worker that this script came from: what it says a page may know, and its two ways to a client secret. */

import { toProblem, Problem } from '../public/demo/problem.js';
import { badResponse, fetchJson } from '../public/demo/worker.js';
import { checkForViolation } from './csp-violations.js';
import { waitForInterval } from './request-queue.js';
import { withVisitorLock, saveVisitor, loadVisitor } from './visitor.js';

/** @import { Config } from '../public/demo/worker.js' */

/**
 * @typedef {object} Session
 * @property {string} client_secret
 * @property {number} [expires_at] Unix seconds
 * @property {string} [session_id]
 * @property {string} [visitor] on pages of other sites: proves the visitor where the browser keeps no cookie
 */

export const workerOrigin = new URL(import.meta.url).origin;

/** @type {Config | null} */
let config = typeof CHATKIT_EDGE_CONFIG === 'undefined' ? null : CHATKIT_EDGE_CONFIG;
/** @type {Promise<Config> | null} */
let configRequest = null;

/** The same, as far as it is known by now. */
export const cachedConfig = () => config;

/** What a page may know. It came with this script, or is asked for once. */
export function getConfig() {
  if (config) return Promise.resolve(config);
  configRequest ??= fetchConfig().finally(() => {
    configRequest = null;
  });
  return configRequest;
}

async function fetchConfig() {
  const url = `${workerOrigin}/api/chatkit/config`;
  const body = await fetchJson(url, {});
  if (typeof body.chatkit_js_url !== 'string') throw badResponse(url, 'without chatkit_js_url');
  config = /** @type {Config} */ (body);
  return config;
}

/**
 * @param {'session' | 'refresh'} endpoint
 * @param {Record<string, unknown>} fields of the body; none at all is the normal case
 * @param {string | null} token the signed-in user's, where the page has one
 * @returns {Promise<Session>}
 */
export function requestSession(endpoint, fields, token) {
  const send = () => post(`${workerOrigin}/api/chatkit/${endpoint}`, fields, token);
  return endpoint === 'session' && token === null ? withVisitorLock(send) : send();
}

/**
 * @param {string} url
 * @param {Record<string, unknown>} fields
 * @param {string | null} token
 */
async function post(url, fields, token) {
  await waitForInterval();
  /** @type {Record<string, string>} */
  const headers = {};
  const visitor = loadVisitor();
  if (visitor) headers['X-ChatKit-Visitor'] = visitor;
  if (token) headers.Authorization = `Bearer ${token}`;
  // Sent as plain text, which the Worker reads as well: JSON by name would cost pages of other sites a preflight.
  const body = Object.keys(fields).length > 0 ? JSON.stringify(fields) : undefined;
  const session = await fetchJson(url, { method: 'POST', credentials: 'include', headers, body }).catch(async (error) => {
    const problem = toProblem(error);
    if (problem.code !== 'worker_unreachable') throw problem;
    throw (await checkForViolation('connect-src', url)) ?? (await findOriginProblem()) ?? problem;
  });
  if (typeof session.client_secret !== 'string') throw badResponse(url, 'without client_secret');
  if (token === null) saveVisitor(typeof session.visitor === 'string' ? session.visitor : '');
  return /** @type {Session} */ (/** @type {unknown} */ (session));
}

/**
 * A page of a site that is not allowed is told by its browser what it is told when there is no network. But it can reach
 * the Worker in the way that needs no permission, and not in the other.
 */
async function findOriginProblem() {
  if (location.origin === workerOrigin) return null;
  const canReach = (/** @type {string} */ path, /** @type {RequestMode} */ mode) =>
    fetch(workerOrigin + path, { mode, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(5000) }).then(
      () => true,
      () => false,
    );
  if ((await canReach('/api/chatkit/config', 'cors')) || !(await canReach('/favicon.svg', 'no-cors'))) return null;
  return new Problem('origin_not_allowed', `${workerOrigin} does not answer pages of ${location.origin}.`);
}
