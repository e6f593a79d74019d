// The part of OpenAI's API that the Worker uses: creating and cancelling ChatKit sessions under /v1.
// Error messages are those observed from OpenAI, so that code that parses them is tested with real texts.
import { HttpError, bearer, isJson, isObject, parseJson } from './http.mjs';
import { checkSessionRequest } from './session-request.mjs';

const CREATE_PATH = '/v1/chatkit/sessions';
const CANCEL_PATH = /^\/v1\/chatkit\/sessions\/([^/]+)\/cancel$/;

/**
 * @param {{ method: string, pathname: string, headers: import('node:http').IncomingHttpHeaders, bytes: Buffer }} request
 * @param {{ apiKey: string, workflows: string[], sessions: import('./sessions.mjs').Sessions }} backend
 * @returns {import('./sessions.mjs').Session} the created or cancelled session; failures are thrown as HttpError
 */
export function handleApiRequest({ method, pathname, headers, bytes }, backend) {
  checkKey(headers, backend.apiKey);
  const cancelled = CANCEL_PATH.exec(pathname)?.[1];
  if (pathname !== CREATE_PATH && cancelled === undefined) {
    throw new HttpError(404, `Invalid URL (${method} ${pathname})`);
  }
  if (method !== 'POST') {
    throw new HttpError(405, `Not allowed to ${method} on ${pathname}.`, {
      code: 'method_not_supported',
      headers: { Allow: 'POST' },
    });
  }
  checkBeta(headers);
  return cancelled === undefined ? create(headers, bytes, backend) : cancel(cancelled, bytes, backend.sessions);
}

function create(headers, bytes, { workflows, sessions }) {
  if (!isJson(headers)) {
    throw new HttpError(400, "Unsupported content type. This API method only accepts 'application/json' requests.", {
      code: 'unsupported_content_type',
    });
  }
  const body = parseJson(bytes);
  checkSessionRequest(body);
  if (!workflows.includes(body.workflow.id)) {
    throw new HttpError(404, `Workflow with id '${body.workflow.id}' not found.`);
  }
  return sessions.create(body);
}

function cancel(id, bytes, sessions) {
  if (!id.startsWith('cksess')) {
    throw new HttpError(400, `Invalid 'session_id': '${id}'. Expected an ID that begins with 'cksess'.`, {
      param: 'session_id',
      code: 'invalid_value',
    });
  }
  if (bytes.length > 0) {
    const body = parseJson(bytes);
    const unknown = isObject(body) ? Object.keys(body)[0] : 'body';
    if (unknown !== undefined) {
      throw new HttpError(400, `Unknown parameter: '${unknown}'.`, { param: unknown, code: 'unknown_parameter' });
    }
  }
  const session = sessions.byId.get(id);
  if (!session) throw new HttpError(404, `Chatkit Session with id '${id}' not found.`);
  if (session.status === 'active') session.cancelled = true;
  return session;
}

/** Throws OpenAI's 401 unless the request has the API key. */
export function checkKey(headers, apiKey) {
  const key = bearer(headers);
  const challenge = { 'WWW-Authenticate': 'Bearer realm="OpenAI API"' };
  if (key === null) throw new HttpError(401, 'Missing bearer or basic authentication in header', { headers: challenge });
  if (key !== apiKey) throw invalidKeyError(key, challenge);
}

/** OpenAI's error for a wrong key quotes part of the key, so relaying the message would leak it. */
export function invalidKeyError(key, headers = {}) {
  const shown = key.length > 12 ? `${key.slice(0, 8)}****${key.slice(-4)}` : '****';
  const where = 'You can find your API key at https://platform.openai.com/account/api-keys.';
  const message = `Incorrect API key provided: ${shown}. ${where}`;
  return new HttpError(401, message, { code: 'invalid_api_key', headers });
}

function checkBeta(headers) {
  if (headers['openai-beta'] === 'chatkit_beta=v1') return;
  const message =
    "You must provide the 'OpenAI-Beta' header to access the Chatkit API. " +
    "Please try again by setting the header 'OpenAI-Beta: chatkit_beta=v1'.";
  throw new HttpError(400, message, { code: 'invalid_beta' });
}
