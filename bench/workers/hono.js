// The compared endpoints as a Worker with Hono: the least code that answers a session, a message and a health check properly.
// docs/performance.md lists what it leaves out.
import { Hono } from 'hono';
import { generateSignedCookie, getCookie, getSignedCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { requestId } from 'hono/request-id';
import { version } from '../../package.json';

// Hono adds the prefix `__Host-`.
const COOKIE = 'chatkit_visitor';
const COOKIE_SECONDS = 34_560_000;
const PUBLISH_SECONDS = 120;
const RECORD_OBJECTS = 16;

const base64url = (bytes) => new Uint8Array(bytes).toBase64({ alphabet: 'base64url', omitPadding: true });
const parse = (text) => (text ? JSON.parse(text) : {});

/** The ledger's object that stores a session's record, by FNV-1a of the session's id. */
function recordObject(id) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return `records-${(hash >>> 0) % RECORD_OBJECTS}`;
}

const count = (env, counter, times) =>
  env.LEDGER.getByName('counters-0').count(0, PUBLISH_SECONDS, JSON.stringify({ [counter]: times }));

const app = new Hono();

app.use(requestId({ generator: () => crypto.randomUUID().replaceAll('-', '') }));
app.use(async (c, next) => {
  const started = Date.now();
  const { origin: own } = new URL(c.req.url);
  const origin = c.req.header('Origin') ?? own;
  const isCrossSite = origin !== own && c.env.ALLOWED_ORIGINS.split(',').includes(origin);
  const isRefused = origin !== own && !isCrossSite && c.req.method !== 'GET';
  const line = { level: 'info', event: 'request', request_id: c.get('requestId'), method: c.req.method, path: c.req.path };
  c.set('isCrossSite', isCrossSite);
  c.set('isRefused', isRefused);
  c.set('line', line);
  c.header('Cache-Control', 'no-store');
  c.header('X-Content-Type-Options', 'nosniff');
  await next();
  console.log(JSON.stringify({ ...line, status: c.res.status, took_ms: Date.now() - started }));
});
const corsOfAllowed = cors({
  origin: (origin, c) => (c.get('isCrossSite') ? origin : null),
  credentials: true,
  exposeHeaders: ['X-Request-Id', 'Retry-After'],
});
// Without credentials: the page may read why it is refused, and nothing else.
const corsOfRefused = cors({ origin: (origin) => origin, exposeHeaders: ['X-Request-Id'] });
app.use((c, next) => (c.get('isRefused') ? corsOfRefused : corsOfAllowed)(c, next));
app.use('/api/*', async (c, next) => {
  if (!c.get('isRefused')) return next();
  const error = `The origin ${c.req.header('Origin')} may not use this Worker. The owner can add it to ALLOWED_ORIGINS.`;
  c.get('line').cause = error;
  return c.json({ error }, 403);
});

app.get('/health', (c) => c.json({ status: 'healthy', version }));

app.post('/api/analytics/message', async (c) => {
  const events = parse(await c.req.text());
  await count(c.env, 'messages', Array.isArray(events) ? events.length : 1);
  return c.json({ status: 'tracked' });
});

app.post('/api/chatkit/session', async (c) => {
  const { env } = c;
  const { thread_id } = parse(await c.req.text());
  const secret = env.VISITOR_SECRET ?? env.OPENAI_API_KEY;
  const visitor = (await getSignedCookie(c, secret, COOKIE, 'host')) || base64url(crypto.getRandomValues(new Uint8Array(16)));
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
  const line = c.get('line');
  Object.assign(line, { openai_status: response.status, openai_request_id: response.headers.get('x-request-id') });
  if (!response.ok) return c.json({ error: 'OpenAI did not create a session.' }, 502);
  const { id, client_secret, expires_at } = await response.json();
  const owner = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(user)));
  const record = { id, owner, workflow, created_at: Math.floor(Date.now() / 1000), expires_at, cancelled: false };
  await env.LEDGER.getByName(recordObject(id)).putRecord(JSON.stringify(record));
  c.executionCtx.waitUntil(count(env, 'sessions_created', 1));
  Object.assign(line, { event: 'session.created', session_id: id });

  const isCrossSite = c.get('isCrossSite');
  const cookie = await generateSignedCookie(COOKIE, visitor, secret, {
    prefix: 'host',
    maxAge: COOKIE_SECONDS,
    httpOnly: true,
    sameSite: isCrossSite ? 'None' : 'Lax',
    partitioned: isCrossSite,
  });
  c.header('Set-Cookie', cookie);
  const value = decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf(';')));
  const hasCookie = getCookie(c, COOKIE, 'host') !== undefined;
  return c.json({ client_secret, expires_at, session_id: id, visitor: isCrossSite && !hasCookie ? value : undefined, thread_id });
});

app.onError((error, c) => {
  Object.assign(c.get('line'), { level: 'error', cause: String(error) });
  return c.json({ error: 'Internal error.' }, 500);
});

export default app;
