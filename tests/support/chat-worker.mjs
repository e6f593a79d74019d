// A stand-in for a Worker with its own chat server, for tests of the widget and of <chatkit-edge>: one server with /embed.js,
// the demo, the configuration, ChatKit's server protocol and its runs. A test writes the answers itself, event by event.
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { widgetScript } from '../../sandbox/widget-script.mjs';

/**
 * @typedef {object} ChatRequest a request that arrived
 * @property {string} method
 * @property {string} path
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string} [type]
 * @property {any} [params]
 */

/** @typedef {{ id: string, created_at: string, status: { type: string, reason?: string }, title?: string, items: any[] }} Thread */

/**
 * @typedef {object} Turn a stream that a script writes
 * @property {ChatRequest} request
 * @property {string} run
 * @property {Thread} thread
 * @property {AbortSignal} left aborted when the client of the first request is gone
 * @property {AbortSignal} stopped aborted by DELETE
 * @property {(event: Record<string, unknown>) => void} send
 * @property {(item: Record<string, any>) => any} done sends an item and stores it
 * @property {(text: string, id?: string) => void} say adds to an assistant message and stores what there is of it
 * @property {(raw: string) => void} raw
 * @property {() => void} destroy cuts the connection
 */

/** @typedef {(turn: Turn) => unknown} Script */

/** @typedef {{ status: number, body?: unknown, headers?: Record<string, string> }} Refusal an answer in place of the next one */

/** The types of the files in public/ that a page needs. @type {Record<string, string>} */
const TYPES = { html: 'text/html; charset=utf-8', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };

/**
 * Sends a file of public/.
 * @param {string} pathname
 * @param {import('node:http').ServerResponse} response
 * @param {Record<string, string>} headers
 */
async function sendFile(pathname, response, headers) {
  const file = pathname === '/' ? '/index.html' : pathname;
  const bytes = await readFile(new URL(`../../public${file}`, import.meta.url)).catch(() => null);
  const type = TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
  response.writeHead(bytes ? 200 : 404, { ...headers, 'Content-Type': type }).end(bytes ?? '');
}

const NO_ITEMS = { data: [], has_more: false };
const STREAMING = /^threads\.(create|add_user_message|add_client_tool_output|add_structured_input|retry_after_item|custom_action)$/;

/** Answers with the words of the message. @type {Script} */
function echo({ request, say }) {
  const { content = [] } = request.params.input ?? {};
  say(`You said: ${content.map((/** @type {{ text: string }} */ part) => part.text).join('')}`);
}

export async function startChatWorker() {
  const widget = await widgetScript();
  const element = await readFile(new URL('../../public/embed.js', import.meta.url), 'utf8');
  /** @type {ChatRequest[]} */
  const requests = [];
  /** @type {Map<string, Thread>} */
  const threads = new Map();
  /** @type {Map<string, { frames: string[], readers: Set<import('node:http').ServerResponse>, ended: boolean, stop: AbortController }>} */
  const runs = new Map();
  /** @type {Script[]} */
  const scripts = [];
  /** @type {Refusal[]} */
  const refusals = [];
  /** Changes of the public configuration. @type {Record<string, unknown>} */
  let changes = {};
  /** The next message gets only this error; nothing is stored. */
  let busy = '';
  let count = 0;
  const nextId = (/** @type {string} */ prefix) => `${prefix}_${++count}`;

  /** @param {Thread} thread */
  const publicThread = ({ items: _, ...thread }) => ({ ...thread, metadata: {}, items: NO_ITEMS });

  /** @param {any} params @param {string} id */
  function page({ limit = 20, order = 'desc', after }, /** @type {any[]} */ all) {
    const sorted = order === 'asc' ? all : [...all].reverse();
    const start = after ? sorted.findIndex(({ id }) => id === after) + 1 : 0;
    const data = sorted.slice(start, start + Math.min(limit, 100));
    const has_more = start + data.length < sorted.length;
    return { data, has_more, ...(data.length > 0 && { after: data[data.length - 1].id }) };
  }

  /** @type {Record<string, (params: any) => unknown>} */
  const calls = {
    'threads.list': (params) => page(params, [...threads.values()].map(publicThread)),
    'threads.get_by_id': ({ thread_id: id }) => {
      const thread = threads.get(id);
      return thread && { ...publicThread(thread), items: page({ order: 'asc' }, thread.items) };
    },
    'items.list': (params) => page(params, threads.get(params.thread_id)?.items ?? []),
    'items.feedback': () => ({}),
    'threads.update': ({ thread_id: id, title }) => publicThread(Object.assign(threads.get(id) ?? {}, { title })),
    'threads.delete': ({ thread_id: id }) => (threads.delete(id), {}),
    'threads.sync_custom_action': ({ thread_id: id, item_id }) => {
      const item = threads.get(id)?.items.find((each) => each.id === item_id);
      return { updated_item: { ...item, widget: { type: 'Card', children: [{ type: 'Text', value: 'Updated' }] } } };
    },
  };

  /** @param {ChatRequest} request @param {import('node:http').ServerResponse} response @param {Record<string, string>} headers */
  async function stream(request, response, headers) {
    const { type, params } = request;
    const created = { id: nextId('thread'), created_at: new Date().toISOString(), status: { type: 'active' }, items: [] };
    /** @type {Thread} */
    const thread = type === 'threads.create' ? created : threads.get(params.thread_id) ?? created;
    threads.set(thread.id, thread);
    const id = nextId('run');
    const stop = new AbortController();
    const left = new AbortController();
    /** @type {typeof runs extends Map<string, infer Run> ? Run : never} */
    const run = { frames: [], readers: new Set([response]), ended: false, stop };
    runs.set(id, run);
    response.on('close', () => {
      run.readers.delete(response);
      left.abort();
    });
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream', 'X-ChatKit-Run': id });
    const raw = (/** @type {string} */ text) => {
      run.frames.push(text);
      for (const reader of run.readers) reader.write(text);
    };
    const send = (/** @type {Record<string, unknown>} */ event) => raw(`data: ${JSON.stringify(event)}\n\n`);
    const stored = (/** @type {any} */ item) => {
      const index = thread.items.findIndex((each) => each.id === item.id);
      if (index < 0) thread.items.push(item);
      else thread.items[index] = item;
      return item;
    };
    const base = (/** @type {string} */ prefix) => ({ id: nextId(prefix), thread_id: thread.id, created_at: new Date().toISOString() });
    /** @type {any} */
    let message = null;
    /** @type {Turn} */
    const turn = {
      request,
      run: id,
      thread,
      left: left.signal,
      stopped: stop.signal,
      send,
      raw,
      done(item) {
        const whole = stored({ ...base('msg'), ...item });
        send({ type: 'thread.item.done', item: whole });
        return whole;
      },
      say(text) {
        if (!message) {
          message = stored({ ...base('msg'), type: 'assistant_message', content: [{ type: 'output_text', text: '', annotations: [] }] });
          send({ type: 'thread.item.added', item: { ...message, content: [] } });
          send({ type: 'thread.item.updated', item_id: message.id, update: { type: 'assistant_message.content_part.added', content_index: 0, content: message.content[0] } });
        }
        message.content[0] = { ...message.content[0], text: message.content[0].text + text };
        send({ type: 'thread.item.updated', item_id: message.id, update: { type: 'assistant_message.content_part.text_delta', content_index: 0, delta: text } });
      },
      destroy: () => response.destroy(),
    };
    if (type === 'threads.create') send({ type: 'thread.created', thread: publicThread(thread) });
    if (params.input?.content) turn.done({ type: 'user_message', attachments: [], ...params.input });
    if (type === 'threads.retry_after_item') {
      thread.items.splice(thread.items.findIndex((item) => item.id === params.item_id) + 1);
    }
    send({ type: 'stream_options', stream_options: { allow_cancel: true } });
    await (scripts.shift() ?? echo)(turn);
    if (message && !stop.signal.aborted) send({ type: 'thread.item.done', item: message });
    run.ended = true;
    for (const reader of run.readers) reader.end();
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://worker');
    const { origin = '' } = request.headers;
    const cors = {
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Allow-Methods': 'GET, POST, DELETE',
      'Access-Control-Allow-Headers': request.headers['access-control-request-headers'] ?? '',
      'Access-Control-Expose-Headers': 'X-ChatKit-Run, X-ChatKit-Visitor-Token, Retry-After, X-Request-Id',
      'Access-Control-Max-Age': '600',
    };
    const json = (/** @type {number} */ status, /** @type {unknown} */ body, more = {}) =>
      response.writeHead(status, { ...cors, 'Content-Type': 'application/json', ...more }).end(JSON.stringify(body));
    if (request.method === 'OPTIONS') return response.writeHead(204, cors).end();
    const script = { ...cors, 'Content-Type': 'text/javascript' };
    if (url.pathname === '/chatkit.js') return response.writeHead(200, script).end(widget);
    const config = {
      backend: 'agent',
      domain_key: 'domain_pk_localhost_dev',
      chatkit_js_url: `http://${request.headers.host}/chatkit.js`,
      sandbox: true,
      configured: true,
      features: { file_upload: false, history: true, auth: 'anonymous' },
      agents: [{ id: 'default', model: 'gpt-5.2', models: ['gpt-5.2'], prompts: [] }],
      ...changes,
    };
    if (url.pathname === '/embed.js') {
      return response.writeHead(200, script).end(`const CHATKIT_EDGE_CONFIG=${JSON.stringify(config)};\n${element}`);
    }
    if (url.pathname === '/api/chatkit/config') return json(200, config);
    if (!url.pathname.startsWith('/chatkit') && request.method === 'GET') return sendFile(url.pathname, response, cors);

    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const parsed = text.startsWith('{') ? JSON.parse(text) : {};
    /** @type {ChatRequest} */
    const received = { method: request.method ?? '', path: url.pathname + url.search, headers: request.headers, type: parsed.type, params: parsed.params };
    requests.push(received);
    const run = runs.get(url.pathname.split('/')[3] ?? '');
    if (url.pathname.startsWith('/chatkit/runs/')) {
      if (!run) return json(404, { code: 'not_found', detail: 'No such run.' });
      if (request.method === 'DELETE') {
        run.stop.abort();
        return json(200, { id: url.pathname.split('/')[3], status: 'stopped' });
      }
      response.writeHead(200, { ...cors, 'Content-Type': 'text/event-stream' });
      for (const frame of run.frames) response.write(frame);
      if (run.ended) return response.end();
      run.readers.add(response);
      response.on('close', () => run.readers.delete(response));
      return;
    }
    if (url.pathname !== '/chatkit') return json(200, { status: 'tracked' });
    if (busy && STREAMING.test(received.type ?? '')) {
      const error = { type: 'error', code: 'custom', message: busy, allow_retry: true };
      busy = '';
      return response.writeHead(200, { ...cors, 'Content-Type': 'text/event-stream' }).end(`data: ${JSON.stringify(error)}\n\n`);
    }
    const refusal = refusals.shift();
    if (refusal) return json(refusal.status, refusal.body ?? {}, refusal.headers);
    const visitor = received.type === 'threads.create' ? { 'X-ChatKit-Visitor-Token': 'visitor-token-1' } : {};
    if (STREAMING.test(received.type ?? '')) return stream(received, response, { ...cors, ...visitor });
    const answer = calls[received.type ?? '']?.(received.params);
    return answer ? json(200, answer) : json(404, { code: 'not_found', detail: 'Not found.', message: 'Not found.' });
  }).listen(0);
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const url = `http://localhost:${port}`;
  return {
    url,
    widgetUrl: `${url}/chatkit.js`,
    requests,
    threads,
    /** The types of the requests to /chatkit, oldest first. */
    types: () => requests.filter(({ path }) => /^\/chatkit(\?|$)/.test(path)).map(({ type }) => type),
    /** The next streams. @param {Script[]} next */
    answer: (...next) => scripts.push(...next),
    /** Refuses the next requests to /chatkit. @param {Refusal[]} next */
    refuse: (...next) => refusals.push(...next),
    /** The thread is busy for the next message. @param {string} message */
    busy(message) {
      busy = message;
    },
    /** Changes the public configuration until the next reset. @param {Record<string, unknown>} next */
    configure(next) {
      changes = next;
    },
    /** Forgets all chats and requests. */
    reset() {
      changes = {};
      busy = '';
      requests.length = 0;
      scripts.length = 0;
      refusals.length = 0;
      threads.clear();
      runs.clear();
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
