/** The Worker that this script came from: what it says a page may know, and its two ways to a client secret. */

import { asProblem, Problem } from '../public/demo/problem.js';
import { badAnswer, call } from '../public/demo/worker.js';
import { blockedByPolicy } from './csp-violations.js';
import { untilApart } from './request-queue.js';
import { asOneVisitor, keepVisitor, knownVisitor } from './visitor.js';

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
let known = typeof CHATKIT_EDGE_CONFIG === 'undefined' ? null : CHATKIT_EDGE_CONFIG;
/** @type {Promise<Config> | null} */
let asking = null;

/** The same, as far as it is known by now. */
export const knownConfig = () => known;

/** What a page may know. It came with this script, or is asked for once. */
export function getConfig() {
  if (known) return Promise.resolve(known);
  asking ??= askConfig().finally(() => {
    asking = null;
  });
  return asking;
}

async function askConfig() {
  const url = `${workerOrigin}/api/chatkit/config`;
  const body = await call(url, {});
  if (typeof body.chatkit_js_url !== 'string') throw badAnswer(url, 'without chatkit_js_url');
  known = /** @type {Config} */ (body);
  return known;
}

/**
 * @param {'session' | 'refresh'} what
 * @param {Record<string, unknown>} fields of the body; none at all is the normal case
 * @param {string | null} token the signed-in user's, where the page has one
 * @returns {Promise<Session>}
 */
export function askSession(what, fields, token) {
  const ask = () => post(`${workerOrigin}/api/chatkit/${what}`, fields, token);
  return what === 'session' && token === null ? asOneVisitor(ask) : ask();
}

/**
 * @param {string} url
 * @param {Record<string, unknown>} fields
 * @param {string | null} token
 */
async function post(url, fields, token) {
  await untilApart();
  /** @type {Record<string, string>} */
  const headers = {};
  const visitor = knownVisitor();
  if (visitor) headers['X-ChatKit-Visitor'] = visitor;
  if (token) headers.Authorization = `Bearer ${token}`;
  // Sent as plain text, which the Worker reads as well: JSON by name would cost pages of other sites a preflight.
  const body = Object.keys(fields).length > 0 ? JSON.stringify(fields) : undefined;
  const session = await call(url, { method: 'POST', credentials: 'include', headers, body }).catch(async (error) => {
    const problem = asProblem(error);
    if (problem.code !== 'worker_unreachable') throw problem;
    throw (await blockedByPolicy('connect-src', url)) ?? (await foreignOrigin()) ?? problem;
  });
  if (typeof session.client_secret !== 'string') throw badAnswer(url, 'without client_secret');
  if (token === null) keepVisitor(typeof session.visitor === 'string' ? session.visitor : '');
  return /** @type {Session} */ (/** @type {unknown} */ (session));
}

/**
 * A page of a site that is not allowed is told by its browser what it is told when there is no network. But it can reach
 * the Worker in the way that needs no permission, and not in the other.
 */
async function foreignOrigin() {
  if (location.origin === workerOrigin) return null;
  const reaches = (/** @type {string} */ path, /** @type {RequestMode} */ mode) =>
    fetch(workerOrigin + path, { mode, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(5000) }).then(
      () => true,
      () => false,
    );
  if ((await reaches('/api/chatkit/config', 'cors')) || !(await reaches('/favicon.svg', 'no-cors'))) return null;
  return new Problem('origin_not_allowed', `${workerOrigin} does not answer pages of ${location.origin}.`);
}
