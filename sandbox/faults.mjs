// The faults that the sandbox can simulate: every way OpenAI can fail that the Worker must handle. Each has a name. Those of the
// Responses API alone are in responses-faults.mjs.
import { HttpError, sendJson } from './http.mjs';
import { invalidKeyError } from './api.mjs';
import { RESPONSES_FAULTS, affects } from './responses-faults.mjs';

const HUGE_BYTES = 5 * 1024 * 1024;
const DRIP_INTERVAL_MS = 200;

const error = (status, message, more) => () => new HttpError(status, message, more);
const serverError = { type: 'server_error' };

/** Error responses, sent instead of the real response. */
const ERROR_RESPONSES = {
  'bad-request': error(400, 'Invalid request.', { code: 'invalid_value' }),
  'invalid-key': (key) => invalidKeyError(key, { 'WWW-Authenticate': 'Bearer realm="OpenAI API"' }),
  // No known error of OpenAI quotes this much, but one could.
  'echo-secrets': (key) => new HttpError(400, `Rejected: Bearer ${key}, ending in ${key.slice(-8)}, for ek_echoed_0123456789.`, {
    headers: { 'x-request-id': `req-${key}` },
  }),
  'beta-unavailable': error(403, 'Your organization does not have access to the ChatKit beta.', { code: 'beta_unavailable' }),
  'workflow-not-found': error(404, "Workflow with id 'wf_sandbox' not found."),
  'request-timeout': error(408, 'The request timed out.', { type: 'timeout' }),
  conflict: error(409, 'The request conflicts with another one.', { code: 'conflict' }),
  'rate-limited': error(429, 'Rate limit reached for requests', { type: 'requests', code: 'rate_limit_exceeded' }),
  'server-error': error(500, 'The server had an error while processing your request. Sorry about that!', serverError),
  'bad-gateway': error(502, 'Bad gateway.', serverError),
  unavailable: error(503, 'The engine is currently overloaded, please try again later.', serverError),
  'gateway-timeout': error(504, 'The gateway timed out.', serverError),
};

/** Connection failures and responses that are not JSON, sent instead of the real response. */
const CONNECTION_FAULTS = {
  reset: (res) => res.socket?.resetAndDestroy(),
  silence: () => {},
  html: (res, headers) => {
    res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...headers });
    res.end('<!doctype html><title>Just a moment</title><h1>Just a moment</h1>');
  },
  empty: (res, headers) => {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '0', ...headers });
    res.end();
  },
};

/** Corrupted responses: the session is created, but the response about it is wrong. */
const CORRUPTIONS = {
  'no-secret': (res, headers, { client_secret: _, ...rest }) => sendJson(res, 200, rest, headers),
  odd: (res, headers, resource) =>
    sendJson(
      res,
      200,
      {
        id: resource.id,
        object: 'chatkit.session.v9',
        client_secret: resource.client_secret,
        expires_at: String(resource.expires_at),
        workflow: resource.workflow.id,
        user: null,
        rate_limits: [],
        status: 7,
        chatkit_configuration: 'none',
        something_new: { nested: [1, null, 'two'] },
      },
      headers,
    ),
  // Expired a day ago, as with a wrong clock or a late lookup.
  'long-over': (res, headers, resource) =>
    sendJson(res, 200, { ...resource, expires_at: Math.floor(Date.now() / 1000) - 90_000 }, headers),
  huge: (res, headers, resource) => sendJson(res, 200, { padding: 'x'.repeat(HUGE_BYTES), ...resource }, headers),
  cut: (res, headers, resource) => {
    const body = JSON.stringify(resource);
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)), ...headers });
    res.write(body.slice(0, 40), () => res.socket?.end());
  },
  drip: (res, headers) => {
    res.writeHead(200, { 'Content-Type': 'application/json', ...headers });
    res.write('{');
    const timer = setInterval(() => res.write(' '), DRIP_INTERVAL_MS);
    res.on('close', () => clearInterval(timer));
  },
};

/** The faults of sessions. Those that are not a corrupted session apply to the Responses API too. */
export const FAULTS = Object.freeze([ERROR_RESPONSES, CONNECTION_FAULTS, CORRUPTIONS].flatMap(Object.keys));
const ALL_FAULTS = [...new Set([...FAULTS, ...RESPONSES_FAULTS])];
const KINDS = ['session', 'stream', 'whole', 'replay', 'control'];

/**
 * @typedef {object} Fault
 * @property {string} name
 * @property {number} remaining how many more requests it affects
 * @property {Record<string, string>} headers
 * @property {number} [after] the number of events before a fault in the middle of a stream
 * @property {string} [only] the only kind of call that it affects; default: every kind that it can
 */

/**
 * @param {string} name
 * @param {{ times?: number, retryAfter?: number, retryAfterMs?: number, headers?: Record<string, string>, after?: number, only?: string }} [options]
 * @returns {Fault}
 */
export function createFault(name, { times = 1, retryAfter, retryAfterMs, headers = {}, after, only } = {}) {
  if (!ALL_FAULTS.includes(name)) throw new TypeError(`No fault is named '${name}'. There are: ${ALL_FAULTS.join(', ')}.`);
  if (times !== Infinity && !(Number.isSafeInteger(times) && times > 0)) {
    throw new TypeError('times must be a whole number above 0, or Infinity.');
  }
  if (after !== undefined && !(Number.isSafeInteger(after) && after >= 0)) throw new TypeError('after must be a whole number.');
  if (only !== undefined && !KINDS.includes(only)) throw new TypeError(`only must be one of: ${KINDS.join(', ')}.`);
  const allHeaders = { ...headers };
  if (retryAfter !== undefined) allHeaders['Retry-After'] = String(retryAfter);
  if (retryAfterMs !== undefined) allHeaders['retry-after-ms'] = String(retryAfterMs);
  for (const [key, value] of Object.entries(allHeaders)) {
    if (!/^[\w-]+$/.test(key) || typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value)) {
      throw new TypeError(`headers.${key} cannot be sent as a header.`);
    }
  }
  return { name, remaining: times, headers: allHeaders, after, only };
}

const isShared = (name) => Object.hasOwn(ERROR_RESPONSES, name) || Object.hasOwn(CONNECTION_FAULTS, name);

/** Whether a fault has an effect on a call. @param {Fault} fault @param {import('./responses-faults.mjs').CallKind} kind */
export function appliesTo({ name, only }, kind) {
  if (only !== undefined && only !== kind) return false;
  return isShared(name) || (kind === 'session' ? Object.hasOwn(CORRUPTIONS, name) : affects(name, kind));
}

/**
 * Sends a fault that replaces the real response instead of corrupting it.
 * @param {Fault} fault
 * @param {import('node:http').ServerResponse} res
 * @param {{ key: string, headers: Record<string, string> }} context the request's key, and headers of every response
 * @returns {boolean} false if the fault is no such one
 */
export function sendReplacement(fault, res, { key, headers }) {
  if (!isShared(fault.name)) return false;
  if (Object.hasOwn(CONNECTION_FAULTS, fault.name)) {
    CONNECTION_FAULTS[fault.name](res, { ...headers, ...fault.headers });
    return true;
  }
  const failure = ERROR_RESPONSES[fault.name](key);
  sendJson(res, failure.status, failure.body, { ...headers, ...failure.headers, ...fault.headers });
  return true;
}

/** @param {Fault} fault one that corrupts the response */
export function sendCorrupted(fault, res, resource, headers) {
  CORRUPTIONS[fault.name](res, { ...headers, ...fault.headers }, resource);
}
