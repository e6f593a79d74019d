// Holds the client secret and talks to the sandbox with it. It asks the page for a secret once on start, once when the
// secret is about to expire, and once when a request is refused; a failure is never retried without the user's doing.

/** @import { ChatKitOptions, HostedApiConfig } from '@openai/chatkit' */

// The share of a session's life after which the next secret is asked for.
const RENEW_AFTER_SHARE = 0.8;
const MIN_RENEW_DELAY_MS = 500;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** @typedef {ChatKitOptions & { api: HostedApiConfig }} HostedOptions those that say how to get a secret */

/**
 * What the sandbox says of a session, as far as the widget reads it.
 * @typedef {{ expires_in_ms: number, chatkit_configuration: { history: { enabled: boolean } } }} SessionInfo
 */

/**
 * @typedef {object} ClientCallbacks
 * @property {(info: SessionInfo) => void} session
 * @property {(error: unknown) => void} renewFailed
 * @property {(name: string, data?: Record<string, unknown>) => void} log
 */

/** An answer of the sandbox that is not a success. */
export class RequestError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {number | null} retryAfter seconds
   */
  constructor(status, message, retryAfter) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** @param {ChatKitOptions} [options] @returns {options is HostedOptions} */
export function isHosted(options) {
  const api = /** @type {Partial<HostedApiConfig> | undefined} */ (options?.api);
  return typeof api?.getClientSecret === 'function';
}

/** @param {unknown} error what was thrown, which need not be an Error */
export function errorMessage(error) {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message ?? '') : undefined;
}

export class Client {
  #origin;
  #getClientSecret;
  #callbacks;
  /** @type {string | null} */
  #secret = null;
  /** @type {Promise<string> | null} */
  #inFlight = null;
  #timer = 0;
  #controller = new AbortController();

  /**
   * @param {string} origin of the sandbox
   * @param {(current: string | null) => Promise<string>} getClientSecret the page's getClientSecret
   * @param {ClientCallbacks} callbacks
   */
  constructor(origin, getClientSecret, callbacks) {
    this.#origin = origin;
    this.#getClientSecret = getClientSecret;
    this.#callbacks = callbacks;
  }

  get stopped() {
    return this.#controller.signal.aborted;
  }

  stop() {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }

  /**
   * Asks the page for a secret: the first one, or the one to follow the current. Calls made meanwhile share the answer.
   * @returns {Promise<string>}
   */
  renew() {
    this.#inFlight ??= this.#fetchSecret().finally(() => {
      this.#inFlight = null;
    });
    return this.#inFlight;
  }

  async #fetchSecret() {
    clearTimeout(this.#timer);
    const current = this.#secret;
    const secret = await this.#getClientSecret(current);
    if (typeof secret !== 'string' || secret === '') throw new TypeError('getClientSecret must resolve to the client secret, a string.');
    if (this.stopped) throw new DOMException('The chat was removed from the page.', 'AbortError');
    this.#secret = secret;
    this.#callbacks.log(current === null ? 'session.created' : 'session.refreshed');
    this.#scheduleRenewal();
    return secret;
  }

  // A bare secret does not say when it ends, so the sandbox is asked. If it cannot say, the 401 of a later request will.
  async #scheduleRenewal() {
    try {
      const response = await this.#send('/widget/session', {});
      if (!response.ok) return this.#callbacks.log('session.unknown', { status: response.status });
      /** @type {SessionInfo} */
      const info = await response.json();
      if (this.stopped) return;
      this.#callbacks.session(info);
      if (!(info.expires_in_ms > 0)) return;
      const delay = Math.min(Math.max(info.expires_in_ms * RENEW_AFTER_SHARE, MIN_RENEW_DELAY_MS), MAX_TIMEOUT_MS);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.renew().catch((error) => this.stopped || this.#callbacks.renewFailed(error)), delay);
    } catch {
      if (!this.stopped) this.#callbacks.log('session.unknown');
    }
  }

  /**
   * @param {string} path
   * @param {RequestInit} [init]
   * @returns {Promise<Response>} one that is ok
   */
  async request(path, init = {}) {
    if (this.#secret === null) await this.renew();
    let response = await this.#send(path, init);
    if (response.status === 401) {
      await this.renew();
      response = await this.#send(path, init);
    }
    if (response.ok) return response;
    const body = await response.json().catch(() => null);
    const message = body?.error?.message ?? `The chat's server answered ${response.status}.`;
    throw new RequestError(response.status, message, Number(response.headers.get('Retry-After')) || null);
  }

  /** @param {string} path @param {RequestInit} init */
  #send(path, init) {
    const headers = { ...init.headers, Authorization: `Bearer ${this.#secret}` };
    return fetch(this.#origin + path, { ...init, headers, credentials: 'omit', cache: 'no-store', signal: this.#controller.signal });
  }
}
