// The widget's client for a server of the page's owner (`api: {url, domainKey, fetch}`): ChatKit's server protocol. A request for
// a stream is sent again up to five times after a 5xx or a response that is no event stream, as the real widget does.
import { RequestError } from './client.js';
import { readEvents } from './event-reader.js';

/** @import { ChatKitOptions, CustomApiConfig } from '@openai/chatkit' */
/** @import { Backend, LoadedThread, ThreadSummary } from './open-thread.js' */
/** @import { ChatEvent } from './event-reader.js' */

const MAX_REPEATS = 5;
const MIN_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 10_000;
const PAGE_SIZE = 100;
// What the real widget sends, in the hope of all threads at once. A server may send fewer.
const THREADS_LIMIT = 9999;

/** One per tab, so that a server can tell a repeated request from the same words in another tab. */
const frameInstanceId = globalThis.crypto?.randomUUID?.() ?? String(Math.random()).slice(2);

/** @param {ChatKitOptions} [options] @returns {options is ChatKitOptions & { api: CustomApiConfig }} */
export function isCustom(options) {
  const api = /** @type {Partial<CustomApiConfig> | undefined} */ (options?.api);
  return typeof api?.url === 'string' && typeof api.domainKey === 'string';
}

/** @implements {Backend} */
export class ProtocolClient {
  canEditThreads = true;
  #api;
  #language;
  #controller = new AbortController();

  /**
   * @param {() => CustomApiConfig} api the current options of the page
   * @param {() => string} language the active locale
   */
  constructor(api, language) {
    this.#api = api;
    this.#language = language;
  }

  get stopped() {
    return this.#controller.signal.aborted;
  }

  stop() {
    this.#controller.abort();
  }

  /** @param {boolean} withHistory */
  async connect(withHistory) {
    if (withHistory) await this.call('threads.list', { limit: THREADS_LIMIT, order: 'desc' });
  }

  /** @returns {Promise<ThreadSummary[]>} newest first */
  async listThreads() {
    const { data = [] } = await this.call('threads.list', { limit: THREADS_LIMIT, order: 'desc' });
    return data;
  }

  /** @param {string} id @returns {Promise<LoadedThread>} */
  async loadThread(id) {
    const thread = await this.call('threads.get_by_id', { thread_id: id });
    let page = thread.items ?? {};
    const items = [...(page.data ?? [])];
    while (page.has_more && page.after && !this.stopped) {
      page = await this.call('items.list', { thread_id: id, limit: PAGE_SIZE, order: 'asc', after: page.after });
      items.push(...(page.data ?? []));
    }
    return /** @type {LoadedThread} */ ({ ...thread, items });
  }

  /**
   * A request that is answered by one JSON object.
   * @param {string} type
   * @param {Record<string, unknown>} params
   * @returns {Promise<Record<string, any>>}
   */
  async call(type, params) {
    const response = await this.#send({ type, params }, 'application/json', this.#controller.signal);
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new RequestError(response.status, body.message ?? response.statusText, retryAfterOf(response));
    return body;
  }

  /**
   * A request that is answered by a stream. Resolves when the stream is open.
   * @param {string} type
   * @param {Record<string, unknown>} params
   * @param {AbortSignal} signal
   * @returns {Promise<AsyncIterable<ChatEvent>>}
   */
  async open(type, params, signal) {
    const both = AbortSignal.any([signal, this.#controller.signal]);
    for (let repeats = 0; ; repeats++) {
      const response = await this.#send({ type, params }, 'text/event-stream', both);
      if (response.ok && response.headers.get('Content-Type')?.startsWith('text/event-stream') && response.body) {
        return readEvents(response.body);
      }
      const isFatal = response.status >= 400 && response.status < 500;
      if (isFatal || repeats === MAX_REPEATS) {
        const body = await response.json().catch(() => ({}));
        const message = body?.message ?? (response.statusText || `The chat's server returned status ${response.status}.`);
        throw new RequestError(response.status, message, retryAfterOf(response));
      }
      await response.body?.cancel();
      await delay(Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** repeats) * (0.5 + Math.random() / 2), both);
    }
  }

  /**
   * @param {{ type: string, params: Record<string, unknown> }} request
   * @param {string} accept
   * @param {AbortSignal} signal
   */
  #send(request, accept, signal) {
    const headers = {
      Accept: accept,
      'Content-Type': 'application/json',
      'Accept-Language': this.#language(),
      'chatkit-frame-instance-id': frameInstanceId,
    };
    const { url, fetch: send = fetch } = this.#api();
    return send(url, { method: 'POST', headers, body: JSON.stringify(request), signal });
  }
}

/** @param {Response} response */
const retryAfterOf = (response) => Number(response.headers.get('Retry-After')) || null;

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function delay(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
