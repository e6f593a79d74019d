// The stand-in for OpenAI's widget: the element <openai-chatkit> with the methods, options and events of the published types
// of @openai/chatkit, for hosted chats and for a server of the page's owner. Uploads, entities, commands and dictation are
// not supported. widget-script.mjs joins this file and the modules in widget/ into one script.
import { errorMessage, isHosted } from './widget/client.js';
import { Conversation } from './widget/conversation.js';
import { HostedBackend } from './widget/hosted-backend.js';
import { textOf } from './widget/markup.js';
import { ProtocolClient, isCustom } from './widget/protocol-client.js';
import { textsFor } from './widget/texts.js';
import { View } from './widget/view.js';

/** @import { ChatKitEvents, ChatKitOptions, OpenAIChatKit as Published, UserMessageContent } from '@openai/chatkit' */
/** @import { Backend } from './widget/open-thread.js' */
/** @import { NoticeOptions } from './widget/view.js' */

// document.currentScript is null in a module, so find the tag by its URL.
const currentScript = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
const moduleScript = /** @type {HTMLScriptElement | null} */ (document.querySelector('script[src*="/chatkit.js"]'));
const sandboxOrigin = new URL(currentScript?.src || moduleScript?.src || location.href).origin;

/** @implements {Published} */
class OpenAIChatKit extends HTMLElement {
  #shadow = this.attachShadow({ mode: 'open' });
  /** @type {ChatKitOptions | null} */
  #options = null;
  #texts = textsFor();
  /** @type {View | null} */
  #view = null;
  /** Null while the element is not in the page, like the next one. @type {Backend | null} */
  #backend = null;
  /** @type {Conversation | null} */
  #conversation = null;
  #historyOpen = false;
  #historyAllowed = true;
  #initialThreadOpened = false;

  connectedCallback() {
    this.#mount();
  }

  disconnectedCallback() {
    this.#backend?.stop();
    this.#backend = null;
    this.#conversation = null;
  }

  /** @param {ChatKitOptions} options */
  setOptions(options) {
    if (!isHosted(options) && !isCustom(options)) {
      console.error('[openai-chatkit sandbox] setOptions needs { api: { getClientSecret } } or { api: { url, domainKey } }.');
      return;
    }
    this.#options = options;
    this.#texts = textsFor(options.locale);
    this.#view?.configure(options, this.#texts);
    this.#view?.allowHistory(this.#historyAllowed);
    if (!this.#backend) this.#mount();
  }

  async focusComposer() {
    this.#ready().view.composer.focus();
  }

  /** @param {string | null} threadId */
  async setThreadId(threadId) {
    await this.#openThread(threadId ?? null);
  }

  /** @param {Parameters<Published['sendUserMessage']>[0]} message */
  async sendUserMessage({ text, content, reply, attachments, newThread = false, toolChoice, model } = {}) {
    const { conversation, view } = this.#ready();
    if (newThread) conversation.newThread();
    if (conversation.isBusy) throw new Error('A reply is still streaming.');
    const inference = {
      ...view.composer.inference,
      ...(toolChoice && { tool_choice: { id: toolChoice.id } }),
      ...(model && { model }),
    };
    await this.#send({ content: content ?? toContent(text ?? ''), reply, attachments, inference });
  }

  /** @param {Parameters<Published['setComposerValue']>[0]} value */
  async setComposerValue({ text, content, selectedToolId, selectedModelId } = {}) {
    const { composer } = this.#ready().view;
    if (text !== undefined || content !== undefined) composer.text = text ?? textOf(content);
    if (selectedToolId !== undefined) composer.tool = selectedToolId;
    if (selectedModelId !== undefined) composer.model = selectedModelId;
  }

  /** @param {{ type: string, payload?: Record<string, unknown> }} action @param {string} [itemId] */
  async sendCustomAction(action, itemId) {
    const { conversation, options } = this.#ready();
    this.#log('custom_action', { type: action?.type });
    if (isCustom(options)) await conversation.sendAction(action, itemId);
  }

  async showHistory() {
    await this.#openHistory();
  }

  async hideHistory() {
    this.#ready();
    this.#closeHistory();
  }

  async fetchUpdates() {
    await this.#ready().conversation.refresh();
  }

  #mount() {
    if (!this.isConnected || !this.#options) return;
    const options = this.#options;
    const chat = () => this.#ready().conversation;
    const view = new View(this.#shadow, options, this.#texts, {
      send: (text) => {
        const { inference } = view.composer;
        view.composer.clearTool();
        return this.#send({ content: toContent(text), inference });
      },
      stop: () => chat().stop(),
      newThread: () => this.#newThread(),
      openHistory: () => this.#openHistory(),
      closeHistory: () => this.#closeHistory(),
      openThread: (id) => {
        this.#closeHistory();
        this.#openThread(id);
      },
      renameThread: (id, title) => this.#editThread('threads.update', { thread_id: id, title }),
      deleteThread: (id) => this.#editThread('threads.delete', { thread_id: id }),
      act: (action, item) => chat().act(action, item),
      answer: (item, submission) => chat().answer(item, submission),
      rate: (item, kind) => chat().rate(item, kind),
      retryAnswer: () => chat().retry(),
    });
    this.#view = view;
    this.#historyOpen = false;
    this.#historyAllowed = true;
    this.#initialThreadOpened = false;
    this.#backend = this.#createBackend(options, view);
    this.#conversation = new Conversation(this.#backend, {
      view,
      texts: () => this.#texts,
      options: () => this.#options ?? options,
      fire: (type, detail) => this.#fire(type, detail),
      fireError: (error) => this.#fireError(error),
    });
    // Delayed, so that listeners added right after setOptions receive the event.
    queueMicrotask(() => this.#fire('chatkit.ready'));
    this.#connect();
  }

  /** @param {ChatKitOptions} options @param {View} view @returns {Backend} */
  #createBackend(options, view) {
    const language = () => this.#options?.locale ?? this.#texts.language;
    if (isCustom(options)) {
      const api = () => (this.#options && isCustom(this.#options) ? this.#options.api : options.api);
      return new ProtocolClient(api, language);
    }
    const getClientSecret = async (/** @type {string | null} */ current) => {
      const { options } = this.#ready();
      if (!isHosted(options)) throw new TypeError('api.getClientSecret is missing.');
      return options.api.getClientSecret(current);
    };
    const callbacks = {
      session: (/** @type {import('./widget/client.js').SessionInfo} */ info) => {
        this.#historyAllowed = info.chatkit_configuration.history.enabled;
        view.allowHistory(this.#historyAllowed);
      },
      renewFailed: (/** @type {unknown} */ error) => this.#failConnection(error, this.#texts.renewFailed),
      log: (/** @type {string} */ name, /** @type {Record<string, unknown> | undefined} */ data) => this.#log(name, data),
    };
    return new HostedBackend(sandboxOrigin, getClientSecret, callbacks, () => this.#texts.language);
  }

  async #connect() {
    const { backend, view, conversation, options } = this.#ready();
    view.setNotice('');
    try {
      await backend.connect(options.history?.enabled !== false);
    } catch (error) {
      if (!backend.stopped) this.#failConnection(error, this.#texts.noConnection);
      return;
    }
    const initialThread = this.#options?.initialThread;
    const first = !this.#initialThreadOpened;
    this.#initialThreadOpened = true;
    if (backend.stopped) return;
    const isEmpty = conversation.threadId === null && !conversation.isBusy;
    if (first && initialThread && isEmpty) await conversation.openThread(initialThread);
  }

  #newThread() {
    const { conversation, view } = this.#ready();
    conversation.newThread();
    view.composer.focus();
  }

  /** @param {string | null} id */
  async #openThread(id) {
    const { conversation } = this.#ready();
    if (id === null) this.#newThread();
    else await conversation.openThread(id);
  }

  /** @param {import('./widget/conversation.js').Message} message */
  async #send(message) {
    const { conversation } = this.#ready();
    this.#initialThreadOpened = true;
    this.#log('message.sent', { newThread: conversation.threadId === null });
    await conversation.send(message);
  }

  async #openHistory() {
    const { options, view } = this.#ready();
    if (this.#historyOpen || !this.#historyAllowed || options.history?.enabled === false) return;
    this.#historyOpen = true;
    view.openHistory();
    this.#fire('chatkit.history.open');
    await this.#listThreads();
  }

  async #listThreads() {
    const { backend, conversation, view, options } = this.#ready();
    const { showRename = true, showDelete = true } = options.history ?? {};
    const allowed = { rename: backend.canEditThreads && showRename, remove: backend.canEditThreads && showDelete };
    try {
      const threads = await backend.listThreads();
      if (!backend.stopped) view.showThreads(threads, conversation.threadId, allowed);
    } catch (error) {
      if (backend.stopped) return;
      view.failHistory();
      this.#fireError(error);
    }
  }

  /** @param {'threads.update' | 'threads.delete'} type @param {{ thread_id: string, title?: string }} params */
  async #editThread(type, params) {
    const { backend, conversation, view } = this.#ready();
    try {
      await backend.call(type, params);
    } catch (error) {
      if (!backend.stopped) this.#fireError(error);
    }
    if (backend.stopped) return;
    const isCurrent = params.thread_id === conversation.threadId;
    if (isCurrent && type === 'threads.delete') conversation.newThread();
    if (isCurrent && params.title) view.setTitle(params.title);
    await this.#listThreads();
  }

  #closeHistory() {
    if (!this.#historyOpen) return;
    this.#historyOpen = false;
    this.#view?.closeHistory();
    this.#fire('chatkit.history.close');
  }

  /** The parts of an initialized chat; throws before setOptions. */
  #ready() {
    if (!this.#backend || !this.#conversation || !this.#view || !this.#options) {
      throw new Error('The chat is not set up. Call setOptions and add the element to the page.');
    }
    return { backend: this.#backend, conversation: this.#conversation, view: this.#view, options: this.#options };
  }

  /** @param {unknown} error @param {string} text */
  #failConnection(error, text) {
    /** @type {NoticeOptions} */
    const options = { detail: errorMessage(error), retry: () => void this.#connect() };
    this.#view?.setNotice(text, options);
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
   * @param {ChatKitEvents[Type]['detail']} [detail]
   */
  #fire(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail: detail ?? null, bubbles: true, composed: true }));
  }
}

/** @param {string} text @returns {UserMessageContent[]} */
const toContent = (text) => [{ type: 'input_text', text }];

if (!customElements.get('openai-chatkit')) customElements.define('openai-chatkit', OpenAIChatKit);
