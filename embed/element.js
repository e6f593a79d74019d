/** The custom element <chatkit-edge>: what the page says in attributes, properties and calls, and what is shown of it. */

import { make } from '../public/demo/dom.js';
import { Problem } from '../public/demo/problem.js';
import { Chat } from './chat.js';
import { EVENTS } from './events.js';
import { Launcher } from './launcher.js';
import { Notice } from './notice.js';
import { languageOf, optionsFor, themeOf } from './options.js';
import { Secrets } from './secrets.js';
import { styleSheet } from './styles.js';
import { wordsIn } from './words.js';
import { knownConfig } from './worker.js';

/** @import { OpenAIChatKit } from '@openai/chatkit' */
/** @import { ChatKitEdgeElement } from '../public/embed.js' */
/** @import { PageOptions } from './options.js' */
/** @import { GetToken } from './secrets.js' */

// A signed-in page sets its property in a script of its own, which may come a moment later.
const TOKEN_MS = 3000;

/** @typedef {'focusComposer' | 'setThreadId' | 'sendUserMessage' | 'setComposerValue' | 'sendCustomAction' | 'showHistory' | 'hideHistory' | 'fetchUpdates'} Method */

/** @typedef {{ resolve: (widget: OpenAIChatKit) => void, reject: (error: Error) => void }} Waiting */

/** @implements {ChatKitEdgeElement} */
export class ChatKitEdge extends HTMLElement {
  static observedAttributes = ['workflow', 'thread', 'theme', 'locale', 'greeting', 'prompts', 'placeholder', 'label', 'height', 'launcher', 'open'];

  /** @type {PageOptions} */
  #options = {};
  /** @type {GetToken | null} */
  #getToken = null;
  /** Is there a chat, on show or on its way? */
  #running = false;
  /** @type {Secrets | null} */
  #secrets = null;
  /** @type {(() => void) | null} */
  #unlisten = null;
  /** @type {Problem | null} */
  #problem = null;
  /** @type {OpenAIChatKit | null} */
  #ready = null;
  /** Calls that came before the widget was ready. @type {Waiting[]} */
  #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #tokenTimer;
  /** What the widget was last set up with of what the page around can change. */
  #surroundings = '';
  #updating = false;

  #status = make('p', { className: 'status', role: 'status' });
  #frame = make('div', { className: 'frame' });
  #notice = new Notice(() => this.#start());
  #panel = make('div', { className: 'panel' }, this.#notice.element, this.#frame, this.#status);
  #launcher = new Launcher(this.#panel, (open) => this.#turn(open), () => this.#running || this.#start());
  #root = make('div', { className: 'root' }, this.#panel);
  #system = matchMedia('(prefers-color-scheme: dark)');
  #update = () => this.#updateSoon();
  #page = new MutationObserver(this.#update);

  #chat = new Chat(this.#frame, {
    secrets: () => this.#useSecrets(),
    scriptUrl: (config) => this.getAttribute('script') || config.chatkit_js_url,
    nonce: () => this.nonce,
    options: (config, api, thread) => optionsFor(this, this.#options, config, api, thread),
    thread: () => this.getAttribute('thread'),
    mounted: (widget) => this.#watch(widget),
    ready: () => this.#succeed(),
    failed: (problem, passing) => this.#fail(problem, passing),
  });

  constructor() {
    super();
    this.#panel.part.add('panel');
    const shadow = this.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.append(this.#root);
  }

  connectedCallback() {
    for (const name of ['options', 'getToken']) upgrade(this, name);
    this.#system.addEventListener('change', this.#update);
    this.#page.observe(document.documentElement, { attributes: true });
    this.#render();
    if (this.#running) this.#chat.moved();
    else if (!this.hasAttribute('launcher') || this.open) this.#start();
  }

  disconnectedCallback() {
    this.#system.removeEventListener('change', this.#update);
    this.#page.disconnect();
    // An element that is moved is taken out and put in within one task.
    queueMicrotask(() => this.isConnected || this.#stop());
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} now
   */
  attributeChangedCallback(name, before, now) {
    if (before === now || !this.isConnected) return;
    if (name === 'workflow' && this.#running) {
      this.#chat.forgetThread();
      this.#start();
    }
    if (name === 'thread') this.#ready?.setThreadId(now).catch((error) => console.warn(error));
    if (name === 'open') this.#announce(now !== null);
    this.#surroundings = '';
    this.#update();
  }

  /** All of the widget's options but `api`; they win over the attributes. */
  get options() {
    return this.#options;
  }

  set options(options) {
    this.#options = options ?? {};
    this.#surroundings = '';
    this.#update();
  }

  /** For signed-in pages: gives the token that proves the user to the Worker. */
  get getToken() {
    return this.#getToken;
  }

  set getToken(getToken) {
    const before = this.#getToken;
    this.#getToken = getToken ?? null;
    if (before && this.#getToken && this.#secrets) this.#secrets.getToken = this.#getToken;
    const missed = this.#problem?.code === 'identity_required' || !before !== !this.#getToken;
    if (this.#running && missed) this.#start();
  }

  /** Is the chat of a launcher open? */
  get open() {
    return this.hasAttribute('open');
  }

  set open(open) {
    this.toggleAttribute('open', Boolean(open));
  }

  /** Opens the chat of a launcher. */
  show() {
    this.open = true;
  }

  /** Closes it; the chat goes on. */
  hide() {
    this.open = false;
  }

  /** Starts over with a new session, as after signing in as somebody else. */
  reload() {
    this.#secrets?.forget();
    this.#chat.forgetThread();
    if (this.isConnected) this.#start();
  }

  /** The same as setting `options`, under the name that the widget has for it. @param {PageOptions} options */
  setOptions(options) {
    this.options = options;
  }

  focusComposer() {
    return this.#call('focusComposer');
  }

  /** @param {Parameters<OpenAIChatKit['setThreadId']>} given */
  setThreadId(...given) {
    return this.#call('setThreadId', ...given);
  }

  /** @param {Parameters<OpenAIChatKit['sendUserMessage']>} given */
  sendUserMessage(...given) {
    return this.#call('sendUserMessage', ...given);
  }

  /** @param {Parameters<OpenAIChatKit['setComposerValue']>} given */
  setComposerValue(...given) {
    return this.#call('setComposerValue', ...given);
  }

  /** @param {Parameters<OpenAIChatKit['sendCustomAction']>} given */
  sendCustomAction(...given) {
    return this.#call('sendCustomAction', ...given);
  }

  showHistory() {
    return this.#call('showHistory');
  }

  hideHistory() {
    return this.#call('hideHistory');
  }

  fetchUpdates() {
    return this.#call('fetchUpdates');
  }

  /**
   * Calls the widget as soon as it is ready.
   * @param {Method} name
   * @param {any[]} given
   * @returns {Promise<void>}
   */
  async #call(name, ...given) {
    const widget = await this.#whenReady();
    return /** @type {(...given: any[]) => Promise<void>} */ (widget[name]).apply(widget, given);
  }

  /** @returns {Promise<OpenAIChatKit>} */
  #whenReady() {
    if (this.#ready) return Promise.resolve(this.#ready);
    if (this.#problem) return Promise.reject(this.#problem);
    if (!this.isConnected) return Promise.reject(new Error('<chatkit-edge> is not in the page.'));
    if (!this.#running) this.#start();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #start() {
    this.#running = true;
    clearTimeout(this.#tokenTimer);
    const words = this.#words();
    if (this.#problem) this.#notice.busy(true, words);
    else if (!this.#ready) this.#status.textContent = words.loading;
    if (!this.#getToken && knownConfig()?.features.auth === 'jwt') {
      const missing = () => this.#fail(new Problem('identity_required', 'The page gives no token: set the property getToken.'), false);
      this.#tokenTimer = setTimeout(missing, TOKEN_MS);
      return;
    }
    this.#chat.start();
  }

  #stop() {
    this.#running = false;
    clearTimeout(this.#tokenTimer);
    this.#chat.stop();
    this.#unlisten?.();
    this.#unlisten = null;
    this.#problem = null;
    this.#ready = null;
    this.#notice.hide();
    this.#status.textContent = '';
    this.#settle((later) => later.reject(new Error('<chatkit-edge> was removed from the page.')));
  }

  #useSecrets() {
    this.#unlisten?.();
    this.#secrets = Secrets.of(this.getAttribute('workflow') || null, this.#getToken);
    this.#unlisten = this.#secrets.listen((kind, session) => {
      this.#tell('session', { kind, sessionId: session.session_id ?? null, expiresAt: session.expires_at ?? null });
    });
    return this.#secrets;
  }

  #succeed() {
    const focused = this.#notice.isFocused;
    this.#ready = this.#chat.widget;
    this.#problem = null;
    this.#notice.hide();
    this.#status.textContent = '';
    this.#render();
    const widget = this.#ready;
    if (!widget) return;
    // The button that had the focus is gone with its message.
    if (focused) widget.focusComposer().catch(() => {});
    this.#settle((later) => later.resolve(widget));
  }

  /**
   * @param {Problem} problem
   * @param {boolean} passing
   */
  #fail(problem, passing) {
    this.#problem = problem;
    if (!this.#chat.widget) this.#ready = null;
    this.#status.textContent = '';
    this.#notice.show(problem, passing, this.#words());
    this.#render();
    const { code, message, requestId } = problem;
    this.#tell('problem', { code, message, requestId, passing });
    this.#settle((later) => later.reject(problem));
  }

  /** @param {(later: Waiting) => void} how */
  #settle(how) {
    for (const later of this.#waiting.splice(0)) how(later);
  }

  /** @param {OpenAIChatKit} widget */
  #watch(widget) {
    this.#ready = null;
    this.#render();
    for (const type of EVENTS) {
      widget.addEventListener(type, (/** @type {CustomEvent} */ event) => {
        // One that bubbles would reach the page twice.
        event.stopPropagation();
        this.dispatchEvent(new CustomEvent(type, { detail: event.detail }));
      });
    }
  }

  /** @param {boolean} open */
  #turn(open) {
    this.open = open;
    if (open && !this.#problem) this.focusComposer().catch(() => {});
  }

  /** @param {boolean} open */
  #announce(open) {
    if (!this.hasAttribute('launcher')) return;
    if (open && !this.#running) this.#start();
    this.#tell(open ? 'open' : 'close', null);
  }

  /** @param {string} name @param {unknown} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(`chatkit-edge.${name}`, { detail }));
  }

  /** Several changes in a row are one. */
  #updateSoon() {
    if (this.#updating) return;
    this.#updating = true;
    queueMicrotask(() => {
      this.#updating = false;
      if (this.isConnected) this.#render();
    });
  }

  #words() {
    return wordsIn(languageOf(this));
  }

  #render() {
    const words = this.#words();
    const theme = themeOf(this);
    const launcher = this.getAttribute('launcher');
    this.#root.className = `root ${theme}${launcher === null ? '' : ' floating'}`;
    this.#panel.classList.toggle('open', this.open);
    this.#panel.classList.toggle('empty', this.#problem !== null && !this.#chat.widget);
    this.#frame.classList.toggle('waiting', !this.#ready);
    const height = this.getAttribute('height');
    const length = height && /^\d+(\.\d+)?$/.test(height) ? `${height}px` : height;
    // On the root, not the host, whose style belongs to the page.
    this.#root.style.setProperty('--height', length ?? '');
    if (launcher === null) {
      this.#launcher.element.remove();
      this.#panel.removeAttribute('role');
      this.#panel.removeAttribute('aria-label');
    } else {
      this.#panel.role = 'dialog';
      this.#panel.ariaLabel = this.getAttribute('label') || words.chat;
      this.#launcher.show(this.open, launcher, words);
      if (!this.#launcher.element.isConnected) this.#root.prepend(this.#launcher.element);
    }
    const surroundings = `${theme} ${languageOf(this)}`;
    if (surroundings === this.#surroundings) return;
    this.#surroundings = surroundings;
    this.#notice.translate(words);
    if (this.#status.textContent) this.#status.textContent = words.loading;
    this.#chat.refreshOptions();
  }
}

/**
 * A property that a page set before the element was defined hides the element's own.
 * @param {any} element
 * @param {string} name
 */
function upgrade(element, name) {
  if (!Object.hasOwn(element, name)) return;
  const value = element[name];
  delete element[name];
  element[name] = value;
}
