/** Shows one problem at a time in the page's alert region, with a button that starts over. */

import { wordsFor } from './problems.js';
import { make } from './dom.js';

/** @import { Problem } from './problem.js' */

export class Alert {
  #region;
  #retry;
  /** @type {Problem | null} */
  #shown = null;

  /**
   * @param {HTMLElement} region has role=alert from the start, so that what comes into it is read out
   * @param {() => void} retry
   */
  constructor(region, retry) {
    this.#region = region;
    this.#retry = retry;
  }

  /** @param {Problem} problem */
  show(problem) {
    // One cause can be reported twice, by the session and by the start that waited for it; it is read out once.
    if (problem.code === this.#shown?.code) return;
    this.#shown = problem;
    const { title, detail, hint } = wordsFor(problem);
    const button = make('button', { type: 'button', className: 'button' }, 'Try again');
    button.addEventListener('click', this.#retry, { once: true });
    const facts = make('dl', { className: 'facts inline' }, fact('Code', problem.code));
    if (problem.requestId) facts.append(fact('Request id', problem.requestId));
    this.#region.replaceChildren(
      make(
        'div',
        { className: 'alert' },
        make('h2', {}, title),
        make('p', { className: 'alert-detail' }, detail),
        make('p', { className: 'alert-hint' }, hint),
        facts,
        button,
      ),
    );
  }

  hide() {
    this.#shown = null;
    this.#region.replaceChildren();
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
function fact(name, value) {
  return make('div', {}, make('dt', {}, name), make('dd', {}, make('code', {}, value)));
}
