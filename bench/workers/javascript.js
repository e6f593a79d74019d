// The compared endpoints as a Worker in plain JavaScript: the least code that answers a session, a message and a health check
// properly. docs/performance.md lists what it leaves out.
import { version } from '../../package.json';

const COOKIE_SECONDS = 34_560_000;
const PUBLISH_SECONDS = 120;
const RECORD_OBJECTS = 16;
const CORS = { 'Access-Control-Allow-Credentials': 'true', 'Access-Control-Expose-Headers': 'X-Request-Id, Retry-After' };
const VISITOR_COOKIE = /(?:^|; *)__Host-chatkit_visitor=([\w-]{22})\.([\w-]{43})(?:;|$)/;

const encode = (text) => new TextEncoder().encode(text);
const base64url = (bytes) => new Uint8Array(bytes).toBase64({ alphabet: 'base64url', omitPadding: true });
const parse = (text) => (text ? JSON.parse(text) : {});

/** The key that signs visitors, imported once per isolate. */
let key;

/** The visitor's id and signed cookie: the request's own if its signature is valid, otherwise new ones. */
async function visitorOf(request, env) {
  const secret = encode(env.VISITOR_SECRET ?? env.OPENAI_API_KEY);
  key ??= await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  const [, id, signature] = VISITOR_COOKIE.exec(request.headers.get('Cookie') ?? '') ?? [];
  if (id) {
    const bytes = Uint8Array.fromBase64(signature, { alphabet: 'base64url' });
    if (await crypto.subtle.verify('HMAC', key, bytes, encode(id))) return { id, cookie: `${id}.${signature}` };
  }
  const newId = base64url(crypto.getRandomValues(new Uint8Array(16)));
  return { id: newId, cookie: `${newId}.${base64url(await crypto.subtle.sign('HMAC', key, encode(newId)))}` };
}

/** The ledger's object that stores a session's record, by FNV-1a of the session's id. */
function recordObject(id) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return `records-${(hash >>> 0) % RECORD_OBJECTS}`;
}

const count = (env, counter, times) =>
  env.LEDGER.getByName('counters-0').count(0, PUBLISH_SECONDS, JSON.stringify({ [counter]: times }));

async function session(request, env, context, { isCrossSite, line, reply }) {
  const { thread_id } = parse(await request.text());
  const { id: visitor, cookie } = await visitorOf(request, env);
  const hasCookie = request.headers.get('Cookie')?.includes('__Host-chatkit_visitor=');
  const [user, workflow] = [`visitor_${visitor}`, env.OPENAI_CHATKIT_WORKFLOW_ID];
  const response = await fetch(`${env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1'}/chatkit/sessions`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${env.OPENAI_API_KEY}`,
      'OpenAI-Beta': 'chatkit_beta=v1',
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ workflow: { id: workflow }, user }),
  });
  Object.assign(line, { openai_status: response.status, openai_request_id: response.headers.get('x-request-id') });
  if (!response.ok) return reply({ error: 'OpenAI did not create a session.' }, 502);
  const { id, client_secret, expires_at } = await response.json();
  const owner = base64url(await crypto.subtle.digest('SHA-256', encode(user)));
  const record = { id, owner, workflow, created_at: Math.floor(Date.now() / 1000), expires_at, cancelled: false };
  await env.LEDGER.getByName(recordObject(id)).putRecord(JSON.stringify(record));
  context.waitUntil(count(env, 'sessions_created', 1));
  Object.assign(line, { event: 'session.created', session_id: id });
  const site = isCrossSite ? 'SameSite=None; Secure; Partitioned' : 'SameSite=Lax; Secure';
  const body = { client_secret, expires_at, session_id: id, visitor: isCrossSite && !hasCookie ? cookie : undefined, thread_id };
  return reply(body, 200, {
    'Set-Cookie': `__Host-chatkit_visitor=${cookie}; Path=/; Max-Age=${COOKIE_SECONDS}; HttpOnly; ${site}`,
  });
}

async function message(request, env, context, { reply }) {
  const events = parse(await request.text());
  await count(env, 'messages', Array.isArray(events) ? events.length : 1);
  return reply({ status: 'tracked' });
}

const routes = {
  'GET /health': (request, env, context, { reply }) => reply({ status: 'healthy', version }),
  'POST /api/chatkit/session': session,
  'POST /api/analytics/message': message,
};

export default {
  async fetch(request, env, context) {
    const started = Date.now();
    const { method } = request;
    const { origin: own, pathname: path } = new URL(request.url);
    const origin = request.headers.get('Origin') ?? own;
    const isCrossSite = origin !== own && env.ALLOWED_ORIGINS.split(',').includes(origin);
    const isRefused = origin !== own && !isCrossSite && method !== 'GET';
    const line = { level: 'info', event: 'request', request_id: crypto.randomUUID().replaceAll('-', ''), method, path };
    const reply = (body, status = 200, headers = {}) => new Response(body && JSON.stringify(body), {
      status,
      headers: {
        'Content-Type': 'application/json',
        'Cache-Control': 'no-store',
        Vary: 'Origin',
        'X-Content-Type-Options': 'nosniff',
        'X-Request-Id': line.request_id,
        ...(isCrossSite && { 'Access-Control-Allow-Origin': origin, ...CORS }),
        // Without credentials: the page may read why it is refused, and nothing else.
        ...(isRefused && { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': 'X-Request-Id' }),
        ...headers,
      },
    });
    let response;
    try {
      const handler = routes[`${method} ${path}`];
      if (method === 'OPTIONS') {
        const asked = request.headers.get('Access-Control-Request-Headers') ?? '';
        response = reply(null, 204, { 'Access-Control-Allow-Headers': asked });
      } else if (isRefused) {
        line.cause = `The origin ${origin} may not use this Worker. The owner can add it to ALLOWED_ORIGINS.`;
        response = reply({ error: line.cause }, 403);
      } else if (!handler) response = reply({ error: 'Not found.' }, 404);
      else response = await handler(request, env, context, { isCrossSite, line, reply });
    } catch (error) {
      Object.assign(line, { level: 'error', cause: String(error) });
      response = reply({ error: 'Internal error.' }, 500);
    }
    console.log(JSON.stringify({ ...line, status: response.status, took_ms: Date.now() - started }));
    return response;
  },
};
