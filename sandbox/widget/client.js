// The widget's HTTP client: holds the client secret and sends it to the sandbox. It requests a secret from the page at start,
// shortly before the secret expires, and after a 401. It never retries a failure by itself; the user has to.

/** @import { ChatKitOptions, HostedApiConfig } from '@openai/chatkit' */

// The share of a session's lifetime after which the next secret is requested.
const RENEW_AFTER_SHARE = 0.8;
const MIN_RENEW_DELAY_MS = 500;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** @typedef {ChatKitOptions & { api: HostedApiConfig }} HostedOptions options with getClientSecret */

/**
 * The fields of a session that the widget uses.
 * @typedef {{ expires_in_ms: number, chatkit_configuration: { history: { enabled: boolean } } }} SessionInfo
 */

/**
 * @typedef {object} ClientCallbacks
 * @property {(info: SessionInfo) => void} session
 * @property {(error: unknown) => void} renewFailed
 * @property {(name: string, data?: Record<string, unknown>) => void} log
 */

/** A response of the sandbox with an error status. */
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

/** @param {unknown} error the thrown value, which may not be an Error */
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
   * Requests the first or the next secret from the page. Concurrent calls share one request.
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
    if (typeof secret !== 'string' || secret === '') {
      throw new TypeError('getClientSecret must resolve to the client secret, a string.');
    }
    if (this.stopped) throw new DOMException('The chat was removed from the page.', 'AbortError');
    this.#secret = secret;
    this.#callbacks.log(current === null ? 'session.created' : 'session.refreshed');
    this.#scheduleRenewal();
    return secret;
  }

  // A client secret does not contain its expiry, so ask the sandbox. If that fails, a later request gets a 401.
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
   * @returns {Promise<Response>} a response with a 2xx status
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
    const message = body?.error?.message ?? `The chat's server returned status ${response.status}.`;
    throw new RequestError(response.status, message, Number(response.headers.get('Retry-After')) || null);
  }

  /** @param {string} path @param {RequestInit} init */
  #send(path, init) {
    const headers = { ...init.headers, Authorization: `Bearer ${this.#secret}` };
    const { signal } = this.#controller;
    return fetch(this.#origin + path, { ...init, headers, credentials: 'omit', cache: 'no-store', signal });
  }
}
