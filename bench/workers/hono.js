// The compared endpoints as a Worker with Hono and its own middleware: CORS, body limit, signed cookies, request ids and
// security headers are Hono's; what the endpoints do is shared with the Worker without a framework.
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { generateSignedCookie, getSignedCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { version } from '../../package.json';
import { MAX_BODY_BYTES, readAsk, readEvents } from './rules/ask.js';
import * as ledger from './rules/ledger.js';
import { judge } from './rules/origin.js';
import * as problems from './rules/problem.js';
import { sessionFor } from './rules/session.js';
import { readSettings, requireUsable } from './rules/settings.js';
import { COOKIE_SECONDS, HEADER, newId } from './rules/visitor.js';

// The middleware puts `__Host-` in front.
const COOKIE = 'chatkit_visitor';
const CREATES_SESSION = new Set(['/api/chatkit/session', '/api/chatkit/start', '/api/create-session']);

/** What an isolate keeps. */
let settings;

const app = new Hono();

const securityHeaders = secureHeaders({
  crossOriginResourcePolicy: false,
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  strictTransportSecurity: false,
  xContentTypeOptions: true,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** The line in the log, and who sent the request. */
app.use(async (c, next) => {
  settings ??= readSettings(c.env);
  const started = Date.now();
  const { origin: own } = new URL(c.req.url);
  c.set('sender', judge(c.req.header('Origin') ?? null, own, settings.origins));
  const line = { level: 'info', event: 'request', request_id: '', method: c.req.method, path: c.req.path.slice(0, 200) };
  c.set('line', line);
  await next();
  line.status = c.res.status;
  line.level = line.status < 500 ? 'info' : 'error';
  line.took_ms = Date.now() - started;
  console[line.level === 'error' ? 'error' : 'log'](JSON.stringify(line));
});
app.use(requestId({ generator: () => crypto.randomUUID().replaceAll('-', '') }));
app.use(securityHeaders);
app.use(cors({
  origin: (origin, c) => (c.get('sender') === 'allowed' ? origin : null),
  credentials: true,
  allowMethods: ['GET', 'HEAD', 'POST', 'OPTIONS'],
  allowHeaders: ['Content-Type', 'Authorization', HEADER],
  exposeHeaders: ['X-Request-Id', 'Retry-After'],
  maxAge: 7200,
}));
app.use(async (c, next) => {
  c.get('line').request_id = c.get('requestId');
  c.header('Cache-Control', 'no-store');
  await next();
});
app.use(methodNotAllowed({
  app,
  onMethodNotAllowed: (c, methods) => fail(c, problems.methodNotAllowed([...methods, 'OPTIONS'].join(', '))),
}));

/** Stops a foreign page before anything is done for it. */
const sameOrAllowedOrigin = async (c, next) => {
  if (c.get('sender') === 'foreign') throw problems.originNotAllowed();
  await next();
};
const limit = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw problems.payloadTooLarge();
  },
});
const bodyOf = async (c) => new Uint8Array(await c.req.arrayBuffer());

app.get('/health', (c) => c.json({ status: 'healthy', version }));

app.post('/api/analytics/message', sameOrAllowedOrigin, limit, async (c) => {
  const events = readEvents(await bodyOf(c));
  try {
    if (events > 0) await ledger.count(c.env, ['messages'], events, settings);
  } catch (error) {
    Object.assign(c.get('line'), { event: 'events.not_stored', cause: `the ledger failed: ${error}` });
    return c.json({ status: 'failed' });
  }
  return c.json({ status: 'tracked' });
});

const session = async (c) => {
  requireUsable(settings);
  const ask = readAsk(await bodyOf(c), settings);
  const [secret] = settings.visitorSecrets;
  const visitor = (await getSignedCookie(c, secret, COOKIE, 'host')) || newId();
  const made = await sessionFor(ask, `visitor_${visitor}`, {
    request: c.req.raw, env: c.env, context: c.executionCtx, line: c.get('line'), settings,
  });

  const thirdParty = c.get('sender') === 'allowed';
  const cookie = await generateSignedCookie(COOKIE, visitor, secret, {
    prefix: 'host',
    maxAge: COOKIE_SECONDS,
    httpOnly: true,
    sameSite: thirdParty ? 'None' : 'Lax',
    partitioned: thirdParty,
  });
  c.header('Set-Cookie', cookie);
  return c.json({
    client_secret: made.secret,
    expires_at: made.expiresAt,
    session_id: made.id,
    visitor: thirdParty ? decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf(';'))) : undefined,
    thread_id: ask.thread,
  });
};
for (const path of CREATES_SESSION) app.post(path, sameOrAllowedOrigin, limit, session);

function fail(c, error) {
  const line = c.get('line');
  const createsSession = CREATES_SESSION.has(c.req.path) && c.req.method === 'POST';
  const problem = problems.problemOf(error, createsSession);
  line.code = problem.code;
  if (!(error instanceof problems.Problem)) line.cause = String(error?.stack ?? error);
  if (createsSession && error.counted !== false && line.event !== 'session.shared') {
    ledger.countLater(c.env, c.executionCtx, ['sessions_failed', `failed:${problem.code}`], settings);
  }
  return c.body(problems.problemBody(problem, line.request_id), problem.status, {
    'Content-Type': 'application/problem+json',
    ...(problem.allow && { Allow: problem.allow }),
    ...(problem.retryAfter !== undefined && { 'Retry-After': String(problem.retryAfter) }),
  });
}

app.notFound((c) => fail(c, problems.notFound()));
app.onError((error, c) => fail(c, error));

export default {
  fetch(request, env, context) {
    const handled = app.fetch(request, env, context);
    // What has begun is brought to its end when the client goes away.
    context.waitUntil(handled);
    return handled;
  },
};
