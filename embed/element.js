/** The custom element <chatkit-edge>: connects its attributes and properties, the chat and the view. */

import { Problem } from '../public/demo/problem.js';
import { WidgetMethods } from './widget-methods.js';
import { shouldReport } from './retryable.js';
import { Chat } from './chat.js';
import { WIDGET_EVENTS } from './events.js';
import { resolveLanguage, buildWidgetOptions, resolveTheme } from './options.js';
import { HostedConnection } from './hosted-connection.js';
import { SecretCache } from './secret-cache.js';
import { ServerConnection } from './server-connection.js';
import { reportEvent, reportError } from './telemetry.js';
import { View } from './view.js';
import { stringsFor } from './strings.js';
import { cachedConfig } from './worker.js';

/** @import { ChatKitEvents, OpenAIChatKit } from '@openai/chatkit' */
/** @import { ChatKitEdgeElement } from '../public/embed.js' */
/** @import { PageOptions } from './options.js' */
/** @import { Config } from '../public/demo/worker.js' */
/** @import { Connection } from './chat.js' */
/** @import { GetToken } from './page-token.js' */
/** @import { ViewState } from './view.js' */

// How long to wait for getToken: the page may set it in a script that runs later.
const TOKEN_TIMEOUT_MS = 3000;

/** @implements {ChatKitEdgeElement} */
export class ChatKitEdge extends WidgetMethods {
  static observedAttributes = [
    'agent', 'workflow', 'thread', 'theme', 'locale', 'greeting', 'prompts', 'placeholder', 'label', 'height', 'launcher', 'open',
  ];

  /** @type {PageOptions} */
  #options = {};
  /** @type {GetToken | null} */
  #getToken = null;
  /** @type {ViewState['state']} */
  #state = 'idle';
  /** @type {Problem | null} */
  #problem = null;
  /** @type {SecretCache | null} */
  #secrets = null;
  /** @type {(() => void) | null} */
  #unsubscribe = null;
  /** The current thread. @type {string | null} */
  #thread = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #tokenTimer;
  /** Theme and language in the widget's current options; empty when the options must be set again. */
  #appliedLook = '';
  #renderScheduled = false;
  #onChange = () => this.#scheduleRender();
  #darkQuery = matchMedia('(prefers-color-scheme: dark)');
  #pageObserver = new MutationObserver(this.#onChange);

  #view = new View(this.attachShadow({ mode: 'open' }), {
    retry: () => this.#start(),
    toggle: (open) => this.#toggle(open),
    preload: () => this.#startIfIdle(),
  });

  #chat = new Chat(this.#view.frame, {
    connect: (config) => this.#connect(config),
    scriptUrl: (config) => this.getAttribute('script') || config.chatkit_js_url,
    nonce: () => this.nonce,
    options: (config, api, thread) => buildWidgetOptions(this, this.#options, config, api, thread),
    thread: () => this.getAttribute('thread'),
    onMount: (widget) => this.#forwardEvents(widget),
    onReady: () => this.#onReady(),
    onFail: (problem, retryable) => this.#onFail(problem, retryable),
  });

  constructor() {
    super();
    // The page listens on this element: the widget's events end here, so that no ancestor takes them for its own.
    for (const type of WIDGET_EVENTS) this.addEventListener(type, (event) => event.stopPropagation());
  }

  connectedCallback() {
    for (const name of ['options', 'getToken', 'open']) upgradeProperty(this, name);
    this.#darkQuery.addEventListener('change', this.#onChange);
    this.#pageObserver.observe(document.documentElement, { attributes: true });
    if (this.#state === 'ready' || this.#state === 'loading') this.#chat.restart();
    else if (this.#state === 'idle' && (!this.hasAttribute('launcher') || this.open)) this.#start();
    this.#render();
  }

  disconnectedCallback() {
    this.#darkQuery.removeEventListener('change', this.#onChange);
    this.#pageObserver.disconnect();
    // Moving an element disconnects and connects it within one task.
    queueMicrotask(() => this.isConnected || this.#stop());
  }

  /**
   * @param {string} name
   * @param {string | null} oldValue
   * @param {string | null} newValue
   */
  attributeChangedCallback(name, oldValue, newValue) {
    if (oldValue === newValue || !this.isConnected) return;
    if ((name === 'workflow' || name === 'agent') && this.#state !== 'idle') {
      this.#chat.forgetThread();
      this.#start();
    }
    if (name === 'thread' && this.#state === 'ready') this.setThreadId(newValue).catch((error) => console.warn(error));
    if (name === 'open') this.#onOpenChange(newValue !== null);
    this.#appliedLook = '';
    this.#onChange();
  }

  get options() {
    return this.#options;
  }

  set options(options) {
    this.#options = options ?? {};
    this.#appliedLook = '';
    this.#onChange();
  }

  get getToken() {
    return this.#getToken;
  }

  set getToken(getToken) {
    const previous = this.#getToken;
    this.#getToken = getToken ?? null;
    // Frameworks set a new function on every render. Use the latest without a restart.
    if (previous && this.#getToken) this.#secrets?.replaceToken(this.#getToken);
    const mustRestart = this.#problem?.code === 'identity_required' || !previous !== !this.#getToken;
    if (this.#state !== 'idle' && mustRestart) this.#start();
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
    this.#secrets?.evict();
    this.#chat.forgetThread();
    if (this.isConnected) this.#start();
  }

  /** @param {PageOptions} options */
  setOptions(options) {
    this.options = options;
  }

  /** @override */
  _unavailableReason() {
    if (this.#problem) return this.#problem;
    if (!this.isConnected) return new Error('<chatkit-edge> is not in the page.');
    this.#startIfIdle();
    return null;
  }

  #startIfIdle() {
    if (this.#state === 'idle') this.#start();
  }

  #start() {
    clearTimeout(this.#tokenTimer);
    if (this.#problem) this.#view.retry(this.#strings());
    else if (this.#state !== 'ready') this.#setState('loading');
    if (!this.#getToken && cachedConfig()?.features.auth === 'jwt') {
      const problem = new Problem('identity_required', 'The page provides no token. Set the property getToken.');
      this.#tokenTimer = setTimeout(() => this.#onFail(problem, false), TOKEN_TIMEOUT_MS);
      return;
    }
    this.#chat.start();
  }

  #stop() {
    clearTimeout(this.#tokenTimer);
    this.#chat.stop();
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#problem = null;
    this.#view.clear();
    this._setWidget(null);
    this._rejectPending(new Error('<chatkit-edge> was removed from the page.'));
    this.#setState('idle');
  }

  /** @param {Config} config @returns {Connection} */
  #connect(config) {
    if (isHosted(config)) return new HostedConnection(this.#subscribeToSecrets());
    return new ServerConnection({
      config,
      agent: this.getAttribute('agent') || null,
      getToken: () => this.#getToken,
      isPresent: () => this.isConnected,
    });
  }

  #subscribeToSecrets() {
    this.#unsubscribe?.();
    this.#secrets = SecretCache.for(this.getAttribute('workflow') || null, this.#getToken);
    this.#unsubscribe = this.#secrets.subscribe((kind, session) => {
      this.#emit('session', { kind, sessionId: session.session_id ?? null, expiresAt: session.expires_at ?? null });
    });
    return this.#secrets;
  }

  #onReady() {
    const wasFocused = this.#view.isNoticeFocused;
    this.#problem = null;
    this.#view.clear();
    this.#setState('ready');
    this._setWidget(this.#chat.widget);
    // The focused button was removed with its message.
    if (wasFocused) this.focusComposer().catch(() => {});
  }

  /**
   * @param {Problem} problem
   * @param {boolean} retryable
   */
  #onFail(problem, retryable) {
    const isNew = this.#problem?.code !== problem.code;
    // The visitor is unknown now, so the thread stays closed. Begin with a new one.
    if (problem.code === 'identity_required' && !this.#getToken) this.#chat.forgetThread();
    this.#problem = problem;
    this.#view.fail(problem, retryable, this.#strings());
    this.#setState(this.#chat.widget ? 'broken' : 'failed');
    const { code, message, requestId } = problem;
    if (isNew && this.#analyticsEnabled && shouldReport(problem)) reportError(problem, code);
    this.#emit('problem', { code, message, requestId, passing: retryable });
    this._rejectPending(problem);
  }

  /** @param {OpenAIChatKit} widget */
  #forwardEvents(widget) {
    this._setWidget(null);
    // After a failure the message stays in view until the chat is ready, instead of the loading state.
    if (!this.#problem) this.#setState('loading');
    for (const type of WIDGET_EVENTS) {
      widget.addEventListener(type, (/** @type {CustomEvent} */ event) => {
        this.#track(type, event.detail);
        // A composed event leaves the shadow root by itself. Another one of the same type would reach the page twice.
        if (!event.composed) this.dispatchEvent(new CustomEvent(type, { detail: event.detail }));
      });
    }
  }

  get #analyticsEnabled() {
    return this.getAttribute('analytics') !== 'off';
  }

  /**
   * @param {keyof ChatKitEvents} type
   * @param {any} detail
   */
  #track(type, detail) {
    if (type === 'chatkit.thread.change') this.#thread = detail?.threadId ?? null;
    if (!this.#analyticsEnabled) return;
    // The Worker counts the messages and threads of its own chat server.
    if (isHosted(cachedConfig())) {
      if (type === 'chatkit.thread.change') reportEvent('thread-change', { threadId: this.#thread });
      if (type === 'chatkit.response.start') reportEvent('message', { threadId: this.#thread });
    }
    // The widget repeats the error of getClientSecret, which is reported already.
    if (type === 'chatkit.error' && detail?.error?.message !== this.#problem?.message) reportError(detail?.error, type);
  }

  /** @param {boolean} open */
  #toggle(open) {
    this.open = open;
    if (open && !this.#problem) this.focusComposer().catch(() => {});
  }

  /** @param {boolean} open */
  #onOpenChange(open) {
    if (!this.hasAttribute('launcher')) return;
    if (open) this.#startIfIdle();
    this.#emit(open ? 'open' : 'close', null);
  }

  /** @param {string} name @param {unknown} detail */
  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(`chatkit-edge.${name}`, { detail }));
  }

  /** Batches several changes into one render. */
  #scheduleRender() {
    if (this.#renderScheduled) return;
    this.#renderScheduled = true;
    queueMicrotask(() => {
      this.#renderScheduled = false;
      if (this.isConnected) this.#render();
    });
  }

  #strings() {
    return stringsFor(resolveLanguage(this));
  }

  /** @param {ViewState['state']} state */
  #setState(state) {
    this.#state = state;
    if (this.isConnected) this.#render();
  }

  #render() {
    const strings = this.#strings();
    const theme = resolveTheme(this);
    this.#view.render({
      strings,
      theme,
      launcher: this.getAttribute('launcher'),
      open: this.open,
      label: this.getAttribute('label') ?? '',
      height: this.getAttribute('height'),
      state: this.#state,
    });
    const look = `${theme} ${resolveLanguage(this)}`;
    if (look === this.#appliedLook) return;
    this.#appliedLook = look;
    this.#view.translate(strings);
    this.#chat.refreshOptions();
  }
}

/** @param {Config | null} config */
const isHosted = (config) => (config?.backend ?? 'hosted') === 'hosted';

/**
 * A property that the page set before the element was defined shadows the accessor. Set it again through the accessor.
 * @param {any} element
 * @param {string} name
 */
function upgradeProperty(element, name) {
  if (!Object.hasOwn(element, name)) return;
  const value = element[name];
  delete element[name];
  element[name] = value;
}
