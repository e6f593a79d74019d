// The DOM of the stand-in widget: header, start screen, messages, notice and composer. It does not know about sessions or
// requests; user actions go to the handlers.
import { HistoryPanel, h, toolButton } from './history.js';
import { icon } from './icons.js';
import { applyTheme, styleSheet } from './styles.js';

/** @import { ChatKitOptions, HeaderOption, StartScreenPrompt, UserMessageContent } from '@openai/chatkit' */
/** @import { ThreadSummary } from './history.js' */
/** @import { Texts } from './texts.js' */

const AUTOSCROLL_MARGIN_PX = 80;
const MAX_MESSAGE_CHARS = 8000;

/**
 * @typedef {object} Handlers
 * @property {(text: string) => void} send
 * @property {() => void} newThread
 * @property {() => void} openHistory
 * @property {() => void} closeHistory
 * @property {(id: string) => void} openThread
 * @property {() => void} retry
 */

/** @typedef {{ role: 'user' | 'assistant', text: string }} Item a message of a thread */

/** @typedef {{ detail?: string, retry?: boolean }} NoticeOptions */

export class View {
  #handlers;
  #texts;
  #notice = { text: '', detail: '', retry: false };
  #parts;
  #history;
  /** Replaced by configure, like the next one. */
  #historyButton = h('button');
  #newButton = h('button');
  #heading = h('div', { class: 'title' });
  /** The thread's title. @type {string | null} */
  #title = null;
  /** Shown instead of the thread's title. @type {string | null} */
  #titleOverride = null;
  #busy = false;

  /**
   * @param {ShadowRoot} shadow
   * @param {ChatKitOptions} options
   * @param {Texts} texts
   * @param {Handlers} handlers
   */
  constructor(shadow, options, texts, handlers) {
    this.#texts = texts;
    this.#handlers = handlers;
    const header = h('div', { class: 'header' });
    const greeting = h('h2', { class: 'greeting' });
    const start = h('div', { class: 'start' }, greeting);
    const log = h('div', { class: 'log', role: 'log', 'aria-live': 'polite', tabindex: '0', hidden: true });
    const prompts = h('ul', { class: 'prompts' });
    const alert = h('div', { role: 'alert' });
    const input = h('textarea', { rows: '1', maxlength: MAX_MESSAGE_CHARS, input: () => this.#refreshSend() });
    input.addEventListener('keydown', (event) => this.#onKeyDown(event));
    const send = h('button', { type: 'submit', class: 'send', 'aria-disabled': 'true' }, icon('send'));
    const composer = h('form', { class: 'composer', submit: (event) => this.#onSubmit(event) }, input, send);
    const disclaimer = h('p', { class: 'disclaimer', hidden: true });
    const sandbox = h('p', { class: 'sandbox' });
    const footer = h('div', { class: 'footer' }, prompts, alert, composer, disclaimer, sandbox);
    const main = h('div', { class: 'main' }, start, log, footer);
    this.#history = new HistoryPanel(handlers.openThread, handlers.closeHistory, texts);
    const root = h('section', { class: 'root' }, header, main, this.#history.element);
    this.#parts = { root, header, main, greeting, start, log, prompts, alert, input, send, disclaimer, sandbox };
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
    const { root, greeting, prompts, log, input, send, disclaimer, sandbox } = this.#parts;
    this.#texts = texts;
    applyTheme(root, options.theme);
    root.lang = texts.language;
    root.setAttribute('aria-label', options.frameTitle ?? texts.frame);
    this.#configureHeader(options.header ?? {}, options.history?.enabled !== false);
    this.#history.configure(texts);
    greeting.textContent = options.startScreen?.greeting ?? texts.greeting;
    prompts.setAttribute('aria-label', texts.prompts);
    prompts.replaceChildren(...(options.startScreen?.prompts ?? []).map((prompt) => this.#createPrompt(prompt)));
    log.setAttribute('aria-label', texts.messages);
    input.placeholder = options.composer?.placeholder ?? texts.placeholder;
    input.setAttribute('aria-label', input.placeholder);
    send.setAttribute('aria-label', texts.send);
    disclaimer.hidden = !options.disclaimer?.text;
    disclaimer.classList.toggle('strong', Boolean(options.disclaimer?.highContrast));
    disclaimer.replaceChildren(...withLinks(String(options.disclaimer?.text ?? '')));
    sandbox.textContent = texts.sandbox;
    this.#showNotice();
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

  /** @param {StartScreenPrompt} prompt */
  #createPrompt({ label, prompt, icon: name }) {
    const text = typeof prompt === 'string' ? prompt : textOf(prompt);
    const onClick = () => {
      if (this.#busy) return;
      // The button disappears with the start screen, so move the focus first.
      this.focus();
      this.#handlers.send(text);
    };
    return h('li', {}, h('button', { type: 'button', class: 'prompt', click: onClick }, icon(name), label));
  }

  /** Shows a thread's items; the start screen if there are none. @param {Item[]} items */
  showItems(items) {
    const { log } = this.#parts;
    log.replaceChildren();
    this.#showLog(items.length > 0);
    for (const { role, text } of items) this.addMessage(role, text);
    log.scrollTop = log.scrollHeight;
  }

  /** @param {boolean} shown */
  #showLog(shown) {
    const { log, start, prompts } = this.#parts;
    log.hidden = !shown;
    start.hidden = shown;
    prompts.hidden = shown;
  }

  /** @param {Item['role']} role @param {string} [text] */
  addMessage(role, text = '') {
    const { log } = this.#parts;
    this.#showLog(true);
    const body = h('div', { class: 'text' }, text);
    const speaker = h('span', { class: 'unseen' }, role === 'user' ? this.#texts.you : this.#texts.assistant);
    const element = h('div', { class: `message ${role}` }, speaker, body);
    log.append(element);
    log.scrollTop = log.scrollHeight;
    return {
      /** @param {string} more */
      append: (more) => {
        const nearEnd = log.scrollHeight - log.scrollTop - log.clientHeight < AUTOSCROLL_MARGIN_PX;
        body.append(more);
        if (nearEnd) log.scrollTop = log.scrollHeight;
      },
      /** @param {boolean} on */
      waiting: (on) => element.classList.toggle('waiting', on),
      remove: () => {
        element.remove();
        this.#showLog(log.childElementCount > 0);
      },
    };
  }

  /** While a reply is streaming, sending is disabled and screen readers wait for the whole reply. @param {boolean} busy */
  setBusy(busy) {
    this.#busy = busy;
    this.#parts.log.setAttribute('aria-busy', String(busy));
    this.#refreshSend();
  }

  /** @param {string} text empty to clear @param {NoticeOptions} [options] */
  setNotice(text, { detail = '', retry = false } = {}) {
    this.#notice = { text, detail, retry };
    this.#showNotice();
  }

  #showNotice() {
    const { text, detail, retry } = this.#notice;
    const button = retry ? [h('button', { type: 'button', class: 'retry', click: this.#handlers.retry }, this.#texts.retry)] : [];
    const notice = h('div', { class: 'notice' }, h('p', {}, h('strong', {}, text), detail ?? ''), ...button);
    this.#parts.alert.replaceChildren(...(text ? [notice] : []));
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
    else this.focus();
  }

  /** @param {ThreadSummary[]} threads @param {string | null} current */
  showThreads(threads, current) {
    this.#history.show(threads, current);
  }

  failHistory() {
    this.#history.fail(this.#texts.loadFailed);
  }

  /** Hides the history button if the session has no history. @param {boolean} allowed */
  allowHistory(allowed) {
    this.#historyButton.hidden = !allowed;
  }

  focus() {
    this.#parts.input.focus();
  }

  get composerText() {
    return this.#parts.input.value;
  }

  set composerText(text) {
    this.#parts.input.value = text;
    this.#refreshSend();
  }

  #refreshSend() {
    this.#parts.send.setAttribute('aria-disabled', String(this.#busy || this.composerText.trim() === ''));
  }

  /** @param {KeyboardEvent} event */
  #onKeyDown(event) {
    // During IME composition (Japanese, Chinese), Enter confirms the characters and does not send.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    this.#onSubmit(event);
  }

  /** @param {Event} event */
  #onSubmit(event) {
    event.preventDefault();
    const text = this.composerText.trim();
    if (this.#busy || text === '') return;
    this.composerText = '';
    this.#handlers.send(text);
  }
}

/** The text of structured content. @param {UserMessageContent[]} [content] */
export function textOf(content) {
  return (Array.isArray(content) ? content : []).map((part) => part?.text ?? '').join('');
}

/** Renders Markdown links; other Markdown is shown as plain text. @param {string} text */
function withLinks(text) {
  return text.split(/(\[[^\]]+\]\(https?:\/\/[^\s)]+\))/).map((part) => {
    const link = /^\[([^\]]+)\]\((.+)\)$/.exec(part);
    return link ? h('a', { href: link[2], target: '_blank', rel: 'noopener noreferrer' }, link[1]) : part;
  });
}
