// The sandbox, a stand-in for OpenAI: an HTTP server on loopback with the APIs of ChatKit sessions and of Responses under /v1,
// the stand-in widget and its API under /widget/, and /sandbox/ to set faults and list requests. `npm start` without a key and
// the tests use it.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { handleApiRequest } from './api.mjs';
import { appliesTo, createFault, sendCorrupted, sendReplacement } from './faults.mjs';
import { HttpError, bearer, isJson, isObject, parseJson, readBody, sendJson } from './http.mjs';
import { MODELS, ResponsesApi } from './responses.mjs';
import { Sessions, toResource } from './sessions.mjs';
import { CORS, WidgetApi } from './widget-api.mjs';
import { widgetScript } from './widget-script.mjs';

export const SANDBOX_KEY = 'sk-sandbox-key-0000000000000000';
export const SANDBOX_WORKFLOW = 'wf_sandbox';

const MAX_API_BYTES = 16 * 1024 * 1024;
const MAX_CONTROL_BYTES = 64 * 1024;
const MAX_REQUESTS = 10_000;

/**
 * @typedef {object} RecordedRequest
 * @property {string} method
 * @property {string} path with its query
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {any} body parsed JSON, or null
 * @property {number | null} status of the response; null before it is sent
 * @property {string} requestId the response's x-request-id
 * @property {string} [session] id of the created or cancelled session
 * @property {boolean} [dropped] the client disconnected before the response was complete
 * @property {{ id: string, events: number, left: boolean, leftAt?: number, ended?: boolean }} [answer] of the Responses API: its
 * id, how many events were sent, and whether and when (Unix milliseconds) the client left before its end
 */

/**
 * Starts the sandbox on 127.0.0.1.
 * @param {object} [options]
 * @param {number} [options.port] 0 for any free port
 * @param {string} [options.apiKey] the only accepted key
 * @param {string[]} [options.workflows] ids of the existing workflows
 * @param {number} [options.ttlSeconds] default lifetime of a session
 * @param {number} [options.wordDelayMs] delay between the words of a reply
 * @param {number} [options.apiDelayMs] delay of each API response
 * @param {number} [options.scriptDelayMs] delay of the widget's script
 * @param {number} [options.deltaDelayMs] delay between the deltas of an answer
 * @param {string[]} [options.models] names of the existing models
 * @param {number} [options.contextTokens] the longest input of a model
 */
export async function startSandbox({
  port = 0,
  apiKey = SANDBOX_KEY,
  workflows = [SANDBOX_WORKFLOW],
  ttlSeconds = 600,
  wordDelayMs = 25,
  apiDelayMs = 0,
  scriptDelayMs = 0,
  deltaDelayMs = 0,
  models = MODELS,
  contextTokens = 128_000,
} = {}) {
  const script = await widgetScript();
  const sessions = new Sessions(ttlSeconds);
  const widget = new WidgetApi(sessions, wordDelayMs);
  const responses = new ResponsesApi({ apiKey, models, contextTokens, deltaDelayMs });
  /** @type {RecordedRequest[]} */
  const requests = [];
  /** @type {import('./faults.mjs').Fault[]} */
  const faults = [];
  /** Responses that may never end: answers, and those of faults. @type {Set<import('node:http').ServerResponse>} */
  const openResponses = new Set();
  /** API responses wait for this; see hold(). @type {Promise<void>} */
  let gate = Promise.resolve();

  /** The next fault that has an effect on a call. */
  function nextFault(/** @type {import('./responses-faults.mjs').CallKind} */ kind) {
    const index = faults.findIndex((fault) => appliesTo(fault, kind));
    const fault = faults[index];
    if (fault && --fault.remaining <= 0) faults.splice(index, 1);
    return fault;
  }

  async function api(req, res, pathname) {
    /** @type {RecordedRequest} */
    const record = {
      method: req.method,
      path: req.url,
      headers: req.headers,
      body: null,
      status: null,
      requestId: `req_${randomBytes(16).toString('hex')}`,
    };
    const headers = { 'x-request-id': record.requestId };
    requests.push(record);
    if (requests.length > MAX_REQUESTS) requests.shift();
    res.on('close', () => {
      openResponses.delete(res);
      if (!res.writableFinished) record.dropped = true;
    });
    // Record the status as soon as it is sent, not when the client has read the whole response.
    const writeHead = res.writeHead;
    res.writeHead = function (status, ...rest) {
      record.status = status;
      return writeHead.call(this, status, ...rest);
    };
    try {
      const bytes = await readBody(req, MAX_API_BYTES);
      record.body = jsonOrNull(bytes);
      if (apiDelayMs) await wait(apiDelayMs);
      await gate;
      const request = { method: req.method, pathname, headers: req.headers, bytes };
      if (/^\/v1\/responses(\/|$)/.test(pathname)) {
        const query = new URL(req.url, 'http://sandbox').searchParams;
        openResponses.add(res);
        const call = { ...request, query, body: record.body, record, responseHeaders: headers, takeFault: nextFault };
        return await responses.handle(call, res);
      }
      const fault = nextFault('session');
      if (fault) openResponses.add(res);
      if (fault && sendReplacement(fault, res, { key: bearer(req.headers) ?? '', headers })) return;
      const session = handleApiRequest(request, { apiKey, workflows, sessions });
      record.session = session.id;
      const resource = toResource(session);
      if (fault) sendCorrupted(fault, res, resource, headers);
      else sendJson(res, 200, resource, headers);
    } catch (error) {
      sendError(res, error, headers);
    }
  }

  function fail(name, options) {
    faults.push(createFault(name, options));
  }

  async function control(req, res, pathname) {
    const route = `${req.method} ${pathname}`;
    if (route === 'GET /sandbox/requests') return sendJson(res, 200, { data: requests.map(redacted) });
    if (route === 'DELETE /sandbox/faults') {
      faults.length = 0;
      return sendJson(res, 200, { faults: [] });
    }
    if (route === 'POST /sandbox/faults') {
      // Pages of other sites can post without a CORS preflight only if the type is not JSON.
      if (!isJson(req.headers)) throw new HttpError(415, 'Content-Type must be application/json.');
      const body = parseJson(await readBody(req, MAX_CONTROL_BYTES));
      if (!isObject(body)) throw new HttpError(400, 'The body must be an object such as {"fault":"unavailable","times":3}.');
      const { fault, times = 1, ...options } = body;
      try {
        fail(fault, { ...options, times: times === 'always' ? Infinity : times });
      } catch (error) {
        throw new HttpError(400, error.message);
      }
      const timesOf = (remaining) => (remaining === Infinity ? 'always' : remaining);
      return sendJson(res, 200, { faults: faults.map(({ name, remaining }) => ({ fault: name, times: timesOf(remaining) })) });
    }
    throw new HttpError(404, `Invalid URL (${req.method} ${pathname})`);
  }

  async function route(req, res) {
    const pathname = pathnameOf(req.url);
    if (pathname.startsWith('/v1/')) return api(req, res, pathname);
    if (pathname.startsWith('/widget/')) return widget.handle(req, res, pathname);
    if (pathname.startsWith('/sandbox/')) return control(req, res, pathname);
    if (pathname === '/chatkit.js' && ['GET', 'HEAD', 'OPTIONS'].includes(req.method)) {
      const headers = {
        'Content-Type': 'text/javascript; charset=utf-8',
        'Cache-Control': 'no-cache',
        'Cross-Origin-Resource-Policy': 'cross-origin',
        ...CORS,
      };
      if (scriptDelayMs) await wait(scriptDelayMs);
      res.writeHead(200, headers);
      res.end(req.method === 'GET' ? script : undefined);
      return;
    }
    throw new HttpError(404, `Invalid URL (${req.method} ${pathname})`);
  }

  const server = createServer((req, res) => {
    res.on('error', () => {});
    route(req, res).catch((error) => sendError(res, error, pathnameOf(req.url, '').startsWith('/widget/') ? CORS : {}));
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    baseUrl: `${url}/v1`,
    widgetUrl: `${url}/chatkit.js`,
    port: server.address().port,
    requests,
    sessions: sessions.byId,
    /** Stored responses by id. */
    responses: responses.stored,
    /** Answers that are being produced now, the most at once, and all since the last reset. */
    answers: responses.answers,
    /** Answers wait before the event after `after` others, until the returned function is called. */
    pauseAnswers: (/** @type {number} */ after) => responses.pause(after),
    fail,
    /** Holds the API's responses back until the returned function is called. @returns {() => void} */
    hold() {
      const { promise, resolve } = Promise.withResolvers();
      gate = /** @type {Promise<void>} */ (promise);
      return () => resolve(undefined);
    },
    /** Deletes requests, faults, sessions, threads and stored responses, and closes the connections of open responses. */
    reset() {
      requests.length = 0;
      faults.length = 0;
      sessions.clear();
      widget.clear();
      responses.clear();
      for (const res of openResponses) res.destroy();
    },
    /** Stops the server and closes all connections. @returns {Promise<void>} */
    close() {
      responses.clear();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function pathnameOf(url, fallback) {
  try {
    return new URL(url, 'http://sandbox').pathname;
  } catch {
    if (fallback !== undefined) return fallback;
    throw new HttpError(400, 'The URL of the request is not valid.');
  }
}

function jsonOrNull(bytes) {
  try {
    return parseJson(bytes);
  } catch {
    return null;
  }
}

/** A request without its API key. */
function redacted(record) {
  const { authorization, ...headers } = record.headers;
  return { ...record, headers: authorization === undefined ? headers : { ...headers, authorization: 'Bearer ***' } };
}

function sendError(res, error, headers) {
  if (error instanceof HttpError) return sendJson(res, error.status, error.body, { ...error.headers, ...headers });
  // Ignore a client that disconnects while it sends its body.
  if (error?.code !== 'ECONNRESET') console.error('sandbox:', error);
  const failure = new HttpError(500, 'The sandbox failed. Its log has the reason.', { type: 'server_error' });
  if (res.headersSent) res.destroy();
  else sendJson(res, 500, failure.body, headers);
}
