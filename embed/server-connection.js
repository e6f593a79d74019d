/**
 * Connects a widget to the Worker's own chat server, POST /chatkit, for the backends `agent` and `remote`. The widget's requests
 * go through `fetch` here, which adds the visitor's identity and watches the answers: a stop of the visitor becomes a request
 * to the Worker, and an answer that the page left behind is followed until its end.
 */

import { Problem, toProblem } from '../public/demo/problem.js';
import { followRun } from './follow-run.js';
import { findRun, forgetRun, newestRun, rememberRun } from './live-runs.js';
import { askForToken } from './page-token.js';
import { isRetryable } from './retryable.js';
import { runOf, watchStream } from './run-stream.js';
import { saveVisitor, loadVisitor, withVisitorLock } from './visitor.js';
import { explainFailure, problemOf, workerOrigin } from './worker.js';

/** @import { CustomApiConfig, OpenAIChatKit } from '@openai/chatkit' */
/** @import { Config } from '../public/demo/worker.js' */
/** @import { Connection, Fail } from './chat.js' */
/** @import { GetToken } from './page-token.js' */

const VISITOR_HEADER = 'X-ChatKit-Visitor-Token';
/** Requests that make a new visitor. */
const FIRST_REQUESTS = new Set(['threads.create', 'attachments.create']);
/** Problems of one request, which the widget shows by itself. */
const REQUEST_PROBLEMS = new Set(['not_found', 'invalid_request', 'invalid_json', 'payload_too_large']);
// The widget accepts any key on these hosts, and checks the others at OpenAI.
const LOCAL_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|.+\.local(host)?)$/;
const LOCAL_DOMAIN_KEY = 'domain_pk_localhost_dev';
// A widget that changes the thread aborts the answer first.
const THREAD_CHANGE_MS = 100;
// A page that is left breaks its connections a little before it ends. It must not follow its answers.
const RECONNECT_MS = 1000;

let isLeaving = false;
addEventListener('pagehide', () => {
  isLeaving = true;
});
addEventListener('pageshow', () => {
  isLeaving = false;
});

/**
 * @typedef {object} ConnectionOptions
 * @property {Config} config
 * @property {string | null} agent the name of the agent; null for the default
 * @property {() => GetToken | null} getToken the page's current function
 * @property {() => boolean} isPresent whether the element is in the page
 */

/** @implements {Connection} */
export class ServerConnection {
  #options;
  #url;
  /** The latest token of the page. @type {string | null} */
  #token = null;
  #hasAnswered = false;
  /** The thread that the widget shows. @type {string | null} */
  #thread = null;
  /** The runs that the widget itself is reading, or that are being followed. @type {Set<string>} */
  #watched = new Set();
  #controller = new AbortController();
  /** @type {OpenAIChatKit | null} */
  #widget = null;
  /** @type {Fail} */
  #fail = () => {};

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
    const query = options.agent === null ? '' : `?agent=${encodeURIComponent(options.agent)}`;
    this.#url = `${workerOrigin}/chatkit${query}`;
  }

  get thread() {
    return newestRun(this.#options.agent)?.thread ?? null;
  }

  async start() {
    const { configured, domain_key: domainKey } = this.#options.config;
    if (!configured) await this.#requestSettingsProblem();
    if (!domainKey && location.protocol === 'https:' && !LOCAL_HOST.test(location.hostname)) {
      throw new Problem('domain_key_missing', 'CHATKIT_DOMAIN_KEY is not set, and OpenAI’s widget requires it on this domain.');
    }
  }

  /** A Worker with missing settings rejects every request. Its error says more than a failure of the widget. */
  async #requestSettingsProblem() {
    const body = JSON.stringify({ type: 'threads.list', params: { limit: 1 } });
    const response = await this.#send(this.#url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    if (!response.ok) throw await problemOf(response, this.#url);
  }

  /** @param {Fail} fail @returns {CustomApiConfig} */
  api(fail) {
    this.#fail = fail;
    const { domain_key: domainKey, features } = this.#options.config;
    return {
      url: this.#url,
      domainKey: domainKey || LOCAL_DOMAIN_KEY,
      fetch: (input, init) => this.#fetch(input, init),
      ...(features.file_upload && { uploadStrategy: { type: 'two_phase' } }),
    };
  }

  /** @param {OpenAIChatKit} widget */
  watch(widget) {
    this.#widget = widget;
    widget.addEventListener('chatkit.thread.change', ({ detail }) => {
      this.#thread = detail?.threadId ?? null;
    });
    widget.addEventListener('chatkit.thread.load.end', ({ detail }) => {
      const live = findRun(detail?.threadId ?? '');
      if (live) void this.#follow(live.run, live.thread);
    });
  }

  reset() {}

  close() {
    this.#controller.abort();
  }

  /**
   * @param {RequestInfo | URL} input
   * @param {RequestInit} [init]
   * @returns {Promise<Response>}
   */
  async #fetch(input, init = {}) {
    const url = new URL(input instanceof Request ? input.url : input, location.href);
    // The identity is for the Worker alone. An upload may go to another host.
    if (url.origin !== workerOrigin || !/^\/chatkit(\/|$)/.test(url.pathname)) return fetch(input, init);
    try {
      const response = await this.#send(input, init);
      if (response.ok) this.#hasAnswered = true;
      else void this.#report(response.clone());
      const run = runOf(response);
      return run === null ? response : this.#watch(response, run, paramsOf(init).thread_id ?? null, init.signal ?? null);
    } catch (error) {
      if (!init.signal?.aborted) void this.#reportFailure(url.href, error);
      throw error;
    }
  }

  /**
   * @param {RequestInfo | URL} input
   * @param {RequestInit} init
   */
  async #send(input, init) {
    const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
    this.#token = await askForToken(this.#options.getToken());
    for (const [name, value] of this.#identity()) headers.set(name, value);
    headers.set('X-ChatKit-On-Disconnect', 'finish');
    const isFirst = this.#token === null && FIRST_REQUESTS.has(typeOf(init));
    const send = () => fetch(input, { ...init, headers, credentials: 'include' });
    const response = await (isFirst ? withVisitorLock(send) : send());
    const given = response.headers.get(VISITOR_HEADER);
    if (given) saveVisitor(given);
    else if (isFirst && response.ok) saveVisitor(loadVisitor() ?? '');
    return response;
  }

  /** Who the visitor is, for browsers that send no cookie. */
  #identity() {
    const headers = new Headers();
    const visitor = loadVisitor();
    if (visitor) headers.set(VISITOR_HEADER, visitor);
    if (this.#token) headers.set('Authorization', `Bearer ${this.#token}`);
    return headers;
  }

  /** @param {Response} response */
  async #report(response) {
    const problem = await problemOf(response, this.#url);
    // A chat that runs shows a passing failure by itself. A restart would take away what the visitor is writing.
    if (REQUEST_PROBLEMS.has(problem.code) || (this.#hasAnswered && isRetryable(problem))) return;
    this.#fail(problem);
  }

  /** @param {string} url @param {unknown} error */
  async #reportFailure(url, error) {
    const problem = error instanceof Problem ? error : await explainFailure(url);
    if (!this.#hasAnswered || !isRetryable(problem)) this.#fail(toProblem(problem));
  }

  /**
   * Hands a stream on to the widget and remembers its run until it ends.
   * @param {Response} response
   * @param {string} run
   * @param {string | null} thread null until the stream has named it
   * @param {AbortSignal | null} signal the widget's
   */
  #watch(response, run, thread, signal) {
    let current = thread;
    const remember = (/** @type {string} */ id) => {
      current = id;
      rememberRun({ run, thread: id, agent: this.#options.agent });
    };
    this.#watched.add(run);
    if (current) remember(current);
    return watchStream(response, signal, {
      thread: remember,
      end: () => {
        this.#watched.delete(run);
        forgetRun(run);
      },
      abort: () => {
        this.#watched.delete(run);
        this.#stopUnlessLeft(run, current);
      },
      broken: () => {
        this.#watched.delete(run);
        const left = current;
        if (left) setTimeout(() => void this.#follow(run, left), RECONNECT_MS);
      },
    });
  }

  /**
   * An abort is a stop only if the visitor stays: not when the page or the element goes away, and not when the widget shows
   * another thread. Otherwise the answer is completed, and shown when the thread is opened again.
   * @param {string} run
   * @param {string | null} thread
   */
  #stopUnlessLeft(run, thread) {
    setTimeout(() => {
      const isElsewhere = thread !== null && this.#thread !== thread;
      if (isLeaving || isElsewhere || this.#controller.signal.aborted || !this.#options.isPresent()) return;
      forgetRun(run);
      const init = { method: 'DELETE', headers: this.#identity(), keepalive: true };
      fetch(runUrl(run), { ...init, credentials: 'include' }).catch(() => {});
    }, THREAD_CHANGE_MS);
  }

  /**
   * @param {string} run
   * @param {string} thread
   */
  async #follow(run, thread) {
    if (this.#watched.has(run) || this.#controller.signal.aborted) return;
    this.#watched.add(run);
    const { signal } = this.#controller;
    const open = () => this.#send(runUrl(run), { headers: { Accept: 'text/event-stream' }, signal });
    const refresh = async () => {
      if (this.#thread === thread) await this.#widget?.fetchUpdates();
    };
    await followRun(open, refresh, signal);
    this.#watched.delete(run);
    if (!signal.aborted) forgetRun(run);
  }
}

/** @param {string} run */
const runUrl = (run) => `${workerOrigin}/chatkit/runs/${encodeURIComponent(run)}`;

/** @param {RequestInit} init @returns {{ type?: string, params?: Record<string, any> }} */
function requestOf({ body }) {
  try {
    return JSON.parse(typeof body === 'string' ? body : '{}') ?? {};
  } catch {
    return {};
  }
}

/** @param {RequestInit} init */
const typeOf = (init) => String(requestOf(init).type ?? '');

/** @param {RequestInit} init @returns {Record<string, any>} */
const paramsOf = (init) => requestOf(init).params ?? {};
