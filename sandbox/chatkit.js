// The stand-in for OpenAI's widget: the element <openai-chatkit> with the methods, options and events of the published types
// of @openai/chatkit. Attachments, tools, models, entities, commands and client tools are not supported. widget-script.mjs
// joins this file and the modules in widget/ into one script.
import { Client, RequestError, errorMessage, isHosted } from './widget/client.js';
import { textsFor } from './widget/texts.js';
import { View, textOf } from './widget/view.js';

/** @import { ChatKitEvents, ChatKitOptions, OpenAIChatKit as Published } from '@openai/chatkit' */
/** @import { HostedOptions } from './widget/client.js' */
/** @import { ThreadSummary } from './widget/history.js' */
/** @import { Item, NoticeOptions } from './widget/view.js' */

// document.currentScript is null in a module, so find the tag by its URL.
const currentScript = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
const moduleScript = /** @type {HTMLScriptElement | null} */ (document.querySelector('script[src*="/chatkit.js"]'));
const sandboxOrigin = new URL(currentScript?.src || moduleScript?.src || location.href).origin;

/** @implements {Published} */
class OpenAIChatKit extends HTMLElement {
  #shadow = this.attachShadow({ mode: 'open' });
  /** @type {HostedOptions | null} */
  #options = null;
  #texts = textsFor();
  /** @type {View | null} */
  #view = null;
  /** Null while the element is not in the page. @type {Client | null} */
  #client = null;
  /** @type {string | null} */
  #threadId = null;
  #historyOpen = false;
  #historyAllowed = true;
  #initialThreadOpened = false;
  /** The message being answered. @type {AbortController | null} */
  #sending = null;

  connectedCallback() {
    this.#mount();
  }

  disconnectedCallback() {
    this.#client?.stop();
    this.#client = null;
    this.#sending = null;
  }

  /** @param {ChatKitOptions} options */
  setOptions(options) {
    if (!isHosted(options)) {
      console.error('[openai-chatkit sandbox] setOptions needs { api: { getClientSecret } }. The chat stays empty.');
      return;
    }
    this.#options = options;
    this.#texts = textsFor(options.locale);
    this.#view?.configure(options, this.#texts);
    this.#view?.allowHistory(this.#historyAllowed);
    if (!this.#client) this.#mount();
  }

  async focusComposer() {
    this.#ready().view.focus();
  }

  /** @param {string | null} threadId */
  async setThreadId(threadId) {
    this.#ready();
    await this.#openThread(threadId ?? null);
  }

  /** @param {Parameters<Published['sendUserMessage']>[0]} message */
  async sendUserMessage({ text, content, newThread = false } = {}) {
    this.#ready();
    if (newThread) this.#newThread();
    if (this.#sending) throw new Error('A reply is still streaming.');
    await this.#send(text ?? textOf(content));
  }

  /** @param {Parameters<Published['setComposerValue']>[0]} value */
  async setComposerValue({ text, content } = {}) {
    this.#ready().view.composerText = text ?? textOf(content);
  }

  /** @param {Parameters<Published['sendCustomAction']>[0]} action */
  async sendCustomAction(action) {
    this.#ready();
    this.#log('custom_action', { type: action?.type });
  }

  async showHistory() {
    this.#ready();
    await this.#openHistory();
  }

  async hideHistory() {
    this.#ready();
    this.#closeHistory();
  }

  async fetchUpdates() {
    this.#ready();
    if (this.#threadId !== null && !this.#sending) await this.#load(this.#threadId);
  }

  #mount() {
    if (!this.isConnected || !this.#options) return;
    const view = new View(this.#shadow, this.#options, this.#texts, {
      send: (text) => this.#send(text),
      newThread: () => this.#newThread(),
      openHistory: () => this.#openHistory(),
      closeHistory: () => this.#closeHistory(),
      openThread: (id) => {
        this.#closeHistory();
        this.#openThread(id);
      },
      retry: () => this.#connect(),
    });
    this.#view = view;
    this.#historyOpen = false;
    this.#historyAllowed = true;
    this.#threadId = null;
    this.#initialThreadOpened = false;
    this.#client = new Client(sandboxOrigin, async (secret) => this.#ready().options.api.getClientSecret(secret), {
      session: (info) => {
        this.#historyAllowed = info.chatkit_configuration.history.enabled;
        view.allowHistory(this.#historyAllowed);
      },
      renewFailed: (error) => this.#fail(error, this.#texts.renewFailed, { detail: errorMessage(error), retry: true }),
      log: (name, data) => this.#log(name, data),
    });
    // Delayed, so that listeners added right after setOptions receive the event.
    queueMicrotask(() => this.#fire('chatkit.ready'));
    this.#connect();
  }

  async #connect() {
    const { client, view } = this.#ready();
    view.setNotice('');
    try {
      await client.renew();
    } catch (error) {
      if (!client.stopped) this.#fail(error, this.#texts.noConnection, { detail: errorMessage(error), retry: true });
      return;
    }
    const initialThread = this.#options?.initialThread;
    const first = !this.#initialThreadOpened;
    this.#initialThreadOpened = true;
    if (first && initialThread && this.#threadId === null && !this.#sending) await this.#openThread(initialThread);
  }

  #newThread() {
    const { view } = this.#ready();
    this.#stopReply();
    view.setNotice('');
    this.#setThread(null);
    view.showItems([]);
    view.focus();
  }

  /** @param {string | null} id */
  async #openThread(id) {
    if (id === null) return this.#newThread();
    this.#stopReply();
    this.#view?.setNotice('');
    this.#setThread(id);
    await this.#load(id);
  }

  /** @param {string | null} id @param {string | null} [title] */
  #setThread(id, title = null) {
    this.#view?.setTitle(title);
    if (this.#threadId === id) return;
    this.#threadId = id;
    this.#fire('chatkit.thread.change', { threadId: id });
  }

  /** @param {string} id */
  async #load(id) {
    const { client, view } = this.#ready();
    this.#fire('chatkit.thread.load.start', { threadId: id });
    try {
      const response = await client.request(`/widget/threads/${encodeURIComponent(id)}`);
      /** @type {ThreadSummary & { items: Item[] }} */
      const thread = await response.json();
      if (client.stopped || this.#threadId !== id) return;
      view.setTitle(thread.title);
      view.showItems(thread.items);
    } catch (error) {
      if (client.stopped || this.#threadId !== id) return;
      const missing = error instanceof RequestError && error.status === 404;
      if (missing) {
        this.#setThread(null);
        view.showItems([]);
      }
      this.#fail(error, missing ? this.#texts.threadMissing : this.#texts.loadFailed);
    } finally {
      if (!client.stopped) this.#fire('chatkit.thread.load.end', { threadId: id });
    }
  }

  /** Stops showing a reply that is still streaming. The sandbox stores the whole reply in the thread. */
  #stopReply() {
    this.#sending?.abort();
    this.#sending = null;
    this.#view?.setBusy(false);
  }

  /** @param {string} text */
  async #send(text) {
    const { client, view } = this.#ready();
    if (this.#sending || text.trim() === '') return;
    const sending = new AbortController();
    const isStale = () => client.stopped || sending.signal.aborted;
    this.#sending = sending;
    this.#initialThreadOpened = true;
    view.setNotice('');
    view.setBusy(true);
    const userMessage = view.addMessage('user', text);
    const reply = view.addMessage('assistant');
    reply.waiting(true);
    this.#log('message.sent', { newThread: this.#threadId === null });
    let started = false;
    try {
      const response = await client.request('/widget/messages', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ thread_id: this.#threadId, text, locale: this.#texts.language }),
      });
      const { body } = response;
      if (isStale()) return void body?.cancel();
      started = true;
      const title = decodeURIComponent(response.headers.get('X-Thread-Title') ?? '');
      this.#setThread(response.headers.get('X-Thread-Id'), title || null);
      this.#fire('chatkit.response.start');
      if (!body) throw new TypeError('The reply has no body.');
      const shown = new WritableStream({ write: reply.append });
      await body.pipeThrough(new TextDecoderStream()).pipeTo(shown, { signal: sending.signal });
    } catch (error) {
      if (isStale()) return;
      if (!started) {
        // Put the text back into the composer, so that it can be sent again.
        userMessage.remove();
        reply.remove();
        if (view.composerText === '') view.composerText = text;
      }
      this.#failMessage(error, started);
    } finally {
      if (!isStale()) {
        this.#sending = null;
        reply.waiting(false);
        view.setBusy(false);
      }
      if (started && !client.stopped) this.#fire('chatkit.response.end');
    }
  }

  /** @param {unknown} error @param {boolean} started whether the reply had started */
  #failMessage(error, started) {
    if (started) return this.#fail(error, this.#texts.cutShort);
    if (error instanceof RequestError && error.status === 429) {
      return this.#fail(error, this.#texts.tooMany(error.retryAfter ?? 60));
    }
    this.#fail(error, this.#texts.notSent, { detail: errorMessage(error) });
  }

  async #openHistory() {
    const { client, view, options } = this.#ready();
    if (this.#historyOpen || !this.#historyAllowed || options.history?.enabled === false) return;
    this.#historyOpen = true;
    view.openHistory();
    this.#fire('chatkit.history.open');
    try {
      const response = await client.request('/widget/threads');
      /** @type {{ data: ThreadSummary[] }} */
      const { data } = await response.json();
      if (!client.stopped) view.showThreads(data, this.#threadId);
    } catch (error) {
      if (client.stopped) return;
      view.failHistory();
      this.#fireError(error);
    }
  }

  #closeHistory() {
    if (!this.#historyOpen) return;
    this.#historyOpen = false;
    this.#view?.closeHistory();
    this.#fire('chatkit.history.close');
  }

  /** The parts of an initialized chat; throws before setOptions. */
  #ready() {
    if (!this.#client || !this.#view || !this.#options) {
      throw new Error('The chat is not set up. Call setOptions and add the element to the page.');
    }
    return { client: this.#client, view: this.#view, options: this.#options };
  }

  /** @param {unknown} error @param {string} message @param {NoticeOptions} [options] */
  #fail(error, message, options) {
    this.#view?.setNotice(message, options);
    this.#fireError(error);
  }

  /** @param {unknown} error */
  #fireError(error) {
    this.#fire('chatkit.error', { error: error instanceof Error ? error : new Error(String(error)) });
  }

  /** @param {string} name @param {Record<string, unknown>} [data] */
  #log(name, data) {
    this.#fire('chatkit.log', data ? { name, data } : { name });
  }

  /**
   * Fires an event that bubbles out of shadow roots, as the real widget's do.
   * @template {keyof ChatKitEvents} Type
   * @param {Type} type
   * @param {ChatKitEvents[Type]['detail'] extends void ? [] : [ChatKitEvents[Type]['detail']]} detail
   */
  #fire(type, ...detail) {
    this.dispatchEvent(new CustomEvent(type, { detail: detail[0] ?? null, bubbles: true, composed: true }));
  }
}

if (!customElements.get('openai-chatkit')) customElements.define('openai-chatkit', OpenAIChatKit);
