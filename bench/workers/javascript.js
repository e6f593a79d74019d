// The compared endpoints as a Worker in JavaScript without a framework: the same work, headers, checks and signatures as
// ChatKit Edge, so that the comparison is one of the languages and not of what is left out.
import { version } from '../../package.json';
import { MAX_BODY_BYTES, readAsk, readEvents } from './rules/ask.js';
import * as ledger from './rules/ledger.js';
import { readAtMost } from './rules/openai.js';
import { judge } from './rules/origin.js';
import {
  Problem, internal, methodNotAllowed, notFound, originNotAllowed, payloadTooLarge, problemBody, problemOf,
} from './rules/problem.js';
import { sessionFor } from './rules/session.js';
import { readSettings, requireUsable } from './rules/settings.js';
import { COOKIE, COOKIE_SECONDS, importKeys, newId, recognise, sign } from './rules/visitor.js';

/** What an isolate keeps: the settings, and the visitors' keys as soon as they are needed. */
let settings;
let keys;

const SESSION = { POST: session, changesState: true, createsSession: true, allow: 'POST, OPTIONS' };
const ROUTES = new Map([
  ['/health', { GET: health, HEAD: health, allow: 'GET, HEAD, OPTIONS' }],
  ['/api/chatkit/session', SESSION],
  ['/api/chatkit/start', SESSION],
  ['/api/create-session', SESSION],
  ['/api/analytics/message', { POST: message, changesState: true, allow: 'POST, OPTIONS' }],
]);

const json = (body, headers) => ({ status: 200, type: 'application/json', body, headers });

function health() {
  return json(`{"status":"healthy","version":"${version}"}`);
}

async function bodyOf(request) {
  const bytes = await readAtMost(request.body, MAX_BODY_BYTES);
  if (!bytes) throw payloadTooLarge();
  return bytes;
}

async function message({ request, env, line }) {
  const events = readEvents(await bodyOf(request));
  try {
    if (events > 0) await ledger.count(env, ['messages'], events, settings);
  } catch (error) {
    line.event = 'events.not_stored';
    line.cause = `the ledger failed: ${error}`;
    return json('{"status":"failed"}');
  }
  return json('{"status":"tracked"}');
}

async function session({ request, env, context, sender, line }) {
  requireUsable(settings);
  const ask = readAsk(await bodyOf(request), settings);
  keys ??= await importKeys(settings.visitorSecrets);
  const visitor = (await recognise(request.headers, keys)) ?? newId();
  const made = await sessionFor(ask, `visitor_${visitor}`, { request, env, context, line, settings });
  const value = await sign(visitor, keys);
  const thirdParty = sender === 'allowed';
  const site = thirdParty ? 'SameSite=None; Secure; Partitioned' : 'SameSite=Lax; Secure';
  const answer = {
    client_secret: made.secret,
    expires_at: made.expiresAt,
    session_id: made.id,
    visitor: thirdParty ? value : undefined,
    thread_id: ask.thread,
  };
  return json(JSON.stringify(answer), {
    'Set-Cookie': `${COOKIE}=${value}; Path=/; Max-Age=${COOKIE_SECONDS}; HttpOnly; ${site}`,
  });
}

/** The answer for a method and a path, before the headers that every answer has. */
function serve(route, scope) {
  const { method } = scope.request;
  if (!route) throw notFound();
  const preflight = method === 'OPTIONS';
  if (!preflight && !route[method]) throw methodNotAllowed(route.allow);
  if (scope.sender === 'foreign' && (route.changesState || preflight)) throw originNotAllowed();
  if (!preflight) return route[method](scope);
  return {
    status: 204,
    body: null,
    headers: {
      Allow: route.allow,
      ...(scope.sender === 'allowed' && {
        'Access-Control-Allow-Methods': route.allow,
        'Access-Control-Allow-Headers': 'Content-Type, Authorization, X-ChatKit-Visitor',
        'Access-Control-Max-Age': '7200',
      }),
    },
  };
}

function failure(error, route, { env, context, line }) {
  const createsSession = route?.createsSession === true && line.method === 'POST';
  const problem = problemOf(error, createsSession);
  line.code = problem.code;
  if (!(error instanceof Problem)) line.cause = String(error?.stack ?? error);
  const counted = (error instanceof Problem ? error : internal()).counted;
  if (createsSession && counted && line.event !== 'session.shared') {
    ledger.countLater(env, context, ['sessions_failed', `failed:${problem.code}`], settings);
  }
  return {
    status: problem.status,
    type: 'application/problem+json',
    body: problemBody(problem, line.request_id),
    headers: {
      ...(problem.allow && { Allow: problem.allow }),
      ...(problem.retryAfter !== undefined && { 'Retry-After': String(problem.retryAfter) }),
    },
  };
}

function respond({ status, type, body, headers }, { request, origin, sender, line }) {
  return new Response(request.method === 'HEAD' ? null : body, {
    status,
    headers: {
      ...(type && { 'Content-Type': type }),
      'Cache-Control': 'no-store',
      ...headers,
      Vary: 'Origin',
      ...(sender === 'allowed' && {
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Expose-Headers': 'X-Request-Id, Retry-After',
      }),
      'X-Content-Type-Options': 'nosniff',
      'X-Request-Id': line.request_id,
    },
  });
}

async function handle(request, env, context) {
  settings ??= readSettings(env);
  const started = Date.now();
  const { origin: own, pathname } = new URL(request.url);
  const origin = request.headers.get('Origin');
  const line = {
    level: 'info',
    event: 'request',
    request_id: crypto.randomUUID().replaceAll('-', ''),
    method: request.method,
    path: pathname.slice(0, 200),
  };
  const scope = { request, env, context, origin, sender: judge(origin, own, settings.origins), line };
  const route = ROUTES.get(pathname);
  let answer;
  try {
    answer = await serve(route, scope);
  } catch (error) {
    answer = failure(error, route, scope);
  }
  line.level = answer.status < 500 ? 'info' : 'error';
  line.status = answer.status;
  line.took_ms = Date.now() - started;
  console[line.level === 'error' ? 'error' : 'log'](JSON.stringify(line));
  return respond(answer, scope);
}

export default {
  fetch(request, env, context) {
    const handled = handle(request, env, context);
    // What has begun is brought to its end when the client goes away.
    context.waitUntil(handled);
    return handled;
  },
};
