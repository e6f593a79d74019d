/** The element's DOM: the widget's frame, the loading status, the error message and the launcher. */

import { make } from '../public/demo/dom.js';
import { Launcher } from './launcher.js';
import { Notice } from './notice.js';
import { styleSheet } from './styles.js';

/** @import { Problem } from '../public/demo/problem.js' */
/** @import { Strings } from './strings.js' */

/**
 * @typedef {object} ViewState
 * @property {Strings} strings
 * @property {'light' | 'dark'} theme
 * @property {string | null} launcher the launcher's text; null for a chat in place
 * @property {boolean} open
 * @property {string} label the chat's name
 * @property {string | null} height
 * @property {'loading' | 'ready' | 'failed' | 'broken' | 'idle'} state broken: the chat failed but stays in view
 */

export class View {
  frame = make('div', { className: 'frame' });
  #status = make('p', { className: 'status', role: 'status' });
  #notice;
  #panel;
  #launcher;
  #root;

  /**
   * @param {ShadowRoot} shadow
   * @param {{ retry: () => void, toggle: (open: boolean) => void, preload: () => void }} on
   */
  constructor(shadow, { retry, toggle, preload }) {
    this.#notice = new Notice(retry);
    this.#panel = make('div', { className: 'panel' }, this.#notice.element, this.frame, this.#status);
    this.#panel.part.add('panel');
    this.#launcher = new Launcher(this.#panel, toggle, preload);
    this.#root = make('div', { className: 'root' }, this.#panel);
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.append(this.#root);
  }

  /** Whether the focus is inside the message. */
  get isNoticeFocused() {
    return this.#notice.isFocused;
  }

  /** @param {Problem} problem @param {boolean} retryable @param {Strings} strings */
  fail(problem, retryable, strings) {
    this.#notice.show(problem, retryable, strings);
  }

  /** Shows in the message, if there is one, that a retry is in progress. @param {Strings} strings */
  retry(strings) {
    this.#notice.setBusy(true, strings);
  }

  clear() {
    this.#notice.hide();
  }

  /** @param {Strings} strings */
  translate(strings) {
    this.#notice.translate(strings);
  }

  /** @param {ViewState} view */
  render({ strings, theme, launcher, open, label, height, state }) {
    this.#root.className = `root ${theme}${launcher === null ? '' : ' floating'}`;
    this.#root.lang = strings.language;
    this.#panel.classList.toggle('open', open);
    this.#panel.classList.toggle('empty', state === 'failed');
    this.frame.classList.toggle('waiting', state === 'loading');
    const status = state === 'loading' ? strings.loading : '';
    if (this.#status.textContent !== status) this.#status.textContent = status;
    // Set on the root: the style of the host element belongs to the page.
    this.#root.style.setProperty('--height', height && /^\d+(\.\d+)?$/.test(height) ? `${height}px` : height);
    if (launcher === null) {
      this.#launcher.element.remove();
      this.#panel.removeAttribute('role');
      this.#panel.removeAttribute('aria-label');
      return;
    }
    this.#panel.setAttribute('role', 'dialog');
    this.#panel.setAttribute('aria-label', label || strings.chat);
    this.#launcher.update(open, launcher, strings);
    if (!this.#launcher.element.isConnected) this.#root.prepend(this.#launcher.element);
  }
}
