/**
 * Client secrets for the widgets of one page. Widgets of the same workflow and user share them. After a failure nothing
 * more is asked of the Worker until start() is called again: however often a widget retries, it cannot start a loop.
 */

import { asProblem } from '../public/demo/problem.js';
import { isPassing, waitOf } from './retryable.js';
import { sleepOrOnline } from './time.js';
import { inTurn } from './request-queue.js';
import { askSession } from './worker.js';

/** @import { Problem } from '../public/demo/problem.js' */
/** @import { Session } from './worker.js' */

/** @typedef {() => string | null | undefined | Promise<string | null | undefined>} GetToken the signed-in user's token */
/** @typedef {{ last: string | null }} Holder a widget, by the last secret it was given */
/** @typedef {(kind: 'created' | 'refreshed', session: Session) => void} Listener */

// OpenAI's sessions last ten minutes at most; a clock that says more or less than that is not to be trusted.
const LONGEST_MS = 600_000;
const UNKNOWN_MS = 60_000;
// A secret with less of its life left than this share is not given to another widget.
const WORN = 0.3;
const FIRST_PAUSE_MS = 1000;
// A refresh that is late already, as after sleep, may still fail once or twice before it counts.
const GRACE_MS = 4000;

/** @type {Secrets[]} */
const all = [];

export class Secrets {
  /** @type {Promise<string> | null} */
  #inFlight = null;
  /** @type {Problem | null} */
  #failure = null;
  #secret = '';
  #ends = 0;
  #life = 0;
  /** @type {Set<Listener>} */
  #listeners = new Set();

  /**
   * The page's secrets for a workflow and a way to tell the user.
   * @param {string | null} workflow
   * @param {GetToken | null} getToken
   */
  static of(workflow, getToken) {
    let secrets = all.find((each) => each.workflow === workflow && each.getToken === getToken);
    if (!secrets) all.push((secrets = new Secrets(workflow, getToken)));
    return secrets;
  }

  /**
   * @param {string | null} workflow
   * @param {GetToken | null} getToken
   */
  constructor(workflow, getToken) {
    this.workflow = workflow;
    this.getToken = getToken;
  }

  /** @param {Listener} listener @returns {() => void} ends it */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sees to it that there is a secret, so that one is on its way while the widget's script loads. */
  start() {
    this.#failure = null;
    if (this.#inFlight) return this.#inFlight;
    if (this.#isFresh()) return Promise.resolve(this.#secret);
    return this.#run(() => this.#create());
  }

  /**
   * What `api.getClientSecret` of a widget asks.
   * @param {string | null} current
   * @param {Holder} holder
   * @returns {Promise<string>}
   */
  async next(current, holder) {
    if (this.#failure) throw this.#failure;
    const known = current ?? holder.last;
    // Another widget may have been faster; and the first one asks for what start() got.
    const shared = this.#inFlight ?? (known !== this.#secret && this.#isFresh() ? this.#secret : null);
    holder.last = await (shared ?? this.#run(() => (current === null ? this.#create() : this.#refresh(current))));
    return holder.last;
  }

  /** Whoever asks from now on gets others. */
  forget() {
    const i = all.indexOf(this);
    if (i >= 0) all.splice(i, 1);
  }

  #isFresh() {
    const left = this.#ends - Date.now();
    return left > WORN * this.#life && left <= LONGEST_MS;
  }

  /** @param {() => Promise<string>} ask */
  #run(ask) {
    const run = ask()
      .catch((error) => {
        this.#failure = asProblem(error);
        throw this.#failure;
      })
      .finally(() => {
        this.#inFlight = null;
      });
    // Whoever asked hears of it; one who has left the page meanwhile must not leave it unhandled.
    run.catch(() => {});
    this.#inFlight = run;
    return run;
  }

  async #create() {
    return this.#take('created', await this.#ask('session', {}));
  }

  /** Tries again, with growing pauses, while the old secret lasts. @param {string} current */
  async #refresh(current) {
    const until = Math.max(this.#secret === current ? this.#ends : 0, Date.now() + GRACE_MS);
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      try {
        return this.#take('refreshed', await this.#ask('refresh', { currentClientSecret: current }));
      } catch (error) {
        const problem = asProblem(error);
        // The cookie is gone, so there is no one to refresh for: a new visitor, once.
        if (problem.code === 'identity_required' && !this.getToken) return this.#create();
        const wait = Math.max(pause, waitOf(problem));
        if (!isPassing(problem) || Date.now() + wait > until) throw problem;
        await sleepOrOnline(wait);
      }
    }
  }

  /**
   * @param {'session' | 'refresh'} what
   * @param {Record<string, unknown>} fields
   */
  #ask(what, fields) {
    return inTurn(async () => {
      const token = (await this.getToken?.()) ?? null;
      return askSession(what, this.workflow === null ? fields : { ...fields, workflow_id: this.workflow }, token);
    });
  }

  /**
   * @param {'created' | 'refreshed'} kind
   * @param {Session} session
   */
  #take(kind, session) {
    const now = Date.now();
    const left = Number(session.expires_at) * 1000 - now;
    this.#life = left > 0 && left <= LONGEST_MS ? left : UNKNOWN_MS;
    this.#ends = now + this.#life;
    this.#secret = session.client_secret;
    for (const listener of this.#listeners) listener(kind, session);
    return this.#secret;
  }
}
