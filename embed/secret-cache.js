/**
 * Caches client secrets for the widgets of a page. Widgets with the same workflow and user share one cache. After a failure,
 * no request is sent until start() is called again, so a widget that keeps retrying cannot cause a request loop.
 */

import { toProblem } from '../public/demo/problem.js';
import { askForToken } from './page-token.js';
import { isRetryable, retryAfterMs } from './retryable.js';
import { sleepOrOnline } from './time.js';
import { enqueue } from './request-queue.js';
import { requestSession } from './worker.js';

/** @import { Problem } from '../public/demo/problem.js' */
/** @import { GetToken } from './page-token.js' */
/** @import { Session } from './worker.js' */

/** @typedef {{ lastSecret: string | null }} Consumer a widget, with the last secret it received */
/** @typedef {(kind: 'created' | 'refreshed', session: Session) => void} Listener */

// OpenAI's sessions last ten minutes at most. A lifetime outside this range means that the clock is wrong: use the fallback.
const MAX_LIFETIME_MS = 600_000;
const FALLBACK_LIFETIME_MS = 60_000;
// A secret with a smaller share of its lifetime left is not shared with another widget.
const MIN_REMAINING_SHARE = 0.3;
const MIN_BACKOFF_MS = 1000;
// A refresh of an expired secret, as after sleep, may still be retried for this long.
const MIN_RETRY_WINDOW_MS = 4000;

/** The caches of anonymous visitors, by workflow. @type {Map<string | null, SecretCache>} */
const anonymousCaches = new Map();
/**
 * Those of signed-in users. Weak, because a page may set a new getToken on every render.
 * @type {WeakMap<GetToken, Map<string | null, SecretCache>>}
 */
const userCaches = new WeakMap();

/**
 * The caches of a token function, by workflow.
 * @param {GetToken | null} getToken
 * @returns {Map<string | null, SecretCache>}
 */
function cachesFor(getToken) {
  if (!getToken) return anonymousCaches;
  const caches = userCaches.get(getToken) ?? new Map();
  userCaches.set(getToken, caches);
  return caches;
}

export class SecretCache {
  /** @type {Promise<string> | null} */
  #inFlight = null;
  /** @type {Problem | null} */
  #failure = null;
  #secret = '';
  #expiresAt = 0;
  #lifetimeMs = 0;
  /** @type {GetToken | null} */
  #getToken;
  /** @type {Set<Listener>} */
  #listeners = new Set();

  /**
   * Returns the page's cache for a workflow and a token function.
   * @param {string | null} workflow
   * @param {GetToken | null} getToken
   * @returns {SecretCache}
   */
  static for(workflow, getToken) {
    const caches = cachesFor(getToken);
    const cache = caches.get(workflow) ?? new SecretCache(workflow, getToken);
    caches.set(workflow, cache);
    return cache;
  }

  /**
   * @param {string | null} workflow
   * @param {GetToken | null} getToken
   */
  constructor(workflow, getToken) {
    this.workflow = workflow;
    this.#getToken = getToken;
  }

  /** Uses another function from the next request on. @param {GetToken} getToken */
  replaceToken(getToken) {
    const wasListed = this.evict();
    this.#getToken = getToken;
    if (wasListed) cachesFor(getToken).set(this.workflow, this);
  }

  /** @param {Listener} listener @returns {() => void} unsubscribes */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Requests a secret if there is no fresh one. Called before the widget exists, so that it loads in parallel. */
  start() {
    this.#failure = null;
    if (this.#inFlight) return this.#inFlight;
    if (this.#isFresh()) return Promise.resolve(this.#secret);
    return this.#singleFlight(() => this.#create());
  }

  /**
   * The widget's `api.getClientSecret`.
   * @param {string | null} current
   * @param {Consumer} consumer
   * @returns {Promise<string>}
   */
  async getSecret(current, consumer) {
    if (this.#failure) throw this.#failure;
    const currentSecret = current ?? consumer.lastSecret;
    // Reuse a secret that start() or another widget has already requested.
    const shared = this.#inFlight ?? (currentSecret !== this.#secret && this.#isFresh() ? this.#secret : null);
    const request = () => (current === null ? this.#create() : this.#refresh(current));
    consumer.lastSecret = await (shared ?? this.#singleFlight(request));
    return consumer.lastSecret;
  }

  /** Removes this cache from the page; later lookups create a new one. @returns {boolean} whether it was there */
  evict() {
    const caches = cachesFor(this.#getToken);
    return caches.get(this.workflow) === this && caches.delete(this.workflow);
  }

  #isFresh() {
    const remainingMs = this.#expiresAt - Date.now();
    return remainingMs > MIN_REMAINING_SHARE * this.#lifetimeMs && remainingMs <= MAX_LIFETIME_MS;
  }

  /** @param {() => Promise<string>} request */
  #singleFlight(request) {
    const promise = request()
      .catch((error) => {
        this.#failure = toProblem(error);
        throw this.#failure;
      })
      .finally(() => {
        this.#inFlight = null;
      });
    // Callers get the rejection. If the element was removed, nobody awaits it: mark it as handled.
    promise.catch(() => {});
    this.#inFlight = promise;
    return promise;
  }

  async #create() {
    return this.#store('created', await this.#request('session', {}));
  }

  /** Retries with exponential backoff until the old secret expires. @param {string} current */
  async #refresh(current) {
    const deadline = Math.max(this.#secret === current ? this.#expiresAt : 0, Date.now() + MIN_RETRY_WINDOW_MS);
    for (let backoff = MIN_BACKOFF_MS; ; backoff *= 2) {
      try {
        return this.#store('refreshed', await this.#request('refresh', { currentClientSecret: current }));
      } catch (error) {
        const problem = toProblem(error);
        // The visitor's cookie is gone: create a session for a new visitor, once.
        if (problem.code === 'identity_required' && !this.#getToken) return this.#create();
        const delay = Math.max(backoff, retryAfterMs(problem));
        if (!isRetryable(problem) || Date.now() + delay > deadline) throw problem;
        await sleepOrOnline(delay);
      }
    }
  }

  /**
   * @param {'session' | 'refresh'} endpoint
   * @param {Record<string, unknown>} fields
   */
  async #request(endpoint, fields) {
    // Asked before the request is queued: a page's function that never settles must not block the page's other chats.
    const token = await askForToken(this.#getToken);
    const body = this.workflow === null ? fields : { ...fields, workflow_id: this.workflow };
    return enqueue(() => requestSession(endpoint, body, token));
  }

  /**
   * @param {'created' | 'refreshed'} kind
   * @param {Session} session
   */
  #store(kind, session) {
    const now = Date.now();
    const remainingMs = Number(session.expires_at) * 1000 - now;
    this.#lifetimeMs = remainingMs > 0 && remainingMs <= MAX_LIFETIME_MS ? remainingMs : FALLBACK_LIFETIME_MS;
    this.#expiresAt = now + this.#lifetimeMs;
    this.#secret = session.client_secret;
    for (const listener of this.#listeners) listener(kind, session);
    return this.#secret;
  }
}
