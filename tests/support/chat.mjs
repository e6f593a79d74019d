// A client of POST /chatkit for tests: one visitor with a cookie, and the frames of a stream as events.

/** @typedef {{ type: string, [field: string]: any }} ChatEvent */

/** The parameters of a message. */
export const message = (/** @type {string} */ text, options = {}) => ({
  content: [{ type: 'input_text', text }],
  attachments: [],
  inference_options: options,
});

/** The events of a stream's text. A comment keeps the connection open and is no event. */
export function eventsOf(/** @type {string} */ text) {
  return text
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: '))
    .map((frame) => /** @type {ChatEvent} */ (JSON.parse(frame.slice(6))));
}

/** The text of all assistant messages that are done. */
export const answerOf = (/** @type {ChatEvent[]} */ events) =>
  events
    .filter(({ type, item }) => type === 'thread.item.done' && item.type === 'assistant_message')
    .map(({ item }) => item.content.map((/** @type {{ text: string }} */ part) => part.text).join(''))
    .join('\n');

/**
 * A visitor.
 * @param {(path: string, init?: RequestInit) => Promise<Response>} send
 */
export function chatVisitor(send) {
  let cookie = '';

  /** @param {string} type @param {Record<string, unknown>} params @param {RequestInit & { query?: string }} [init] */
  async function request(type, params, { query = '', ...init } = {}) {
    const response = await send(`/chatkit${query}`, {
      method: 'POST',
      body: JSON.stringify({ type, params }),
      ...init,
      headers: { 'Content-Type': 'application/json', ...(cookie && { Cookie: cookie }), ...init.headers },
    });
    const set = response.headers.getSetCookie().find((text) => text.startsWith('__Host-chatkit_visitor='));
    if (set) cookie = set.split(';', 1)[0];
    return response;
  }

  const visitor = {
    request,
    get cookie() {
      return cookie;
    },
    /** The JSON that a request gets. @param {string} type @param {Record<string, unknown>} params */
    async json(type, params) {
      const response = await request(type, params);
      return /** @type {any} */ (await response.json());
    },
    /** All events of a stream. @param {string} type @param {Record<string, unknown>} params @param {RequestInit & { query?: string }} [init] */
    async events(type, params, init) {
      const response = await request(type, params, init);
      return eventsOf(await response.text());
    },
    /** A new thread with its answer. @param {string} text @param {RequestInit & { query?: string }} [init] */
    async create(text, init) {
      const events = await visitor.events('threads.create', { input: message(text) }, init);
      return { thread: /** @type {string} */ (events.find(({ type }) => type === 'thread.created')?.thread.id), events };
    },
    /** Another message with its answer. @param {string} thread @param {string} text @param {RequestInit} [init] */
    say: (thread, text, init) => visitor.events('threads.add_user_message', { thread_id: thread, input: message(text) }, init),
    /** The visible items, the oldest first. @param {string} thread */
    async items(thread) {
      const page = await visitor.json('items.list', { thread_id: thread, limit: 100, order: 'asc' });
      return /** @type {any[]} */ (page.data);
    },
    /** Requests about a run. @param {string} method @param {string} run @param {RequestInit} [init] */
    run: (method, run, init) => send(`/chatkit/runs/${run}`, { method, ...init, headers: { Cookie: cookie, ...init?.headers } }),
  };
  return visitor;
}

/**
 * Begins a stream and reads it piece by piece, until `leave` is called.
 * @param {Response} response
 */
export function readStream(response) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    run: response.headers.get('X-ChatKit-Run') ?? '',
    /** Everything so far. */
    get text() {
      return text;
    },
    /** Reads until the text contains this. @param {string} wanted */
    async until(wanted) {
      while (!text.includes(wanted)) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`The stream ended before ${JSON.stringify(wanted)}: ${text}`);
        text += decoder.decode(value, { stream: true });
      }
      return text;
    },
    async end() {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return text;
        text += decoder.decode(value, { stream: true });
      }
    },
  };
}
