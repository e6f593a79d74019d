// The hosted chats of the sandbox (`api: {getClientSecret}`) as a backend of the widget: its messages as ChatKit's events.
import { Client } from './client.js';

/** @import { Backend, LoadedThread, ThreadSummary } from './open-thread.js' */
/** @import { ClientCallbacks } from './client.js' */
/** @import { ChatEvent } from './event-reader.js' */

/** @implements {Backend} */
export class HostedBackend {
  canEditThreads = false;
  #client;
  #language;

  /**
   * @param {string} origin of the sandbox
   * @param {(current: string | null) => Promise<string>} getClientSecret
   * @param {ClientCallbacks} callbacks
   * @param {() => string} language
   */
  constructor(origin, getClientSecret, callbacks, language) {
    this.#client = new Client(origin, getClientSecret, callbacks);
    this.#language = language;
  }

  get stopped() {
    return this.#client.stopped;
  }

  stop() {
    this.#client.stop();
  }

  async connect() {
    await this.#client.renew();
  }

  /** @returns {Promise<ThreadSummary[]>} */
  async listThreads() {
    const response = await this.#client.request('/widget/threads');
    return (await response.json()).data;
  }

  /** @param {string} id @returns {Promise<LoadedThread>} */
  async loadThread(id) {
    const response = await this.#client.request(`/widget/threads/${encodeURIComponent(id)}`);
    const thread = await response.json();
    const items = thread.items.map((/** @type {HostedItem} */ item) => toItem(item.id, item.role, item.text));
    return { ...thread, items };
  }

  /** @param {string} type @returns {Promise<Record<string, any>>} */
  async call(type) {
    throw new Error(`The sandbox's hosted chats do not answer ${type}.`);
  }

  /**
   * @param {string} type
   * @param {Record<string, any>} params
   * @param {AbortSignal} signal
   */
  async open(type, params, signal) {
    if (type !== 'threads.create' && type !== 'threads.add_user_message') await this.call(type);
    const { thread_id: threadId = null, input } = params;
    const text = input.content.map((/** @type {{ text: string }} */ part) => part.text).join('');
    const response = await this.#client.request('/widget/messages', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ thread_id: threadId, text, locale: this.#language() }),
    });
    return this.#events(response, text, signal);
  }

  /**
   * @param {Response} response
   * @param {string} text the visitor's message
   * @param {AbortSignal} signal
   * @returns {AsyncGenerator<ChatEvent>}
   */
  async *#events({ headers, body }, text, signal) {
    if (signal.aborted) return void body?.cancel();
    const title = decodeURIComponent(headers.get('X-Thread-Title') ?? '') || null;
    const thread = { id: headers.get('X-Thread-Id'), title };
    yield { type: 'thread.created', thread };
    yield { type: 'thread.item.done', item: toItem(newItemId(), 'user', text) };
    const reply = toItem(newItemId(), 'assistant', '');
    yield { type: 'thread.item.added', item: reply };
    if (!body) throw new TypeError('The reply has no body.');
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    signal.addEventListener('abort', () => reader.cancel().catch(() => {}));
    for (;;) {
      const { done, value: delta } = await reader.read();
      if (done) return;
      const update = { type: 'assistant_message.content_part.text_delta', content_index: 0, delta };
      yield { type: 'thread.item.updated', item_id: reply.id, update };
    }
  }
}

/** @typedef {{ id: string, role: 'user' | 'assistant', text: string }} HostedItem */

let itemCount = 0;
const newItemId = () => `hosted_${++itemCount}`;

/** @param {string} id @param {'user' | 'assistant'} role @param {string} text */
function toItem(id, role, text) {
  if (role === 'user') return { id, type: 'user_message', content: [{ type: 'input_text', text }], attachments: [] };
  return { id, type: 'assistant_message', content: [{ type: 'output_text', text, annotations: [] }] };
}
