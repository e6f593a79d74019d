// A response while it is produced: its events one by one at a pace, for any number of readers, until its end or a cancellation.
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { isDelta } from './responses-stream.mjs';

export class LiveResponse {
  /** Events that were emitted so far. */
  emitted = 0;
  ended = false;
  /** @type {any} the last whole response object that was emitted */
  #last;
  #events;
  #stopped = new AbortController();
  /** @type {(() => void)[]} */
  #waiting = [];

  /**
   * @param {object} answer
   * @param {string} answer.id
   * @param {any} answer.body the request
   * @param {import('./responses-stream.mjs').AnswerEvent[]} answer.events
   * @param {number} answer.paceMs between deltas
   * @param {(emitted: number) => Promise<void> | undefined} answer.paused what to wait for before the next event
   */
  constructor({ id, body, events, paceMs, paused }) {
    this.id = id;
    this.background = Boolean(body.background);
    this.streamed = Boolean(body.stream);
    this.createdAt = Date.now();
    this.paceMs = paceMs;
    this.paused = paused;
    this.#events = events;
    this.#last = events[0].response;
    this.finished = this.#run();
  }

  /** The response object as GET returns it. */
  get response() {
    return this.#last;
  }

  get cancelled() {
    return this.#stopped.signal.aborted;
  }

  async #run() {
    const { signal } = this.#stopped;
    try {
      for (const event of this.#events) {
        const held = this.paused(this.emitted);
        if (held) await Promise.race([held, aborted(signal)]);
        if (isDelta(event)) await (this.paceMs > 0 ? wait(this.paceMs, undefined, { signal }) : turn(undefined, { signal }));
        signal.throwIfAborted();
        if (event.type === 'response.completed') event.response.completed_at = Math.floor(Date.now() / 1000);
        if (event.response) this.#last = event.response;
        if (event.type === 'response.output_item.done') this.#last = { ...this.#last, output: [...this.#last.output, event.item] };
        this.emitted++;
        this.#notify();
      }
      if (this.#events.at(-1)?.type === 'error') this.#last = { ...this.#last, status: 'failed' };
    } catch (error) {
      if (!signal.aborted) throw error;
      this.#last = { ...this.#last, status: 'cancelled' };
    } finally {
      this.ended = true;
      this.#notify();
    }
  }

  /** Ends a response that is still produced. */
  cancel() {
    if (!this.ended) this.#stopped.abort();
  }

  /**
   * The events from a position, then live ones.
   * @param {number} start
   * @param {AbortSignal} left ends the reading
   */
  async *read(start, left) {
    const wake = () => this.#notify();
    left.addEventListener('abort', wake);
    try {
      for (let at = start; !left.aborted; at++) {
        while (at >= this.emitted && !this.ended && !left.aborted) await this.#next();
        if (at >= this.emitted || left.aborted) return;
        yield this.#events[at];
      }
    } finally {
      left.removeEventListener('abort', wake);
    }
  }

  /** @returns {Promise<void>} resolves with the next event, at the end, or when a reader leaves */
  #next() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #notify() {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** @param {AbortSignal} signal @returns {Promise<never>} rejects when the signal aborts */
function aborted(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
