/**
 * Client secrets for the widget. One request is in flight at a time, and after a failure nothing more is asked
 * of the Worker until begin() is called again: however often a widget retries, it cannot start a loop.
 */

import { asProblem } from './problem.js';
import { createSession, refreshSession } from './worker.js';

/** @import { Problem } from './problem.js' */
/** @import { Session } from './worker.js' */

export class Sessions {
  /** @type {Promise<string> | null} */
  #inFlight = null;
  /** Begun before the widget was there, for its first call.
   * @type {Promise<string> | null} */
  #first = null;
  /** @type {Problem | null} */
  #failure = null;
  #onSession;
  #onFailure;

  /**
   * @param {(kind: 'created' | 'refreshed', session: Session) => void} onSession
   * @param {(problem: Problem) => void} onFailure
   */
  constructor(onSession, onFailure) {
    this.#onSession = onSession;
    this.#onFailure = onFailure;
  }

  /** Asks for a session now, so that it is on its way while the widget's script loads. */
  begin() {
    this.#failure = null;
    this.#first = this.#inFlight ?? this.#run(() => this.#create());
    return this.#first;
  }

  /**
   * What `api.getClientSecret` of the widget is.
   * @param {string | null} current
   * @returns {Promise<string>}
   */
  getClientSecret = (current) => {
    if (this.#failure) return Promise.reject(this.#failure);
    if (current === null && this.#first) {
      const first = this.#first;
      this.#first = null;
      return first;
    }
    if (this.#inFlight) return this.#inFlight;
    return this.#run(() => (current === null ? this.#create() : this.#refresh(current)));
  };

  /** @param {() => Promise<string>} ask */
  #run(ask) {
    const run = ask()
      .catch((error) => {
        const problem = asProblem(error);
        this.#failure = problem;
        this.#first = null;
        this.#onFailure(problem);
        throw problem;
      })
      .finally(() => {
        this.#inFlight = null;
      });
    // The failure is reported above; a promise nobody has taken yet must not count as unhandled as well.
    run.catch(() => {});
    this.#inFlight = run;
    return run;
  }

  async #create() {
    const session = await createSession();
    this.#onSession('created', session);
    return session.client_secret;
  }

  /** @param {string} current */
  async #refresh(current) {
    try {
      const session = await refreshSession(current);
      this.#onSession('refreshed', session);
      return session.client_secret;
    } catch (error) {
      // The cookie is gone, so there is no one to refresh for: a new visitor, once.
      if (asProblem(error).code === 'identity_required') return this.#create();
      throw error;
    }
  }
}
