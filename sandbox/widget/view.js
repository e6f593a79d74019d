// The DOM of the stand-in widget: header, start screen, thread, notice and composer. It does not know about requests; user
// actions go to the handlers.
import { Composer } from './composer.js';
import { HistoryPanel } from './history.js';
import { icon } from './icons.js';
import { ItemList } from './item-list.js';
import { h, toolButton, textOf, withLinks } from './markup.js';
import { applyTheme, styleSheet } from './styles.js';

/** @import { ChatKitOptions, HeaderOption, StartScreenPrompt } from '@openai/chatkit' */
/** @import { ThreadStatus, ThreadSummary } from './open-thread.js' */
/** @import { HistoryHandlers, HistoryActions } from './history.js' */
/** @import { ItemHandlers } from './item-list.js' */
/** @import { Item } from './thread-items.js' */
/** @import { Texts } from './texts.js' */

/**
 * @typedef {object} ChatHandlers
 * @property {(text: string) => void} send
 * @property {() => void} stop
 * @property {() => void} newThread
 * @property {() => void} openHistory
 */

/** @typedef {ChatHandlers & HistoryHandlers & ItemHandlers} Handlers */

/** @typedef {{ detail?: string, level?: string, retry?: () => void }} NoticeOptions */

export class View {
  #handlers;
  #texts;
  /** @type {ChatKitOptions} */
  #options;
  /** @type {{ text: string } & NoticeOptions} */
  #notice = { text: '' };
  #parts;
  #history;
  #items;
  composer;
  /** @type {Item[]} */
  #shownItems = [];
  /** Replaced by configure, like the next one. */
  #historyButton = h('button');
  #newButton = h('button');
  #heading = h('div', { class: 'title' });
  /** The thread's title. @type {string | null} */
  #title = null;
  /** Shown instead of the thread's title. @type {string | null} */
  #titleOverride = null;
  #running = false;

  /**
   * @param {ShadowRoot} shadow
   * @param {ChatKitOptions} options
   * @param {Texts} texts
   * @param {Handlers} handlers
   */
  constructor(shadow, options, texts, handlers) {
    this.#texts = texts;
    this.#options = options;
    this.#handlers = handlers;
    const header = h('div', { class: 'header' });
    const greeting = h('h2', { class: 'greeting' });
    const start = h('div', { class: 'start' }, greeting);
    this.#items = new ItemList(handlers, texts);
    const prompts = h('ul', { class: 'prompts' });
    const alert = h('div', { role: 'alert' });
    const status = h('p', { class: 'locked', hidden: true });
    this.composer = new Composer(handlers.send, handlers.stop, texts);
    const disclaimer = h('p', { class: 'disclaimer', hidden: true });
    const sandbox = h('p', { class: 'sandbox' });
    const footer = h('div', { class: 'footer' }, prompts, alert, status, this.composer.element, disclaimer, sandbox);
    const main = h('div', { class: 'main' }, start, this.#items.element, footer);
    this.#history = new HistoryPanel(handlers, texts);
    const root = h('section', { class: 'root' }, header, main, this.#history.element);
    this.#parts = { root, header, main, greeting, start, prompts, alert, status, disclaimer, sandbox };
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.replaceChildren(root);
    this.configure(options, texts);
  }

  /**
   * Applies a full set of options. The messages and the composer's text stay.
   * @param {ChatKitOptions} options
   * @param {Texts} texts
   */
  configure(options, texts) {
    const { root, greeting, prompts, disclaimer, sandbox } = this.#parts;
    this.#texts = texts;
    this.#options = options;
    applyTheme(root, options.theme);
    root.lang = texts.language;
    root.setAttribute('aria-label', options.frameTitle ?? texts.frame);
    this.#configureHeader(options.header ?? {}, options.history?.enabled !== false);
    this.#history.configure(texts);
    this.#items.configure(texts);
    this.composer.configure(options.composer, texts);
    greeting.textContent = options.startScreen?.greeting ?? texts.greeting;
    prompts.setAttribute('aria-label', texts.prompts);
    prompts.replaceChildren(...(options.startScreen?.prompts ?? []).map((prompt) => this.#createPrompt(prompt)));
    disclaimer.hidden = !options.disclaimer?.text;
    disclaimer.classList.toggle('strong', Boolean(options.disclaimer?.highContrast));
    disclaimer.replaceChildren(...withLinks(String(options.disclaimer?.text ?? '')));
    sandbox.textContent = texts.sandbox;
    this.#showNotice();
    this.showItems(this.#shownItems);
  }

  /** @param {HeaderOption} header @param {boolean} withHistory */
  #configureHeader(header, withHistory) {
    /** @param {HeaderOption['leftAction']} item */
    const action = (item) => {
      if (!item) return [];
      return [toolButton(item.icon, String(item.icon).replaceAll('-', ' '), () => item.onClick?.())];
    };
    this.#historyButton = toolButton('history', this.#texts.history, this.#handlers.openHistory);
    this.#newButton = toolButton('compose', this.#texts.newChat, this.#handlers.newThread);
    this.#titleOverride = header.title?.enabled === false ? '' : (header.title?.text ?? null);
    this.#parts.header.replaceChildren(
      ...action(header.leftAction),
      this.#heading,
      ...(withHistory ? [this.#historyButton, this.#newButton] : []),
      ...action(header.rightAction),
    );
    this.#parts.header.hidden = header.enabled === false;
    this.setTitle(this.#title);
  }

  /** @param {string | null} title */
  setTitle(title) {
    this.#title = title;
    this.#heading.textContent = this.#titleOverride ?? title ?? '';
  }

  /** A locked or closed thread takes no messages, and says why. @param {ThreadStatus} [status] */
  setStatus(status) {
    const locked = status?.type === 'locked' || status?.type === 'closed';
    this.#parts.status.hidden = !locked;
    this.#parts.status.textContent = locked ? status.reason || this.#texts.locked : '';
    this.composer.setLocked(locked);
  }

  /** @param {StartScreenPrompt} prompt */
  #createPrompt({ label, prompt, icon: name }) {
    const text = typeof prompt === 'string' ? prompt : textOf(prompt);
    const onClick = () => {
      if (this.composer.isBusy) return;
      // The button disappears with the start screen, so move the focus first.
      this.composer.focus();
      this.#handlers.send(text);
    };
    return h('li', {}, h('button', { type: 'button', class: 'prompt', click: onClick }, icon(name), label));
  }

  /** Shows a thread's items; the start screen if there are none. @param {Item[]} items */
  showItems(items) {
    this.#shownItems = items;
    const isEmpty = items.length === 0;
    const { start, prompts } = this.#parts;
    this.#items.element.hidden = isEmpty;
    start.hidden = !isEmpty;
    prompts.hidden = !isEmpty;
    const { feedback = false, retry = false } = this.#options.threadItemActions ?? {};
    this.#items.show(items, { feedback, retry }, this.#running);
  }

  scrollToEnd() {
    this.#items.element.scrollTop = this.#items.element.scrollHeight;
  }

  /** While an answer is streaming, sending is disabled and screen readers wait for the whole answer. @param {boolean} busy */
  setBusy(busy) {
    this.#running = busy;
    this.#items.setProgress('');
    this.#items.element.setAttribute('aria-busy', String(busy));
    this.composer.setBusy(busy);
    this.showItems(this.#shownItems);
  }

  /** @param {string} text */
  setProgress(text) {
    this.#items.setProgress(text);
    this.showItems(this.#shownItems);
  }

  /** @param {string} text empty to clear @param {NoticeOptions} [options] */
  setNotice(text, options = {}) {
    this.#notice = { text, ...options };
    this.#showNotice();
  }

  #showNotice() {
    const { text, detail = '', level = 'danger', retry } = this.#notice;
    const button = retry ? [h('button', { type: 'button', class: 'retry', click: retry }, this.#texts.retry)] : [];
    const strong = text ? [h('strong', {}, text)] : [];
    const notice = h('div', { class: `notice ${level}` }, h('p', {}, ...strong, ...withLinks(detail)), ...button);
    this.#parts.alert.replaceChildren(...(text || detail ? [notice] : []));
  }

  openHistory() {
    this.#parts.main.inert = true;
    this.#parts.header.inert = true;
    this.#history.open();
  }

  closeHistory() {
    this.#history.close();
    this.#parts.main.inert = false;
    this.#parts.header.inert = false;
    if (this.#historyButton.isConnected) this.#historyButton.focus();
    else this.composer.focus();
  }

  /** @param {ThreadSummary[]} threads @param {string | null} current @param {HistoryActions} allowed */
  showThreads(threads, current, allowed) {
    this.#history.show(threads, current, allowed);
  }

  failHistory() {
    this.#history.fail(this.#texts.loadFailed);
  }

  /** Hides the history button if the session has no history. @param {boolean} allowed */
  allowHistory(allowed) {
    this.#historyButton.hidden = !allowed;
  }
}
