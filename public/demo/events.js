/** The panel that shows what the widget reports, newest first. */

import { byId, make } from './dom.js';

/** @import { ChatKitEvents, OpenAIChatKit } from '@openai/chatkit' */

const MOST = 100;

/** What to say of each event. Never what was said in the chat, and never a whole payload.
 * @type {{ [K in keyof ChatKitEvents]: (detail: ChatKitEvents[K]['detail']) => string }} */
const SUMMARIES = {
  'chatkit.ready': () => '',
  // An Error has no own JSON fields; its message is what there is to show.
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

  /** @param {OpenAIChatKit} widget */
  watch(widget) {
    for (const type of /** @type {(keyof ChatKitEvents)[]} */ (Object.keys(SUMMARIES))) {
      widget.addEventListener(type, (/** @type {Event} */ event) => {
        this.add(type, summary(type, /** @type {CustomEvent} */ (event).detail));
      });
    }
  }

  /**
   * @param {string} type
   * @param {string} text
   */
  add(type, text) {
    const now = new Date();
    const item = make(
      'li',
      {},
      make('time', { dateTime: now.toISOString() }, now.toLocaleTimeString(undefined, { hour12: false })),
      ' ',
      make('code', {}, type),
    );
    if (type === 'chatkit.error') item.classList.add('bad');
    if (text) item.append(' ', make('span', {}, safe(text)));
    this.#list.prepend(item);
    while (this.#list.children.length > MOST) this.#list.lastElementChild?.remove();
    this.#update();
  }

  #update() {
    const none = this.#list.children.length === 0;
    this.#list.hidden = none;
    this.#empty.hidden = !none;
  }
}

/**
 * @param {keyof ChatKitEvents} type
 * @param {any} detail
 */
function summary(type, detail) {
  try {
    return SUMMARIES[type](detail);
  } catch {
    return 'without the documented detail';
  }
}

// A message may quote the secret it failed with.
/** @param {unknown} text */
function safe(text) {
  return String(text)
    .replace(/\b(ek|sk)[-_][\w-]{6,}/g, '$1_…')
    .slice(0, 300);
}
