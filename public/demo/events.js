/** The panel that lists the chat's events, newest first. */

import { byId, make } from './dom.js';
import { earlyEvents, stopRecording } from './early-events.js';
import { redactSecrets } from './redact.js';

/** @import { ChatKitEvents } from '@openai/chatkit' */
/** @import { ChatKitEdgeElement, ChatKitEdgeEvents } from '../embed.js' */

/** @typedef {ChatKitEvents & ChatKitEdgeEvents} Events */

const MAX_EVENTS = 100;

/** A short summary of each event, without chat content or whole payloads.
 * @type {{ [K in keyof Events]: (detail: Events[K]['detail']) => string }} */
const SUMMARIES = {
  'chatkit-edge.session': ({ kind, sessionId }) => `${kind} ${sessionId ?? ''}`,
  'chatkit-edge.problem': ({ code, passing }) => (passing ? `${code}, retries automatically` : code),
  'chatkit-edge.open': () => '',
  'chatkit-edge.close': () => '',
  'chatkit.ready': () => '',
  // An Error serializes to {}, so show its message.
  'chatkit.error': ({ error }) => error?.message || 'no message',
  'chatkit.effect': ({ name }) => name,
  'chatkit.deeplink': ({ name }) => name,
  'chatkit.response.start': () => '',
  'chatkit.response.end': () => '',
  'chatkit.history.open': () => '',
  'chatkit.history.close': () => '',
  'chatkit.thread.change': ({ threadId }) => threadId ?? 'new thread',
  'chatkit.thread.load.start': ({ threadId }) => threadId,
  'chatkit.thread.load.end': ({ threadId }) => threadId,
  'chatkit.tool.change': ({ toolId }) => toolId ?? 'no tool',
  'chatkit.log': ({ name }) => name,
};

export class EventPanel {
  #list = byId('events');
  #empty = byId('events-empty');

  constructor() {
    byId('events-clear').addEventListener('click', () => {
      this.#list.replaceChildren();
      this.#update();
    });
  }

  /** @param {ChatKitEdgeElement} chat */
  listenTo(chat) {
    stopRecording();
    for (const { type, detail, at } of earlyEvents) this.add(type, summarize(type, detail), at);
    document.addEventListener('securitypolicyviolation', (event) => {
      this.add('page.blocked', `${event.effectiveDirective} ${event.blockedURI}`);
    });
    for (const type of /** @type {(keyof Events)[]} */ (Object.keys(SUMMARIES))) {
      chat.addEventListener(type, (/** @type {Event} */ event) => {
        this.add(type, summarize(type, /** @type {CustomEvent} */ (event).detail));
      });
    }
  }

  /**
   * @param {string} type
   * @param {string} text
   * @param {Date} [at]
   */
  add(type, text, at = new Date()) {
    const item = make(
      'li',
      {},
      make('time', { dateTime: at.toISOString() }, at.toLocaleTimeString(undefined, { hour12: false })),
      ' ',
      make('code', {}, type),
    );
    if (/error|problem|blocked/.test(type)) item.classList.add('bad');
    if (text) item.append(' ', make('span', {}, redactSecrets(text).slice(0, 300)));
    this.#list.prepend(item);
    while (this.#list.children.length > MAX_EVENTS) this.#list.lastElementChild?.remove();
    this.#update();
  }

  #update() {
    const isEmpty = this.#list.children.length === 0;
    this.#list.hidden = isEmpty;
    this.#empty.hidden = !isEmpty;
  }
}

/**
 * @param {string} type
 * @param {any} detail
 */
function summarize(type, detail) {
  try {
    return /** @type {Record<string, (detail: any) => string>} */ (SUMMARIES)[type](detail);
  } catch {
    return 'unexpected event detail';
  }
}
