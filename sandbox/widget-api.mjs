// The API of the stand-in widget: messages, and the threads of the session's user. Like the real widget's API, it allows
// every origin; the client secret protects it.
import { randomBytes } from 'node:crypto';
import { HttpError, bearer, isJson, isObject, parseJson, readBody, sendJson } from './http.mjs';
import { replyTo, streamWords } from './replies.mjs';

export const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  'Access-Control-Expose-Headers': 'X-Thread-Id, X-Thread-Title, Retry-After',
  'Access-Control-Max-Age': '600',
};

const MAX_MESSAGE_BYTES = 64 * 1024;
const MINUTE_MS = 60_000;
const MAX_TITLE_CHARS = 48;
const MAX_USERS = 500;
const MAX_THREADS = 100;
const MAX_ITEMS = 400;

/**
 * @typedef {{ id: string, role: 'user' | 'assistant', text: string }} Item
 * @typedef {{ id: string, title: string | null, created_at: number, items: Item[] }} Thread
 */

export class WidgetApi {
  /** @type {Map<string, Map<string, Thread>>} user -> threads, oldest first */
  #threads = new Map();
  #sessions;
  #wordDelayMs;

  /**
   * @param {import('./sessions.mjs').Sessions} sessions
   * @param {number} wordDelayMs
   */
  constructor(sessions, wordDelayMs) {
    this.#sessions = sessions;
    this.#wordDelayMs = wordDelayMs;
  }

  clear() {
    this.#threads.clear();
  }

  /** Handles a request under /widget/. Errors are thrown as HttpError. */
  async handle(req, res, pathname) {
    if (req.method === 'OPTIONS') {
      res.writeHead(204, CORS);
      res.end();
      return;
    }
    const route = `${req.method === 'HEAD' ? 'GET' : req.method} ${pathname}`;
    const thread = /^GET \/widget\/threads\/([^/]+)$/.exec(route)?.[1];
    if (route === 'POST /widget/messages') return this.#postMessage(req, res);
    const session = this.#session(req);
    if (route === 'GET /widget/session') return sendJson(res, 200, describe(session), CORS);
    if (route === 'GET /widget/threads') return sendJson(res, 200, { data: this.#list(session) }, CORS);
    if (thread !== undefined) return sendJson(res, 200, this.#findInHistory(session, thread), CORS);
    throw new HttpError(404, `Invalid URL (${req.method} ${pathname})`);
  }

  #session(req) {
    const session = this.#sessions.findBySecret(bearer(req.headers));
    if (!session) throw new HttpError(401, 'The client secret is missing or unknown.', { code: 'invalid_client_secret' });
    if (session.status !== 'active') {
      throw new HttpError(401, `The session is ${session.status}.`, { code: `session_${session.status}` });
    }
    return session;
  }

  async #postMessage(req, res) {
    const session = this.#session(req);
    if (!isJson(req.headers)) throw new HttpError(400, 'Content-Type must be application/json.');
    const body = parseJson(await readBody(req, MAX_MESSAGE_BYTES));
    if (!isObject(body)) throw new HttpError(400, 'The body must be an object.');
    const { thread_id: threadId = null, text, locale } = body;
    if (typeof text !== 'string' || text.trim() === '') {
      throw new HttpError(400, 'text must be a string that is not blank.', { param: 'text' });
    }
    if (threadId !== null && typeof threadId !== 'string') {
      throw new HttpError(400, 'thread_id must be a string or null.', { param: 'thread_id' });
    }
    const owned = threadId === null ? null : this.#ownThread(session.user, threadId);
    countMessage(session);
    // OpenAI accepts this version when the session is created and fails when it is used.
    if (session.workflow.version === 'latest') throw new HttpError(404, "Workflow version 'latest' not found.");

    const thread = owned ?? this.#create(session, text);
    const reply = replyTo(text.trim(), locale);
    addItem(thread, 'user', text);
    addItem(thread, 'assistant', reply);
    res.writeHead(200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Thread-Id': thread.id,
      'X-Thread-Title': encodeURIComponent(thread.title ?? ''),
      ...CORS,
    });
    await streamWords(res, reply, this.#wordDelayMs);
  }

  #list(session) {
    const { enabled, recent_threads: limit } = session.configuration.history;
    if (!enabled) return [];
    const newestFirst = [...(this.#threads.get(session.user)?.values() ?? [])].reverse();
    return newestFirst.slice(0, limit ?? MAX_THREADS).map(({ items: _, ...thread }) => thread);
  }

  #findInHistory(session, id) {
    if (!this.#list(session).some((thread) => thread.id === id)) throw threadNotFound(id);
    return this.#ownThread(session.user, id);
  }

  #ownThread(user, id) {
    const thread = this.#threads.get(user)?.get(id);
    if (!thread) throw threadNotFound(id);
    return thread;
  }

  #create(session, text) {
    const threads = this.#threads.get(session.user) ?? new Map();
    this.#threads.set(session.user, threads);
    /** @type {Thread} */
    const thread = {
      id: `cthr_${randomBytes(12).toString('hex')}`,
      title: session.configuration.automatic_thread_titling.enabled ? titleOf(text) : null,
      created_at: Math.floor(Date.now() / 1000),
      items: [],
    };
    threads.set(thread.id, thread);
    dropOldest(threads, MAX_THREADS);
    dropOldest(this.#threads, MAX_USERS);
    return thread;
  }
}

function describe(session) {
  return {
    id: session.id,
    status: session.status,
    expires_at: session.expiresAt,
    expires_in_ms: session.endsAt - Date.now(),
    max_requests_per_1_minute: session.requestsPerMinute,
    chatkit_configuration: session.configuration,
  };
}

function countMessage(session) {
  const now = Date.now();
  session.messageTimes = session.messageTimes.filter((time) => time > now - MINUTE_MS);
  if (session.messageTimes.length >= session.requestsPerMinute) {
    const seconds = Math.ceil((session.messageTimes[0] + MINUTE_MS - now) / 1000);
    throw new HttpError(429, 'Rate limit reached for requests', {
      type: 'requests',
      code: 'rate_limit_exceeded',
      headers: { 'Retry-After': String(seconds) },
    });
  }
  session.messageTimes.push(now);
}

function addItem(thread, role, text) {
  thread.items.push({ id: `cthi_${randomBytes(8).toString('hex')}`, role, text });
  thread.items.splice(0, thread.items.length - MAX_ITEMS);
}

function titleOf(text) {
  const characters = [...text.trim().replace(/\s+/g, ' ').toWellFormed()];
  return characters.length > MAX_TITLE_CHARS ? `${characters.slice(0, MAX_TITLE_CHARS - 1).join('')}…` : characters.join('');
}

function dropOldest(map, limit) {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}

function threadNotFound(id) {
  return new HttpError(404, `Thread with id '${id}' not found.`, { code: 'thread_not_found' });
}
