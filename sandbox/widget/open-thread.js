// The open thread: its items, which the server's events change, and its title and status.
import { RequestError, errorMessage } from './client.js';
import { ThreadItems } from './thread-items.js';

/** @import { ChatKitEvents, ChatKitOptions } from '@openai/chatkit' */
/** @import { ChatEvent } from './event-reader.js' */
/** @import { Item } from './thread-items.js' */
/** @import { Texts } from './texts.js' */
/** @import { NoticeOptions, View } from './view.js' */

/** @typedef {{ id: string, title?: string | null, created_at: string | number }} ThreadSummary */

/** @typedef {ThreadSummary & { items: Item[], status?: ThreadStatus }} LoadedThread */

/** @typedef {{ type: string, reason?: string }} ThreadStatus */

/**
 * What the widget needs of a server. protocol-client.js implements it for a server of the page's owner, hosted-backend.js for
 * the chats that the sandbox runs in OpenAI's place.
 * @typedef {object} Backend
 * @property {boolean} canEditThreads whether threads can be renamed and deleted
 * @property {boolean} stopped
 * @property {() => void} stop ends all requests
 * @property {(withHistory: boolean) => Promise<void>} connect
 * @property {() => Promise<ThreadSummary[]>} listThreads newest first
 * @property {(id: string) => Promise<LoadedThread>} loadThread
 * @property {(type: string, params: Record<string, unknown>) => Promise<Record<string, any>>} call
 * @property {(type: string, params: Record<string, unknown>, signal: AbortSignal) => Promise<AsyncIterable<ChatEvent>>} open
 *   resolves when the server has accepted the request
 */

/**
 * @typedef {object} Host the element around the conversation
 * @property {View} view
 * @property {() => Texts} texts
 * @property {() => ChatKitOptions} options
 * @property {<Type extends keyof ChatKitEvents>(type: Type, detail?: ChatKitEvents[Type]['detail']) => void} fire
 * @property {(error: unknown) => void} fireError
 */

export class OpenThread {
  /** @type {string | null} */
  threadId = null;
  _backend;
  _host;
  _items = new ThreadItems();
  /** Aborts the answer that is streaming. @type {AbortController | null} */
  _turn = null;

  /** @param {Backend} backend @param {Host} host */
  constructor(backend, host) {
    this._backend = backend;
    this._host = host;
  }

  /** Loads the thread again, unless an answer is streaming into it. */
  async refresh() {
    if (this.threadId !== null && !this._turn) await this._load(this.threadId);
  }

  /** @param {string} id */
  async _load(id) {
    const { view, texts } = this._host;
    try {
      const thread = await this._backend.loadThread(id);
      if (this._isElsewhere(id) || this._turn) return;
      view.setTitle(thread.title ?? null);
      view.setStatus(thread.status);
      this._items.replaceAll(thread.items);
      this._show();
    } catch (error) {
      if (this._isElsewhere(id)) return;
      const missing = error instanceof RequestError && error.status === 404;
      if (missing) {
        this._setThread(null);
        this._items.replaceAll([]);
        this._show();
      }
      this._fail(error, missing ? texts().threadMissing : texts().loadFailed);
    }
  }

  /** @param {string} id */
  _isElsewhere(id) {
    return this._backend.stopped || this.threadId !== id;
  }

  /** @param {ChatEvent} event */
  _apply(event) {
    const { view, fire } = this._host;
    switch (event.type) {
      case 'thread.created':
      case 'thread.updated':
        this._setThread(event.thread.id, event.thread.title ?? null);
        view.setStatus(event.thread.status);
        return;
      case 'thread.item.added':
      case 'thread.item.done':
      case 'thread.item.replaced':
        this._items.put(event.item);
        return this._show();
      case 'thread.item.updated':
        this._items.update(event.item_id, event.update);
        return this._show();
      case 'thread.item.removed':
        this._items.remove(event.item_id);
        return this._show();
      case 'stream_options':
        return view.composer.setStoppable(event.stream_options.allow_cancel !== false);
      case 'progress_update':
        return view.setProgress(event.text);
      case 'client_effect':
        return fire('chatkit.effect', { name: event.name, data: event.data });
      case 'notice':
        return view.setNotice(event.title ?? '', { detail: event.message, level: event.level });
    }
  }

  /** @param {string} type @param {Record<string, unknown>} params @returns {Promise<Record<string, any>>} */
  async _call(type, params) {
    try {
      return await this._backend.call(type, params);
    } catch (error) {
      if (!this._backend.stopped) this._fail(error, this._host.texts().failed, { detail: errorMessage(error) });
      return {};
    }
  }

  /** @param {string | null} id @param {string | null} [title] */
  _setThread(id, title = null) {
    this._host.view.setTitle(title);
    if (this.threadId === id) return;
    this.threadId = id;
    if (id === null) this._host.view.setStatus();
    this._host.fire('chatkit.thread.change', { threadId: id });
  }

  _show() {
    this._host.view.showItems(this._items.list);
  }

  /** @param {unknown} error @param {string} text @param {NoticeOptions} [options] */
  _fail(error, text, options) {
    this._host.view.setNotice(text, options);
    this._host.fireError(error);
  }
}
