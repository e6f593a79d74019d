// The open thread: sends what the visitor does, applies the server's events to the items, and runs the page's client tools.
import { RequestError, errorMessage } from './client.js';
import { ECHO_ID, ThreadItems } from './thread-items.js';

/** @import { ChatKitEvents, ChatKitOptions, UserMessageContent, Attachment } from '@openai/chatkit' */
/** @import { Backend } from './backend.js' */
/** @import { InferenceOptions } from './composer.js' */
/** @import { ChatEvent } from './event-reader.js' */
/** @import { Submission } from './question-form.js' */
/** @import { Item } from './thread-items.js' */
/** @import { Texts } from './texts.js' */
/** @import { NoticeOptions, View } from './view.js' */
/** @import { WidgetAction } from './widget-tree.js' */

/**
 * @typedef {object} Host the element around the conversation
 * @property {View} view
 * @property {() => Texts} texts
 * @property {() => ChatKitOptions} options
 * @property {<Type extends keyof ChatKitEvents>(type: Type, detail?: ChatKitEvents[Type]['detail']) => void} fire
 * @property {(error: unknown) => void} fireError
 */

/** @typedef {{ content: UserMessageContent[], attachments?: Attachment[], reply?: string, inference: InferenceOptions }} Message */

/** @typedef {{ type: string, params: Record<string, any> }} StreamRequest */

/** A client tool of the page that failed or is missing. */
class ToolError extends Error {}

export class Conversation {
  /** @type {string | null} */
  threadId = null;
  #backend;
  #host;
  #items = new ThreadItems();
  /** Aborts the answer that is streaming. @type {AbortController | null} */
  #turn = null;
  /** The last request of the visitor, for a retry. @type {{ request: StreamRequest, text: string } | null} */
  #last = null;

  /** @param {Backend} backend @param {Host} host */
  constructor(backend, host) {
    this.#backend = backend;
    this.#host = host;
  }

  get isBusy() {
    return this.#turn !== null;
  }

  /** @param {Message} message */
  async send({ content, attachments = [], reply, inference }) {
    const text = content.map((part) => part.text).join('');
    if (this.#turn || text.trim() === '') return;
    const input = { content, attachments: attachments.map(({ id }) => id), quoted_text: reply, inference_options: inference };
    const echo = { id: ECHO_ID, type: 'user_message', content, attachments, quoted_text: reply, inference_options: inference };
    await this.#start(
      this.threadId === null
        ? { type: 'threads.create', params: { input } }
        : { type: 'threads.add_user_message', params: { input, thread_id: this.threadId } },
      text,
      echo,
    );
  }

  /** Asks for another answer to the last message; sends the message again if the server has not stored it. */
  async retry() {
    const { view } = this.#host;
    const message = this.#items.lastUserMessage();
    if (this.#turn) return;
    if (this.#last && this.#last.text !== '' && view.composer.text === this.#last.text) {
      const { request, text } = this.#last;
      view.composer.text = '';
      const { content, quoted_text, inference_options } = request.params.input;
      return this.#start(request, text, { id: ECHO_ID, type: 'user_message', content, quoted_text, inference_options });
    }
    if (!message || this.threadId === null) return;
    this.#items.removeAfter(message.id);
    this.#show();
    await this.#start({ type: 'threads.retry_after_item', params: { thread_id: this.threadId, item_id: message.id } });
  }

  /** @param {Item} item @param {Submission} submission */
  async answer(item, submission) {
    if (this.#turn) return;
    const params = { thread_id: this.threadId, item_id: item.id, input: submission };
    await this.#start({ type: 'threads.add_structured_input', params });
  }

  /** @param {WidgetAction} action @param {Item} item */
  async act({ type, payload, handler = 'server', streaming = true }, item) {
    const action = { type, payload };
    if (handler === 'client') {
      await this.#host.options().widgets?.onAction?.(action, { id: item.id, widget: item.widget });
    } else if (streaming) {
      await this.sendAction(action, item.id);
    } else {
      const params = { thread_id: this.threadId, item_id: item.id, action };
      const { updated_item: updated } = await this.#call('threads.sync_custom_action', params);
      if (updated) this.#items.put(updated);
      this.#show();
    }
  }

  /** @param {{ type: string, payload?: any }} action @param {string} [itemId] */
  async sendAction(action, itemId) {
    if (this.#turn) return;
    if (this.threadId === null) throw new Error('There is no thread yet to send the action to.');
    await this.#start({ type: 'threads.custom_action', params: { thread_id: this.threadId, item_id: itemId, action } });
  }

  /** @param {Item} item @param {'positive' | 'negative'} kind */
  async rate(item, kind) {
    await this.#call('items.feedback', { thread_id: this.threadId, item_ids: [item.id], kind });
  }

  /** Stops the answer, as the visitor asked. The request is aborted; the server sees nothing else of it. */
  stop() {
    if (!this.#turn) return;
    this.#leave();
    this.#takeBackEcho();
  }

  newThread() {
    this.#leave();
    this.#host.view.setNotice('');
    this.#setThread(null);
    this.#items.replaceAll([]);
    this.#show();
  }

  /** @param {string} id */
  async openThread(id) {
    this.#leave();
    this.#host.view.setNotice('');
    this.#setThread(id);
    this.#host.fire('chatkit.thread.load.start', { threadId: id });
    try {
      await this.#load(id);
      if (!this.#isElsewhere(id)) this.#host.view.scrollToEnd();
    } finally {
      if (!this.#backend.stopped) this.#host.fire('chatkit.thread.load.end', { threadId: id });
    }
  }

  /** Loads the thread again, unless an answer is streaming into it. */
  async refresh() {
    if (this.threadId !== null && !this.#turn) await this.#load(this.threadId);
  }

  /** @param {string} id */
  async #load(id) {
    const { view, texts } = this.#host;
    try {
      const thread = await this.#backend.loadThread(id);
      if (this.#isElsewhere(id) || this.#turn) return;
      view.setTitle(thread.title ?? null);
      view.setStatus(thread.status);
      this.#items.replaceAll(thread.items);
      this.#show();
    } catch (error) {
      if (this.#isElsewhere(id)) return;
      const missing = error instanceof RequestError && error.status === 404;
      if (missing) {
        this.#setThread(null);
        this.#items.replaceAll([]);
        this.#show();
      }
      this.#fail(error, missing ? texts().threadMissing : texts().loadFailed);
    }
  }

  /** @param {string} id */
  #isElsewhere(id) {
    return this.#backend.stopped || this.threadId !== id;
  }

  /**
   * Runs a turn: the request, and for each client tool that its answer asks for, another one.
   * @param {StreamRequest} first
   * @param {string} [text] the visitor's words; '' if the turn is no message
   * @param {Item} [echo] shows the message before the server has stored it
   */
  async #start(first, text = '', echo) {
    const { view, fire } = this.#host;
    const turn = new AbortController();
    const isStale = () => this.#backend.stopped || this.#turn !== turn;
    this.#turn = turn;
    this.#last = { request: first, text };
    view.setNotice('');
    if (echo) this.#items.put(echo);
    view.setBusy(true);
    this.#show();
    let opened = false;
    try {
      /** @type {StreamRequest | null} */
      let request = first;
      while (request) {
        const events = await this.#backend.open(request.type, request.params, turn.signal);
        request = await this.#read(events, isStale, () => {
          if (!opened) fire('chatkit.response.start');
          opened = true;
        });
      }
    } catch (error) {
      if (!isStale()) this.#failTurn(error, opened);
    } finally {
      if (!isStale()) {
        this.#turn = null;
        view.setBusy(false);
        this.#takeBackEcho();
      }
      if (opened && !this.#backend.stopped) fire('chatkit.response.end');
    }
  }

  /**
   * @param {AsyncIterable<ChatEvent>} events
   * @param {() => boolean} isStale
   * @param {() => void} onStart called when the answer begins, in its thread
   * @returns {Promise<StreamRequest | null>} what to send next
   */
  async #read(events, isStale, onStart) {
    /** @type {Item | null} */
    let call = null;
    for await (const event of events) {
      if (isStale()) return null;
      this.#apply(event);
      if (event.type !== 'thread.created') onStart();
      if (event.type === 'thread.item.done' && event.item.type === 'client_tool_call') call = event.item;
    }
    if (isStale()) return null;
    onStart();
    if (call?.status !== 'pending') return null;
    const result = await this.#runTool(call);
    return isStale() ? null : { type: 'threads.add_client_tool_output', params: { thread_id: this.threadId, result } };
  }

  /** @param {Item} call */
  async #runTool({ name, arguments: params }) {
    const tool = this.#host.options().onClientTool;
    if (!tool) throw new ToolError(`The option onClientTool is missing, and the server calls "${name}".`);
    try {
      return (await tool({ name, params })) ?? {};
    } catch (error) {
      throw new ToolError(`${name}: ${errorMessage(error) ?? error}`);
    }
  }

  /** @param {ChatEvent} event */
  #apply(event) {
    const { view, fire } = this.#host;
    switch (event.type) {
      case 'thread.created':
      case 'thread.updated':
        this.#setThread(event.thread.id, event.thread.title ?? null);
        view.setStatus(event.thread.status);
        return;
      case 'thread.item.added':
      case 'thread.item.done':
      case 'thread.item.replaced':
        this.#items.put(event.item);
        return this.#show();
      case 'thread.item.updated':
        this.#items.update(event.item_id, event.update);
        return this.#show();
      case 'thread.item.removed':
        this.#items.remove(event.item_id);
        return this.#show();
      case 'stream_options':
        return view.composer.setStoppable(event.stream_options.allow_cancel !== false);
      case 'progress_update':
        return view.setProgress(event.text);
      case 'client_effect':
        return fire('chatkit.effect', { name: event.name, data: event.data });
      case 'notice':
        return view.setNotice(event.title ?? '', { detail: event.message, level: event.level });
      case 'error':
        return this.#failStream(event);
    }
  }

  /** @param {ChatEvent} event */
  #failStream({ message, allow_retry: allowRetry }) {
    const text = message ?? this.#host.texts().failed;
    this.#host.view.setNotice('', { detail: text, retry: allowRetry ? () => void this.retry() : undefined });
    this.#host.fireError(Object.assign(new Error(text), { name: 'StreamError' }));
  }

  /** @param {unknown} error @param {boolean} opened whether the answer had started */
  #failTurn(error, opened) {
    const texts = this.#host.texts();
    const detail = errorMessage(error);
    if (error instanceof ToolError) return this.#fail(error, texts.toolFailed, { detail });
    if (opened) return this.#fail(error, texts.cutShort);
    const tooMany = error instanceof RequestError && error.status === 429;
    this.#fail(error, tooMany ? texts.tooMany(error.retryAfter ?? 60) : texts.notSent, tooMany ? {} : { detail });
  }

  /** Puts a message that the server has not stored back into the composer, so that it can be sent again. */
  #takeBackEcho() {
    const { composer } = this.#host.view;
    if (!this.#items.find(ECHO_ID)) return;
    this.#items.remove(ECHO_ID);
    if (composer.text === '') composer.text = this.#last?.text ?? '';
    this.#show();
  }

  /** Ends the request without a word about it. */
  #leave() {
    const turn = this.#turn;
    this.#turn = null;
    turn?.abort();
    if (turn) this.#host.view.setBusy(false);
  }

  /** @param {string} type @param {Record<string, unknown>} params @returns {Promise<Record<string, any>>} */
  async #call(type, params) {
    try {
      return await this.#backend.call(type, params);
    } catch (error) {
      if (!this.#backend.stopped) this.#fail(error, this.#host.texts().failed, { detail: errorMessage(error) });
      return {};
    }
  }

  /** @param {string | null} id @param {string | null} [title] */
  #setThread(id, title = null) {
    this.#host.view.setTitle(title);
    if (this.threadId === id) return;
    this.threadId = id;
    if (id === null) this.#host.view.setStatus();
    this.#host.fire('chatkit.thread.change', { threadId: id });
  }

  #show() {
    this.#host.view.showItems(this.#items.list);
  }

  /** @param {unknown} error @param {string} text @param {NoticeOptions} [options] */
  #fail(error, text, options) {
    this.#host.view.setNotice(text, options);
    this.#host.fireError(error);
  }
}
