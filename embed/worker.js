/** The API of the Worker that served this script: its configuration, its endpoints for client secrets, its failures. */

import { toProblem, Problem } from '../public/demo/problem.js';
import { badResponse, fetchJson, parseJson, responseProblem, unreachable } from '../public/demo/worker.js';
import { checkForViolation } from './csp-violations.js';
import { waitForInterval } from './request-queue.js';
import { withVisitorLock, saveVisitor, loadVisitor } from './visitor.js';

/** @import { Config } from '../public/demo/worker.js' */

/**
 * @typedef {object} Session
 * @property {string} client_secret
 * @property {number} [expires_at] Unix seconds
 * @property {string} [session_id]
 * @property {string} [visitor] on pages of other sites: identifies the visitor if the browser blocks the cookie
 */

export const workerOrigin = new URL(import.meta.url).origin;

/** @type {Config | null} */
let config = typeof CHATKIT_EDGE_CONFIG === 'undefined' ? null : CHATKIT_EDGE_CONFIG;
/** @type {Promise<Config> | null} */
let configRequest = null;

/** The public configuration, or null before it is loaded. */
export const cachedConfig = () => config;

/** The public configuration: embedded in this script by the Worker, otherwise fetched once. */
export function getConfig() {
  if (config) return Promise.resolve(config);
  configRequest ??= fetchConfig().finally(() => {
    configRequest = null;
  });
  return configRequest;
}

async function fetchConfig() {
  const url = `${workerOrigin}/api/chatkit/config`;
  const body = await fetchOrExplain(url, {});
  if (typeof body.chatkit_js_url !== 'string') throw badResponse(url, 'chatkit_js_url is missing');
  config = /** @type {Config} */ (body);
  return config;
}

/**
 * @param {'session' | 'refresh'} endpoint
 * @param {Record<string, unknown>} fields of the body; usually none
 * @param {string | null} token the signed-in user's, if there is one
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
  if (visitor) headers['X-ChatKit-Visitor-Token'] = visitor;
  if (token) headers.Authorization = `Bearer ${token}`;
  // Sent as text/plain: application/json would need a CORS preflight on pages of other sites.
  const body = Object.keys(fields).length > 0 ? JSON.stringify(fields) : undefined;
  const session = await fetchOrExplain(url, { method: 'POST', credentials: 'include', headers, body });
  if (typeof session.client_secret !== 'string') throw badResponse(url, 'client_secret is missing');
  if (token === null) saveVisitor(typeof session.visitor === 'string' ? session.visitor : '');
  return /** @type {Session} */ (/** @type {unknown} */ (session));
}

/** @param {string} url @param {RequestInit} init */
function fetchOrExplain(url, init) {
  return fetchJson(url, init).catch(async (error) => {
    const problem = toProblem(error);
    throw problem.code === 'worker_unreachable' ? await explainFailure(url) : problem;
  });
}

/** Why a request to the Worker got no response. @param {string} url @returns {Promise<Problem>} */
export async function explainFailure(url) {
  if (!navigator.onLine) return unreachable(url);
  return (await checkForViolation('connect-src', url)) ?? (await findOriginProblem()) ?? unreachable(url);
}

/** @param {Response} response that is no success @param {string} url */
export async function problemOf(response, url) {
  const body = parseJson(await response.text().catch(() => ''));
  return responseProblem(url, response, body && typeof body === 'object' ? body : null);
}

/**
 * For a page whose origin is not allowed, the browser reports the same failure as for a network error. To tell them apart:
 * if the Worker is reachable with `no-cors` but not with CORS, the origin is not allowed.
 */
async function findOriginProblem() {
  if (location.origin === workerOrigin) return null;
  const canReach = (/** @type {string} */ path, /** @type {RequestMode} */ mode) =>
    fetch(workerOrigin + path, { mode, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(5000) }).then(
      () => true,
      () => false,
    );
  if ((await canReach('/api/chatkit/config', 'cors')) || !(await canReach('/favicon.svg', 'no-cors'))) return null;
  return new Problem('origin_not_allowed', `${workerOrigin} does not allow requests from ${location.origin}.`);
}
