/** The custom element <chatkit-edge>: it joins what the page says with the chat, and the chat with what is shown. */

import { Problem } from '../public/demo/problem.js';
import { WidgetCalls } from './calls.js';
import { isWorthTelling } from './retryable.js';
import { Chat } from './chat.js';
import { EVENTS } from './events.js';
import { languageOf, optionsFor, themeOf } from './options.js';
import { Secrets } from './secrets.js';
import { report, reportError } from './telemetry.js';
import { View } from './view.js';
import { wordsIn } from './words.js';
import { knownConfig } from './worker.js';

/** @import { ChatKitEvents, OpenAIChatKit } from '@openai/chatkit' */
/** @import { ChatKitEdgeElement } from '../public/embed.js' */
/** @import { PageOptions } from './options.js' */
/** @import { GetToken } from './secrets.js' */
/** @import { Look } from './view.js' */

// A signed-in page sets its property in a script of its own, which may come a moment later.
const TOKEN_MS = 3000;

/** @implements {ChatKitEdgeElement} */
export class ChatKitEdge extends WidgetCalls {
  static observedAttributes = [
    'workflow', 'thread', 'theme', 'locale', 'greeting', 'prompts', 'placeholder', 'label', 'height', 'launcher', 'open',
  ];

  /** @type {PageOptions} */
  #options = {};
  /** @type {GetToken | null} */
  #getToken = null;
  /** @type {Look['state']} */
  #state = 'idle';
  /** @type {Problem | null} */
  #problem = null;
  /** @type {Secrets | null} */
  #secrets = null;
  /** @type {(() => void) | null} */
  #unlisten = null;
  /** The thread on show. @type {string | null} */
  #thread = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #tokenTimer;
  /** Theme and language that the widget was last set up with; empty when its options have changed otherwise. */
  #surroundings = '';
  #updating = false;
  #update = () => this.#updateSoon();
  #system = matchMedia('(prefers-color-scheme: dark)');
  #page = new MutationObserver(this.#update);

  #view = new View(this.attachShadow({ mode: 'open' }), {
    retry: () => this.#start(),
    turn: (open) => this.#turn(open),
    soon: () => this.#startOnce(),
  });

  #chat = new Chat(this.#view.frame, {
    secrets: () => this.#useSecrets(),
    scriptUrl: (config) => this.getAttribute('script') || config.chatkit_js_url,
    nonce: () => this.nonce,
    options: (config, api, thread) => optionsFor(this, this.#options, config, api, thread),
    thread: () => this.getAttribute('thread'),
    mounted: (widget) => this.#watch(widget),
    ready: () => this.#succeed(),
    failed: (problem, passing) => this.#fail(problem, passing),
  });

  connectedCallback() {
    for (const name of ['options', 'getToken', 'open']) upgrade(this, name);
    this.#system.addEventListener('change', this.#update);
    this.#page.observe(document.documentElement, { attributes: true });
    if (this.#state === 'ready' || this.#state === 'loading') this.#chat.moved();
    else if (this.#state === 'idle' && (!this.hasAttribute('launcher') || this.open)) this.#start();
    this.#render();
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
    if (name === 'workflow' && this.#state !== 'idle') {
      this.#chat.forgetThread();
      this.#start();
    }
    if (name === 'thread' && this.#state === 'ready') this.setThreadId(now).catch((error) => console.warn(error));
    if (name === 'open') this.#announce(now !== null);
    this.#surroundings = '';
    this.#update();
  }

  get options() {
    return this.#options;
  }

  set options(options) {
    this.#options = options ?? {};
    this.#surroundings = '';
    this.#update();
  }

  get getToken() {
    return this.#getToken;
  }

  set getToken(getToken) {
    const before = this.#getToken;
    this.#getToken = getToken ?? null;
    // Frameworks set a new function at every turn; the chat goes on with the latest.
    if (before && this.#getToken && this.#secrets) this.#secrets.getToken = this.#getToken;
    const missed = this.#problem?.code === 'identity_required' || !before !== !this.#getToken;
    if (this.#state !== 'idle' && missed) this.#start();
  }

  get open() {
    return this.hasAttribute('open');
  }

  set open(open) {
    this.toggleAttribute('open', Boolean(open));
  }

  show() {
    this.open = true;
  }

  hide() {
    this.open = false;
  }

  reload() {
    this.#secrets?.forget();
    this.#chat.forgetThread();
    if (this.isConnected) this.#start();
  }

  /** @param {PageOptions} options */
  setOptions(options) {
    this.options = options;
  }

  /** @override */
  _whyNot() {
    if (this.#problem) return this.#problem;
    if (!this.isConnected) return new Error('<chatkit-edge> is not in the page.');
    this.#startOnce();
    return null;
  }

  #startOnce() {
    if (this.#state === 'idle') this.#start();
  }

  #start() {
    clearTimeout(this.#tokenTimer);
    if (this.#problem) this.#view.retry(this.#words());
    else if (this.#state !== 'ready') this.#turnTo('loading');
    if (!this.#getToken && knownConfig()?.features.auth === 'jwt') {
      const missing = new Problem('identity_required', 'The page gives no token: set the property getToken.');
      this.#tokenTimer = setTimeout(() => this.#fail(missing, false), TOKEN_MS);
      return;
    }
    this.#chat.start();
  }

  #stop() {
    clearTimeout(this.#tokenTimer);
    this.#chat.stop();
    this.#unlisten?.();
    this.#unlisten = null;
    this.#problem = null;
    this.#view.clear();
    this._useWidget(null);
    this._refuseCalls(new Error('<chatkit-edge> was removed from the page.'));
    this.#turnTo('idle');
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
    const focused = this.#view.isNoticeFocused;
    this.#problem = null;
    this.#view.clear();
    this.#turnTo('ready');
    this._useWidget(this.#chat.widget);
    // The button that had the focus is gone with its message.
    if (focused) this.focusComposer().catch(() => {});
  }

  /**
   * @param {Problem} problem
   * @param {boolean} passing
   */
  #fail(problem, passing) {
    const news = this.#problem?.code !== problem.code;
    this.#problem = problem;
    this.#view.fail(problem, passing, this.#words());
    this.#turnTo(this.#chat.widget ? 'broken' : 'failed');
    const { code, message, requestId } = problem;
    if (news && this.#reports && isWorthTelling(problem)) reportError(problem, code);
    this.#tell('problem', { code, message, requestId, passing });
    this._refuseCalls(problem);
  }

  /** @param {OpenAIChatKit} widget */
  #watch(widget) {
    this._useWidget(null);
    // A message stays until the chat is there again; without one there is something to wait for.
    if (!this.#problem) this.#turnTo('loading');
    for (const type of EVENTS) {
      widget.addEventListener(type, (/** @type {CustomEvent} */ event) => {
        // One that bubbles would reach the page twice.
        event.stopPropagation();
        this.#report(type, event.detail);
        this.dispatchEvent(new CustomEvent(type, { detail: event.detail }));
      });
    }
  }

  get #reports() {
    return this.getAttribute('analytics') !== 'off';
  }

  /**
   * @param {keyof ChatKitEvents} type
   * @param {any} detail
   */
  #report(type, detail) {
    if (type === 'chatkit.thread.change') this.#thread = detail?.threadId ?? null;
    if (!this.#reports) return;
    if (type === 'chatkit.thread.change') report('thread-change', { threadId: this.#thread });
    if (type === 'chatkit.response.start') report('message', { threadId: this.#thread });
    // The widget repeats what getClientSecret failed with.
    if (type === 'chatkit.error' && detail?.error?.message !== this.#problem?.message) reportError(detail?.error, type);
  }

  /** @param {boolean} open */
  #turn(open) {
    this.open = open;
    if (open && !this.#problem) this.focusComposer().catch(() => {});
  }

  /** @param {boolean} open */
  #announce(open) {
    if (!this.hasAttribute('launcher')) return;
    if (open) this.#startOnce();
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

  /** @param {Look['state']} state */
  #turnTo(state) {
    this.#state = state;
    if (this.isConnected) this.#render();
  }

  #render() {
    const words = this.#words();
    const theme = themeOf(this);
    this.#view.render({
      words,
      theme,
      launcher: this.getAttribute('launcher'),
      open: this.open,
      label: this.getAttribute('label') ?? '',
      height: this.getAttribute('height'),
      state: this.#state,
    });
    const surroundings = `${theme} ${languageOf(this)}`;
    if (surroundings === this.#surroundings) return;
    this.#surroundings = surroundings;
    this.#view.translate(words);
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
