// A stand-in for OpenAI under load: it takes its time, fails some requests, and remembers what it answered to each.
//
// The sandbox is stricter, but it keeps only the last requests and does not say which of them made which session.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** What can go wrong, in turn. The Worker retries the last two. */
const FAULTS = /** @type {const} */ (['rejected', 'unusable', 'unavailable', 'reset']);

/**
 * @typedef {object} Attempt one request to create a session
 * @property {string} user
 * @property {(typeof FAULTS)[number] | 'created'} outcome
 * @property {string} [id] of the session, if one was created
 * @property {string} [secret]
 */

/**
 * Starts the stand-in on loopback.
 * @param {{ delayMs: number, faultEvery: number }} options each request takes `delayMs`, and one in `faultEvery` fails
 */
export async function startSlowOpenAi({ delayMs, faultEvery }) {
  /** The attempts to create a session, by the ticket in the request's state variables. @type {Map<string, Attempt[]>} */
  const attempts = new Map();
  /** The ids of cancelled sessions. @type {Set<string>} */
  const cancelled = new Set();
  /** Called when a request arrives, by its ticket. @type {Map<string, () => void>} */
  const waiting = new Map();
  let requests = 0;

  /** @param {import('node:http').ServerResponse} response @param {number} status @param {unknown} body */
  const send = (response, status, body, headers = {}) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

  /** @param {import('node:http').ServerResponse} response @param {Attempt} attempt @param {any} body */
  function finish(response, attempt, body) {
    const error = (/** @type {string} */ message) => ({ error: { message, type: 'error', param: null, code: null } });
    if (attempt.outcome === 'rejected') return send(response, 400, error('Rejected.'));
    if (attempt.outcome === 'unusable') return send(response, 200, '<html>not a session</html>');
    if (attempt.outcome === 'unavailable') return send(response, 503, error('Unavailable.'));
    if (attempt.outcome === 'reset') return response.socket?.resetAndDestroy();
    const { id, secret: client_secret, user } = attempt;
    const expires_at = Math.floor(Date.now() / 1000) + 600;
    const session = { id, object: 'chatkit.session', client_secret, expires_at, user, workflow: body.workflow, status: 'active' };
    return send(response, 200, session);
  }

  const server = createServer(async (request, response) => {
    response.on('error', () => {});
    const cancel = /\/sessions\/([^/]+)\/cancel$/.exec(request.url ?? '');
    if (cancel) {
      cancelled.add(cancel[1]);
      setTimeout(() => send(response, 200, { id: cancel[1], object: 'chatkit.session', status: 'cancelled' }), delayMs);
      return;
    }
    const body = JSON.parse(await text(request));
    const ticket = body.workflow.state_variables.ticket;
    const fault = ++requests % faultEvery === 0 ? FAULTS[(requests / faultEvery) % FAULTS.length] : undefined;
    /** @type {Attempt} */
    const attempt = { user: body.user, outcome: fault ?? 'created' };
    // A session exists from now on, whether or not anyone waits for the answer.
    if (!fault) {
      attempt.id = `cksess_${randomBytes(12).toString('hex')}`;
      attempt.secret = `ek_${randomBytes(18).toString('base64url')}`;
    }
    attempts.set(ticket, [...(attempts.get(ticket) ?? []), attempt]);
    waiting.get(ticket)?.();
    setTimeout(() => finish(response, attempt, body), delayMs);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    attempts,
    cancelled,
    /** Calls back once the request with a ticket arrives. @param {string} ticket @param {() => void} callback */
    onArrival: (ticket, callback) => waiting.set(ticket, callback),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
