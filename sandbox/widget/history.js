// The panel with the user's earlier threads. It covers the chat while it is open.
import { icon } from './icons.js';

/** @import { Texts } from './texts.js' */

/** @typedef {{ id: string, title: string | null, created_at: number }} ThreadSummary */

/**
 * Makes an element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null | undefined | EventListener>} [attributes] functions become
 *   listeners; null and false are skipped
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/**
 * A button with an icon and an accessible name.
 * @param {string} name of the icon
 * @param {string} label
 * @param {() => void} click
 */
export function toolButton(name, label, click) {
  return h('button', { type: 'button', class: 'tool', 'aria-label': label, title: label, click }, icon(name));
}

export class HistoryPanel {
  #select;
  #close;
  #list = h('ul', { class: 'list' });
  #texts;
  /** Replaced by configure. */
  #closeButton = h('button');
  element = h('section', { class: 'history', hidden: true });

  /**
   * @param {(threadId: string) => void} select
   * @param {() => void} close
   * @param {Texts} texts
   */
  constructor(select, close, texts) {
    this.#texts = texts;
    this.#select = select;
    this.#close = close;
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') close();
    });
  }

  /** @param {Texts} texts */
  configure(texts) {
    this.#texts = texts;
    this.#closeButton = toolButton('close', texts.closeHistory, this.#close);
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
   */
  show(threads, current) {
    if (threads.length === 0) return this.#showMessage(this.#texts.noThreads);
    const format = new Intl.DateTimeFormat(this.#texts.language, { dateStyle: 'medium', timeStyle: 'short' });
    this.#list.replaceChildren(
      ...threads.map(({ id, title, created_at }) => {
        const date = new Date(created_at * 1000);
        return h(
          'li',
          {},
          h(
            'button',
            { type: 'button', class: 'thread', 'aria-current': id === current && 'true', click: () => this.#select(id) },
            h('span', { class: 'name' }, title ?? this.#texts.untitled),
            h('time', { datetime: date.toISOString() }, format.format(date)),
          ),
        );
      }),
    );
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
