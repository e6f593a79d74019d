// The panel with the user's earlier threads. It covers the chat while it is open.
import { h, toolButton } from './markup.js';

/** @import { ThreadSummary } from './open-thread.js' */
/** @import { Texts } from './texts.js' */

/**
 * @typedef {object} HistoryHandlers
 * @property {(threadId: string) => void} openThread
 * @property {() => void} closeHistory
 * @property {(threadId: string, title: string) => void} renameThread
 * @property {(threadId: string) => void} deleteThread
 */

/** @typedef {{ rename: boolean, remove: boolean }} HistoryActions */

export class HistoryPanel {
  #handlers;
  #list = h('ul', { class: 'list' });
  #texts;
  /** Replaced by configure. */
  #closeButton = h('button');
  element = h('section', { class: 'history', hidden: true });

  /** @param {HistoryHandlers} handlers @param {Texts} texts */
  constructor(handlers, texts) {
    this.#texts = texts;
    this.#handlers = handlers;
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') handlers.closeHistory();
    });
  }

  /** @param {Texts} texts */
  configure(texts) {
    this.#texts = texts;
    this.#closeButton = toolButton('close', texts.closeHistory, this.#handlers.closeHistory);
    this.element.setAttribute('aria-label', texts.history);
    const header = h('div', { class: 'header' }, h('div', { class: 'title' }, texts.history), this.#closeButton);
    this.element.replaceChildren(header, this.#list);
  }

  open() {
    this.element.hidden = false;
    this.#showMessage(this.#texts.loading);
    this.#closeButton.focus();
  }

  close() {
    this.element.hidden = true;
  }

  /**
   * @param {ThreadSummary[]} threads newest first
   * @param {string | null} current
   * @param {HistoryActions} allowed
   */
  show(threads, current, allowed) {
    if (threads.length === 0) return this.#showMessage(this.#texts.noThreads);
    this.#list.replaceChildren(...threads.map((thread) => this.#row(thread, thread.id === current, allowed)));
  }

  /** @param {ThreadSummary} thread @param {boolean} isCurrent @param {HistoryActions} allowed */
  #row({ id, title, created_at }, isCurrent, { rename, remove }) {
    const format = new Intl.DateTimeFormat(this.#texts.language, { dateStyle: 'medium', timeStyle: 'short' });
    // Hosted threads have seconds, those of a server of its own an ISO 8601 text.
    const date = new Date(typeof created_at === 'number' ? created_at * 1000 : created_at);
    const name = title || this.#texts.untitled;
    const open = h(
      'button',
      { type: 'button', class: 'thread', 'aria-current': isCurrent && 'true', click: () => this.#handlers.openThread(id) },
      h('span', { class: 'name' }, name),
      h('time', { datetime: date.toISOString() }, format.format(date)),
    );
    const row = h('li', { class: 'entry' }, open);
    if (rename) row.append(toolButton('write', `${this.#texts.rename}: ${name}`, () => this.#edit(row, id, name)));
    if (remove) row.append(toolButton('trash', `${this.#texts.remove}: ${name}`, () => this.#handlers.deleteThread(id)));
    return row;
  }

  /** Puts a field in place of the row. @param {HTMLElement} row @param {string} id @param {string} name */
  #edit(row, id, name) {
    const content = [...row.childNodes];
    const field = h('input', { class: 'field', value: name, 'aria-label': this.#texts.title });
    const form = h('form', { class: 'rename' }, field, h('button', { type: 'submit', class: 'action' }, this.#texts.save));
    const restore = () => {
      row.replaceChildren(...content);
      row.querySelector('button')?.focus();
    };
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const title = field.value.trim();
      if (title === '' || title === name) return restore();
      this.#handlers.renameThread(id, title);
    });
    form.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      // Escape closes the field, not the panel.
      event.stopPropagation();
      restore();
    });
    row.replaceChildren(form);
    field.select();
  }

  /** @param {string} message */
  fail(message) {
    this.#showMessage(message);
  }

  /** @param {string} message */
  #showMessage(message) {
    this.#list.replaceChildren(h('li', { class: 'empty' }, message));
  }
}
