/**
 * One chat from start to end: the session and the widget's script at the same time, then the widget; and what follows
 * when one of them fails. It shows nothing but the widget; what there is to say goes to the element.
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
/** @import { SecretCache, Consumer } from './secret-cache.js' */

const READY_TIMEOUT_MS = 30_000;
const NOT_READY_MESSAGE = `The widget did not report that it is ready within ${READY_TIMEOUT_MS / 1000} seconds.`;

/**
 * @typedef {object} ChatHost what the chat asks of the element
 * @property {() => SecretCache} secrets
 * @property {(config: Config) => string} scriptUrl
 * @property {() => string} nonce
 * @property {(config: Config, api: ChatKitOptions['api'], initialThread: string | null) => ChatKitOptions} options
 * @property {() => string | null} thread the thread to begin with
 * @property {(widget: OpenAIChatKit) => void} onMount told of the widget before it can fire anything
 * @property {() => void} onReady
 * @property {(problem: Problem, retryable: boolean) => void} onFail
 */

export class Chat {
  #frame;
  #host;
  /** Counts the starts, so that what is left of an earlier one cannot speak for the present one. */
  #currentAttempt = 0;
  /** @type {OpenAIChatKit | null} */
  #widget = null;
  #isReady = false;
  /** @type {Config | null} */
  #config = null;
  #scriptUrl = '';
  /** It was the script that failed. */
  #scriptFailed = false;
  /** Ends with the widget. */
  #widgetController = new AbortController();
  /** @type {ChatKitOptions['api'] | null} */
  #api = null;
  /** The thread on show, so that starting over comes back to it. @type {string | null | undefined} */
  #thread;
  /** The thread that the widget began with. @type {string | null} */
  #initialThread = null;
  /** @type {Consumer} */
  #consumer = { lastSecret: null };
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
      const secrets = this.#host.secrets();
      // A session without a widget would be spent for nothing each time.
      if (this.#scriptFailed) await this.#loadWidget(Promise.resolve());
      if (attempt !== this.#currentAttempt) return;
      this.#scriptFailed = false;
      const session = secrets.start();
      // What is on show stays until there is something to put in its place.
      if (this.#widget) await session;
      const mounted = this.#loadWidget(session).then(() =>
        attempt === this.#currentAttempt ? this.#mount(secrets, attempt) : null,
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

  /** Forgets the thread, for a start with another workflow. */
  forgetThread() {
    this.#thread = undefined;
  }

  /** The element was moved in the page, and with it the widget, which begins anew: with the thread on show. */
  restart() {
    this.#consumer.lastSecret = null;
    void this.start();
  }

  // setOptions does not merge, so a change of one sets all of them again.
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

  /** @param {Promise<unknown>} session */
  async #loadWidget(session) {
    this.#config = await getConfig();
    // Without its settings the Worker refuses the session, which says more than anything the widget could.
    if (!this.#config.configured) await session;
    this.#scriptUrl = new URL(this.#host.scriptUrl(this.#config), location.href).href;
    await loadWidget(this.#scriptUrl, this.#host.nonce());
  }

  /**
   * @param {SecretCache} secrets
   * @param {number} attempt
   */
  #mount(secrets, attempt) {
    this.#removeWidget();
    const widget = /** @type {OpenAIChatKit} */ (document.createElement('openai-chatkit'));
    this.#widget = widget;
    /** @type {Consumer} */
    const consumer = { lastSecret: null };
    this.#consumer = consumer;
    this.#api = {
      getClientSecret: async (current) => {
        try {
          return await secrets.getSecret(current, consumer);
        } catch (error) {
          const problem = toProblem(error);
          this.#fail(attempt, problem);
          throw problem;
        }
      },
    };
    this.#initialThread = this.#thread === undefined ? this.#host.thread() : this.#thread;
    widget.addEventListener('chatkit.thread.change', ({ detail }) => {
      this.#thread = detail?.threadId ?? null;
    });
    /** @type {Promise<void>} */
    const promise = new Promise((resolve, reject) => {
      widget.addEventListener('chatkit.ready', () => resolve(), { once: true });
      rejectIfFrameBlocked(this.#scriptUrl, this.#widgetController.signal).catch(reject);
    });
    // It may fail before anybody waits for it.
    promise.catch(() => {});
    this.#host.onMount(widget);
    this.refreshOptions();
    this.#frame.append(widget);
    // In an object: a promise that a promise resolves to would be waited for.
    return { promise };
  }

  #removeWidget() {
    this.#widgetController.abort();
    this.#widgetController = new AbortController();
    this.#widget?.remove();
    this.#widget = null;
    this.#api = null;
    this.#isReady = false;
  }

  /**
   * A chat that is under way stays in view; one that is not ready yet gives way to the message.
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
