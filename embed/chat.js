/**
 * The life cycle of one chat: requests the session, if its backend has one, and loads the widget's script in parallel, then
 * mounts the widget, and retries after failures. It renders only the widget; states and problems go to the element through
 * callbacks.
 */

import { toProblem, Problem } from '../public/demo/problem.js';
import { isRetryable } from './retryable.js';
import { rejectIfFrameBlocked } from './csp-violations.js';
import { resetBackoff, retryLater } from './recovery.js';
import { withTimeout } from './time.js';
import { loadWidget } from './widget-script.js';
import { getConfig } from './worker.js';

/** @import { ChatKitOptions, OpenAIChatKit } from '@openai/chatkit' */
/** @import { Config } from '../public/demo/worker.js' */

const READY_TIMEOUT_MS = 30_000;
const NOT_READY_MESSAGE = `The widget did not report that it is ready within ${READY_TIMEOUT_MS / 1000} seconds.`;

/** @typedef {(problem: Problem) => void} Fail called when the chat cannot go on */

/**
 * @typedef {object} Connection how a widget reaches its backend: hosted-connection.js or server-connection.js
 * @property {() => Promise<unknown>} start requests what the widget needs, in parallel with its script
 * @property {(fail: Fail) => ChatKitOptions['api']} api
 * @property {string | null} thread the thread to open first, unless the page names one
 * @property {(widget: OpenAIChatKit) => void} watch called before the widget can fire events
 * @property {() => void} reset called when the widget's frame is loaded again
 * @property {() => void} close called before the widget is removed
 */

/**
 * @typedef {object} ChatHost the element's callbacks
 * @property {(config: Config) => Connection} connect
 * @property {(config: Config) => string} scriptUrl
 * @property {() => string} nonce
 * @property {(config: Config, api: ChatKitOptions['api'], initialThread: string | null) => ChatKitOptions} options
 * @property {() => string | null} thread the thread to open first
 * @property {(widget: OpenAIChatKit) => void} onMount called before the widget can fire events
 * @property {() => void} onReady
 * @property {(problem: Problem, retryable: boolean) => void} onFail
 */

export class Chat {
  #frame;
  #host;
  /** Number of the latest start. Async results of an earlier attempt are ignored. */
  #currentAttempt = 0;
  /** @type {OpenAIChatKit | null} */
  #widget = null;
  #isReady = false;
  /** @type {Config | null} */
  #config = null;
  #scriptUrl = '';
  /** The last failure was the widget's script. */
  #scriptFailed = false;
  /** Aborted when the widget is removed. */
  #widgetController = new AbortController();
  /** @type {ChatKitOptions['api'] | null} */
  #api = null;
  /** The current thread, reopened after a restart. @type {string | null | undefined} */
  #thread;
  /** The thread that the current widget started with. @type {string | null} */
  #initialThread = null;
  /** The current widget's. @type {Connection | null} */
  #connection = null;
  /** @type {(() => void) | null} */
  #cancelRetry = null;

  /**
   * @param {HTMLElement | ShadowRoot} frame
   * @param {ChatHost} host
   */
  constructor(frame, host) {
    this.#frame = frame;
    this.#host = host;
  }

  get widget() {
    return this.#widget;
  }

  async start() {
    const attempt = this.#newAttempt();
    try {
      const config = await getConfig();
      if (attempt !== this.#currentAttempt) return;
      this.#config = config;
      const connection = this.#host.connect(config);
      // Load the script first, so that retries do not use up sessions while it keeps failing.
      if (this.#scriptFailed) await this.#loadWidget(config, Promise.resolve());
      if (attempt !== this.#currentAttempt) return;
      this.#scriptFailed = false;
      const session = connection.start();
      // Keep the current widget in view until there is a session for its replacement.
      if (this.#widget) await session;
      const mounted = this.#loadWidget(config, session).then(() =>
        attempt === this.#currentAttempt ? this.#mount(connection, attempt) : null,
      );
      const [, ready] = await Promise.all([session, mounted]);
      if (attempt !== this.#currentAttempt) return;
      if (ready) await withTimeout(ready.promise, READY_TIMEOUT_MS, () => new Problem('widget_not_ready', NOT_READY_MESSAGE));
      if (attempt !== this.#currentAttempt) return;
      this.#isReady = true;
      resetBackoff();
      this.#host.onReady();
    } catch (error) {
      this.#fail(attempt, toProblem(error));
    }
  }

  stop() {
    this.#newAttempt();
    this.#removeWidget();
  }

  /** Forgets the thread before a start with another workflow. */
  forgetThread() {
    this.#thread = undefined;
  }

  /** Moving the element in the page reloads the widget's frame, so start again with the current thread. */
  restart() {
    this.#connection?.reset();
    void this.start();
  }

  // The widget's setOptions does not merge, so every change sets all options.
  refreshOptions() {
    if (this.#widget && this.#config && this.#api) {
      this.#widget.setOptions(this.#host.options(this.#config, this.#api, this.#initialThread));
    }
  }

  #newAttempt() {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    return ++this.#currentAttempt;
  }

  /** @param {Config} config @param {Promise<unknown>} session */
  async #loadWidget(config, session) {
    // A Worker with missing settings rejects the session. Wait for that error: it says more than a widget failure.
    if (!config.configured) await session;
    this.#scriptUrl = new URL(this.#host.scriptUrl(config), location.href).href;
    await loadWidget(this.#scriptUrl, this.#host.nonce());
  }

  /**
   * @param {Connection} connection
   * @param {number} attempt
   */
  #mount(connection, attempt) {
    this.#removeWidget();
    const widget = /** @type {OpenAIChatKit} */ (document.createElement('openai-chatkit'));
    this.#widget = widget;
    this.#connection = connection;
    this.#api = connection.api((problem) => this.#fail(attempt, problem));
    this.#initialThread = this.#thread === undefined ? (this.#host.thread() ?? connection.thread) : this.#thread;
    connection.watch(widget);
    widget.addEventListener('chatkit.thread.change', ({ detail }) => {
      this.#thread = detail?.threadId ?? null;
    });
    /** @type {Promise<void>} */
    const promise = new Promise((resolve, reject) => {
      widget.addEventListener('chatkit.ready', () => resolve(), { once: true });
      rejectIfFrameBlocked(this.#scriptUrl, this.#widgetController.signal).catch(reject);
    });
    // It may reject before anything awaits it.
    promise.catch(() => {});
    this.#host.onMount(widget);
    this.refreshOptions();
    this.#frame.append(widget);
    // Wrapped in an object, because resolving a promise with a promise would wait for it.
    return { promise };
  }

  #removeWidget() {
    this.#widgetController.abort();
    this.#widgetController = new AbortController();
    this.#connection?.close();
    this.#connection = null;
    this.#widget?.remove();
    this.#widget = null;
    this.#api = null;
    this.#isReady = false;
  }

  /**
   * A running chat stays in view below the error; a chat that is not ready yet is replaced by it.
   * @param {number} attempt
   * @param {Problem} problem
   */
  #fail(attempt, problem) {
    if (attempt !== this.#currentAttempt) return;
    this.#newAttempt();
    if (!this.#isReady) this.#removeWidget();
    this.#scriptFailed = problem.code === 'widget_script_failed';
    const retryable = isRetryable(problem);
    if (retryable) this.#cancelRetry = retryLater(problem, () => void this.start());
    this.#host.onFail(problem, retryable);
  }
}
