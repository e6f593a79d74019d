/**
 * One chat from start to end: the session and the widget's script at the same time, then the widget; and what follows
 * when one of them fails. It shows nothing but the widget; what there is to say goes to the element.
 */

import { asProblem, Problem } from '../public/demo/problem.js';
import { isPassing } from './retryable.js';
import { frameBlocked } from './csp-violations.js';
import { recovered, tryLater } from './recovery.js';
import { within } from './time.js';
import { loadWidget } from './widget-script.js';
import { getConfig } from './worker.js';

/** @import { ChatKitOptions, OpenAIChatKit } from '@openai/chatkit' */
/** @import { Config } from '../public/demo/worker.js' */
/** @import { Secrets, Holder } from './secrets.js' */

const READY_MS = 30_000;
const NOT_READY = `The widget did not report that it is ready within ${READY_MS / 1000} seconds.`;

/**
 * @typedef {object} Host what the chat asks of the element
 * @property {() => Secrets} secrets
 * @property {(config: Config) => string} scriptUrl
 * @property {() => string} nonce
 * @property {(config: Config, api: ChatKitOptions['api'], thread: string | null) => ChatKitOptions} options
 * @property {() => string | null} thread the thread to begin with
 * @property {(widget: OpenAIChatKit) => void} mounted told of the widget before it can fire anything
 * @property {() => void} ready
 * @property {(problem: Problem, passing: boolean) => void} failed
 */

export class Chat {
  #frame;
  #host;
  /** Counts the starts, so that what is left of an earlier one cannot speak for the present one. */
  #attempt = 0;
  /** @type {OpenAIChatKit | null} */
  #widget = null;
  #isReady = false;
  /** @type {Config | null} */
  #config = null;
  #scriptUrl = '';
  /** It was the script that failed. */
  #scriptFirst = false;
  /** Ends with the widget. */
  #life = new AbortController();
  /** @type {ChatKitOptions['api'] | null} */
  #api = null;
  /** The thread on show, so that starting over comes back to it. @type {string | null | undefined} */
  #thread;
  /** The thread that the widget began with. @type {string | null} */
  #initialThread = null;
  /** @type {Holder} */
  #holder = { last: null };
  /** @type {(() => void) | null} */
  #giveUp = null;

  /**
   * @param {HTMLElement | ShadowRoot} frame
   * @param {Host} host
   */
  constructor(frame, host) {
    this.#frame = frame;
    this.#host = host;
  }

  get widget() {
    return this.#widget;
  }

  async start() {
    const mine = this.#begin();
    try {
      const secrets = this.#host.secrets();
      // A session without a widget would be spent for nothing each time.
      if (this.#scriptFirst) await this.#load(Promise.resolve());
      if (mine !== this.#attempt) return;
      this.#scriptFirst = false;
      const session = secrets.start();
      // What is on show stays until there is something to put in its place.
      if (this.#widget) await session;
      const mounted = this.#load(session).then(() => (mine === this.#attempt ? this.#mount(secrets, mine) : null));
      const [, ready] = await Promise.all([session, mounted]);
      if (mine !== this.#attempt) return;
      if (ready) await within(ready.promise, READY_MS, () => new Problem('widget_not_ready', NOT_READY));
      if (mine !== this.#attempt) return;
      this.#isReady = true;
      recovered();
      this.#host.ready();
    } catch (error) {
      this.#fail(mine, asProblem(error));
    }
  }

  stop() {
    this.#begin();
    this.#removeWidget();
  }

  /** Forgets the thread, for a start with another workflow. */
  forgetThread() {
    this.#thread = undefined;
  }

  /** The element was moved in the page, and with it the widget, which begins anew: with the thread on show. */
  moved() {
    this.#holder.last = null;
    void this.start();
  }

  // setOptions does not merge, so a change of one sets all of them again.
  refreshOptions() {
    if (this.#widget && this.#config && this.#api) {
      this.#widget.setOptions(this.#host.options(this.#config, this.#api, this.#initialThread));
    }
  }

  #begin() {
    this.#giveUp?.();
    this.#giveUp = null;
    return ++this.#attempt;
  }

  /** @param {Promise<unknown>} session */
  async #load(session) {
    this.#config = await getConfig();
    // Without its settings the Worker refuses the session, which says more than anything the widget could.
    if (!this.#config.configured) await session;
    this.#scriptUrl = new URL(this.#host.scriptUrl(this.#config), location.href).href;
    await loadWidget(this.#scriptUrl, this.#host.nonce());
  }

  /**
   * @param {Secrets} secrets
   * @param {number} mine
   */
  #mount(secrets, mine) {
    this.#removeWidget();
    const widget = /** @type {OpenAIChatKit} */ (document.createElement('openai-chatkit'));
    this.#widget = widget;
    /** @type {Holder} */
    const holder = { last: null };
    this.#holder = holder;
    this.#api = {
      getClientSecret: async (current) => {
        try {
          return await secrets.next(current, holder);
        } catch (error) {
          const problem = asProblem(error);
          this.#fail(mine, problem);
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
      frameBlocked(this.#scriptUrl, this.#life.signal).catch(reject);
    });
    // It may fail before anybody waits for it.
    promise.catch(() => {});
    this.#host.mounted(widget);
    this.refreshOptions();
    this.#frame.append(widget);
    // In an object: a promise that a promise resolves to would be waited for.
    return { promise };
  }

  #removeWidget() {
    this.#life.abort();
    this.#life = new AbortController();
    this.#widget?.remove();
    this.#widget = null;
    this.#api = null;
    this.#isReady = false;
  }

  /**
   * A chat that is under way stays in view; one that is not ready yet gives way to the message.
   * @param {number} mine
   * @param {Problem} problem
   */
  #fail(mine, problem) {
    if (mine !== this.#attempt) return;
    this.#begin();
    if (!this.#isReady) this.#removeWidget();
    this.#scriptFirst = problem.code === 'widget_script_failed';
    const passing = isPassing(problem);
    if (passing) this.#giveUp = tryLater(problem, () => void this.start());
    this.#host.failed(problem, passing);
  }
}
