// What happens in the open thread: messages and other actions of the visitor, the answers to them, and the page's client tools.
import { RequestError, errorMessage } from './client.js';
import { OpenThread } from './open-thread.js';
import { ECHO_ID } from './thread-items.js';

/** @import { Attachment, UserMessageContent } from '@openai/chatkit' */
/** @import { InferenceOptions } from './composer.js' */
/** @import { ChatEvent } from './event-reader.js' */
/** @import { Submission } from './question-form.js' */
/** @import { Item } from './thread-items.js' */
/** @import { WidgetAction } from './widget-tree.js' */

/** @typedef {{ content: UserMessageContent[], attachments?: Attachment[], reply?: string, inference: InferenceOptions }} Message */

/** @typedef {{ type: string, params: Record<string, any> }} StreamRequest */

/** A client tool of the page that failed or is missing. */
class ToolError extends Error {}

export class Conversation extends OpenThread {
  /** The last request of the visitor, for a retry. @type {{ request: StreamRequest, text: string } | null} */
  #last = null;

  get isBusy() {
    return this._turn !== null;
  }

  /** @param {Message} message */
  async send({ content, attachments = [], reply, inference }) {
    const text = content.map((part) => part.text).join('');
    if (this._turn || text.trim() === '') return;
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
    const { view } = this._host;
    const message = this._items.lastUserMessage();
    if (this._turn) return;
    if (this.#last && this.#last.text !== '' && view.composer.text === this.#last.text) {
      const { request, text } = this.#last;
      view.composer.text = '';
      const { content, quoted_text, inference_options } = request.params.input;
      return this.#start(request, text, { id: ECHO_ID, type: 'user_message', content, quoted_text, inference_options });
    }
    if (!message || this.threadId === null) return;
    this._items.removeAfter(message.id);
    this._show();
    await this.#start({ type: 'threads.retry_after_item', params: { thread_id: this.threadId, item_id: message.id } });
  }

  /** @param {Item} item @param {Submission} submission */
  async answer(item, submission) {
    if (this._turn) return;
    const params = { thread_id: this.threadId, item_id: item.id, input: submission };
    await this.#start({ type: 'threads.add_structured_input', params });
  }

  /** @param {WidgetAction} action @param {Item} item */
  async act({ type, payload, handler = 'server', streaming = true }, item) {
    const action = { type, payload };
    if (handler === 'client') {
      await this._host.options().widgets?.onAction?.(action, { id: item.id, widget: item.widget });
    } else if (streaming) {
      await this.sendAction(action, item.id);
    } else {
      const params = { thread_id: this.threadId, item_id: item.id, action };
      const { updated_item: updated } = await this._call('threads.sync_custom_action', params);
      if (updated) this._items.put(updated);
      this._show();
    }
  }

  /** @param {{ type: string, payload?: any }} action @param {string} [itemId] */
  async sendAction(action, itemId) {
    if (this._turn) return;
    if (this.threadId === null) throw new Error('There is no thread yet to send the action to.');
    await this.#start({ type: 'threads.custom_action', params: { thread_id: this.threadId, item_id: itemId, action } });
  }

  /** @param {Item} item @param {'positive' | 'negative'} kind */
  async rate(item, kind) {
    await this._call('items.feedback', { thread_id: this.threadId, item_ids: [item.id], kind });
  }

  /** Stops the answer, as the visitor asked. The request is aborted; the server sees nothing else of it. */
  stop() {
    if (!this._turn) return;
    this.#leave();
    this.#takeBackEcho();
  }

  newThread() {
    this.#leave();
    this._host.view.setNotice('');
    this._setThread(null);
    this._items.replaceAll([]);
    this._show();
  }

  /** @param {string} id */
  async openThread(id) {
    this.#leave();
    this._host.view.setNotice('');
    this._setThread(id);
    this._host.fire('chatkit.thread.load.start', { threadId: id });
    try {
      await this._load(id);
      if (!this._isElsewhere(id)) this._host.view.scrollToEnd();
    } finally {
      if (!this._backend.stopped) this._host.fire('chatkit.thread.load.end', { threadId: id });
    }
  }

  /**
   * Runs a turn: the request, and for each client tool that its answer asks for, another one.
   * @param {StreamRequest} first
   * @param {string} [text] the visitor's words; '' if the turn is no message
   * @param {Item} [echo] shows the message before the server has stored it
   */
  async #start(first, text = '', echo) {
    const { view, fire } = this._host;
    const turn = new AbortController();
    const isStale = () => this._backend.stopped || this._turn !== turn;
    this._turn = turn;
    this.#last = { request: first, text };
    view.setNotice('');
    if (echo) this._items.put(echo);
    view.setBusy(true);
    this._show();
    let opened = false;
    try {
      /** @type {StreamRequest | null} */
      let request = first;
      while (request) {
        const events = await this._backend.open(request.type, request.params, turn.signal);
        request = await this.#read(events, isStale, () => {
          if (!opened) fire('chatkit.response.start');
          opened = true;
        });
      }
    } catch (error) {
      if (!isStale()) this.#failTurn(error, opened);
    } finally {
      if (!isStale()) {
        this._turn = null;
        view.setBusy(false);
        this.#takeBackEcho();
      }
      if (opened && !this._backend.stopped) fire('chatkit.response.end');
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
      if (event.type === 'error') this.#failStream(event);
      else this._apply(event);
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
    const tool = this._host.options().onClientTool;
    if (!tool) throw new ToolError(`The option onClientTool is missing, and the server calls "${name}".`);
    try {
      return (await tool({ name, params })) ?? {};
    } catch (error) {
      throw new ToolError(`${name}: ${errorMessage(error) ?? error}`);
    }
  }

  /** @param {ChatEvent} event */
  #failStream({ message, allow_retry: allowRetry }) {
    const text = message ?? this._host.texts().failed;
    this._host.view.setNotice('', { detail: text, retry: allowRetry ? () => void this.retry() : undefined });
    this._host.fireError(Object.assign(new Error(text), { name: 'StreamError' }));
  }

  /** @param {unknown} error @param {boolean} opened whether the answer had started */
  #failTurn(error, opened) {
    const texts = this._host.texts();
    const detail = errorMessage(error);
    if (error instanceof ToolError) return this._fail(error, texts.toolFailed, { detail });
    if (opened) return this._fail(error, texts.cutShort);
    const tooMany = error instanceof RequestError && error.status === 429;
    this._fail(error, tooMany ? texts.tooMany(error.retryAfter ?? 60) : texts.notSent, tooMany ? {} : { detail });
  }

  /** Puts a message that the server has not stored back into the composer, so that it can be sent again. */
  #takeBackEcho() {
    const { composer } = this._host.view;
    if (!this._items.find(ECHO_ID)) return;
    this._items.remove(ECHO_ID);
    if (composer.text === '') composer.text = this.#last?.text ?? '';
    this._show();
  }

  /** Ends the request without a word about it. */
  #leave() {
    const turn = this._turn;
    this._turn = null;
    turn?.abort();
    if (turn) this._host.view.setBusy(false);
  }
}
