// The stand-in for OpenAI's widget: the element <openai-chatkit> with the methods, options and events that the published
// types of @openai/chatkit give it. Attachments, tools, models, entities, commands and client tools are left out.
// It reaches the page as one script together with the modules of widget/ (see widget-script.mjs).
import { Client, RequestError } from './widget/client.js';
import { textsFor } from './widget/texts.js';
import { View, textOf } from './widget/view.js';

// currentScript is null in a module; its tag is then found by its name.
const scriptUrl = document.currentScript?.src || document.querySelector('script[src*="/chatkit.js"]')?.src || location.href;
const sandboxOrigin = new URL(scriptUrl).origin;

class OpenAIChatKit extends HTMLElement {
  #options = null;
  #texts = textsFor();
  #view = null;
  #client = null;
  #threadId = null;
  #historyOpen = false;
  #historyAllowed = true;
  #initialThreadOpened = false;
  /** The message being answered. @type {AbortController | null} */
  #sending = null;

  constructor() {
    super();
    this.attachShadow({ mode: 'open' });
  }

  connectedCallback() {
    this.#mount();
  }

  disconnectedCallback() {
    this.#client?.stop();
    this.#client = null;
    this.#sending = null;
  }

  setOptions(options) {
    if (typeof options?.api?.getClientSecret !== 'function') {
      console.error('[openai-chatkit sandbox] setOptions needs { api: { getClientSecret } }; the chat stays empty.');
      return;
    }
    this.#options = options;
    this.#texts = textsFor(options.locale);
    this.#view?.configure(options, this.#texts);
    this.#view?.allowHistory(this.#historyAllowed);
    if (!this.#client) this.#mount();
  }

  async focusComposer() {
    this.#ready().focus();
  }

  async setThreadId(threadId) {
    this.#ready();
    await this.#openThread(threadId ?? null);
  }

  async sendUserMessage({ text, content, newThread = false } = {}) {
    this.#ready();
    if (newThread) this.#newThread();
    if (this.#sending) throw new Error('A reply is still coming in.');
    await this.#send(text ?? textOf(content));
  }

  async setComposerValue({ text, content } = {}) {
    this.#ready().composerText = text ?? textOf(content);
  }

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
    this.#view = new View(this.shadowRoot, {
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
    this.#view.configure(this.#options, this.#texts);
    this.#historyOpen = false;
    this.#historyAllowed = true;
    this.#threadId = null;
    this.#initialThreadOpened = false;
    this.#client = new Client(sandboxOrigin, async (current) => this.#options.api.getClientSecret(current), {
      session: (info) => {
        this.#historyAllowed = info.chatkit_configuration.history.enabled;
        this.#view.allowHistory(this.#historyAllowed);
      },
      renewFailed: (error) => this.#fail(error, this.#texts.renewFailed, { detail: error?.message, retry: true }),
      log: (name, data) => this.#log(name, data),
    });
    // Listeners added right after setOptions hear of this one too.
    queueMicrotask(() => this.#fire('ready'));
    this.#connect();
  }

  async #connect() {
    const client = this.#client;
    this.#view.setNotice('');
    try {
      await client.renew();
    } catch (error) {
      if (!client.stopped) this.#fail(error, this.#texts.noConnection, { detail: error?.message, retry: true });
      return;
    }
    const { initialThread } = this.#options;
    const first = !this.#initialThreadOpened;
    this.#initialThreadOpened = true;
    if (first && initialThread && this.#threadId === null && !this.#sending) await this.#openThread(initialThread);
  }

  #newThread() {
    this.#stopReply();
    this.#view.setNotice('');
    this.#setThread(null);
    this.#view.showItems([]);
    this.#view.focus();
  }

  async #openThread(id) {
    if (id === null) return this.#newThread();
    this.#stopReply();
    this.#view.setNotice('');
    this.#setThread(id);
    await this.#load(id);
  }

  #setThread(id, title = null) {
    this.#view.setTitle(title);
    if (this.#threadId === id) return;
    this.#threadId = id;
    this.#fire('thread.change', { threadId: id });
  }

  async #load(id) {
    const client = this.#client;
    this.#fire('thread.load.start', { threadId: id });
    try {
      const response = await client.request(`/widget/threads/${encodeURIComponent(id)}`);
      const thread = await response.json();
      if (client.stopped || this.#threadId !== id) return;
      this.#view.setTitle(thread.title);
      this.#view.showItems(thread.items);
    } catch (error) {
      if (client.stopped || this.#threadId !== id) return;
      const missing = error instanceof RequestError && error.status === 404;
      if (missing) {
        this.#setThread(null);
        this.#view.showItems([]);
      }
      this.#fail(error, missing ? this.#texts.threadMissing : this.#texts.loadFailed);
    } finally {
      if (!client.stopped) this.#fire('thread.load.end', { threadId: id });
    }
  }

  /** Leaves a reply that is still coming in; the sandbox keeps the whole of it in its thread. */
  #stopReply() {
    this.#sending?.abort();
    this.#sending = null;
    this.#view.setBusy(false);
  }

  async #send(text) {
    const client = this.#client;
    const view = this.#view;
    if (this.#sending || text.trim() === '') return;
    const sending = new AbortController();
    const left = () => client.stopped || sending.signal.aborted;
    this.#sending = sending;
    this.#initialThreadOpened = true;
    view.setNotice('');
    view.setBusy(true);
    const asked = view.addMessage('user', text);
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
      if (left()) return void response.body.cancel();
      started = true;
      this.#setThread(response.headers.get('X-Thread-Id'), decodeURIComponent(response.headers.get('X-Thread-Title') ?? '') || null);
      this.#fire('response.start');
      const words = response.body.pipeThrough(new TextDecoderStream());
      await words.pipeTo(new WritableStream({ write: (part) => reply.append(part) }), { signal: sending.signal });
    } catch (error) {
      if (left()) return;
      if (!started) {
        // The words go back to where they can be sent again.
        asked.remove();
        reply.remove();
        if (view.composerText === '') view.composerText = text;
      }
      this.#failMessage(error, started);
    } finally {
      if (!left()) {
        this.#sending = null;
        reply.waiting(false);
        view.setBusy(false);
      }
      if (started && !client.stopped) this.#fire('response.end');
    }
  }

  #failMessage(error, started) {
    if (started) return this.#fail(error, this.#texts.cutShort);
    if (error instanceof RequestError && error.status === 429) return this.#fail(error, this.#texts.tooMany(error.retryAfter ?? 60));
    this.#fail(error, this.#texts.notSent, { detail: error?.message });
  }

  async #openHistory() {
    if (this.#historyOpen || !this.#historyAllowed || this.#options.history?.enabled === false) return;
    const client = this.#client;
    this.#historyOpen = true;
    this.#view.openHistory();
    this.#fire('history.open');
    try {
      const response = await client.request('/widget/threads');
      const { data } = await response.json();
      if (!client.stopped) this.#view.showThreads(data, this.#threadId);
    } catch (error) {
      if (client.stopped) return;
      this.#view.failHistory();
      this.#fireError(error);
    }
  }

  #closeHistory() {
    if (!this.#historyOpen) return;
    this.#historyOpen = false;
    this.#view.closeHistory();
    this.#fire('history.close');
  }

  #ready() {
    if (!this.#client) throw new Error('The chat is not set up: call setOptions, and put the element into the page.');
    return this.#view;
  }

  #fail(error, words, more) {
    this.#view.setNotice(words, more);
    this.#fireError(error);
  }

  #fireError(error) {
    this.#fire('error', { error: error instanceof Error ? error : new Error(String(error)) });
  }

  #log(name, data) {
    this.#fire('log', data ? { name, data } : { name });
  }

  #fire(name, detail = null) {
    this.dispatchEvent(new CustomEvent(`chatkit.${name}`, { detail }));
  }
}

if (!customElements.get('openai-chatkit')) customElements.define('openai-chatkit', OpenAIChatKit);
