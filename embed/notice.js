/**
 * The message in place of a chat that failed, or over one that cannot go on. On the owner's own pages (the Worker's origin
 * and this machine) it says all there is to say; a visitor of another site reads what concerns visitors, and the rest is
 * folded away.
 */

import { make } from '../public/demo/dom.js';
import { waitOf } from './retryable.js';
import { workerOrigin } from './worker.js';

/** @import { Problem } from '../public/demo/problem.js' */
/** @import { Words } from './words.js' */

const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|.+\.localhost)$/;
const isOwners = location.origin === workerOrigin || LOCAL.test(location.hostname);

export class Notice {
  #region = make('div', { className: 'alert', role: 'alert' });
  #retry;
  /** @type {HTMLButtonElement | null} */
  #button = null;
  /** @type {{ problem: Problem, passing: boolean } | null} */
  #shown = null;

  /** @param {() => void} retry */
  constructor(retry) {
    this.#retry = retry;
    this.#region.part.add('alert');
  }

  get element() {
    return this.#region;
  }

  /** Has the visitor's focus? */
  get isFocused() {
    return this.#region.matches(':focus-within');
  }

  /**
   * @param {Problem} problem
   * @param {boolean} passing whether the element tries again by itself
   * @param {Words} words
   */
  show(problem, passing, words) {
    const same = this.#shown?.problem.code === problem.code && this.#shown.problem.message === problem.message;
    this.#shown = { problem, passing };
    // What is shown already, as after each attempt that fails again, is not read out again: it is left as it is.
    if (same && this.#button) return this.busy(false, words);
    const focused = this.isFocused;
    const button = make('button', { type: 'button', className: 'again' }, words.tryAgain);
    button.part.add('button');
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') !== 'true') this.#retry();
    });
    this.#button = button;
    const box = make('div', { className: 'problem' }, ...(isOwners ? forOwner(problem, words) : forVisitor(problem, passing, words)));
    box.part.add('problem');
    if (passing) box.append(make('p', { className: 'itself' }, words.byItself));
    box.append(button);
    if (!isOwners) box.append(make('details', {}, make('summary', {}, words.details), ...facts(problem, words)));
    this.#region.replaceChildren(box);
    if (focused) button.focus();
  }

  /** Says that it is being tried again. @param {boolean} busy @param {Words} words */
  busy(busy, words) {
    if (!this.#button) return;
    const text = busy ? words.trying : words.tryAgain;
    if (this.#button.textContent === text) return;
    this.#button.textContent = text;
    // Not "disabled": that would take the focus away.
    this.#button.setAttribute('aria-disabled', String(busy));
  }

  /** In another language. @param {Words} words */
  translate(words) {
    const { problem, passing } = this.#shown ?? {};
    if (!problem) return;
    this.#shown = null;
    this.show(problem, Boolean(passing), words);
  }

  hide() {
    this.#shown = null;
    this.#button = null;
    this.#region.replaceChildren();
  }
}

/** @param {Problem} problem @param {Words} words */
function forOwner(problem, words) {
  const { title } = textsOf(problem, words);
  return [make('h2', {}, title), ...facts(problem, words)];
}

/** @param {Problem} problem @param {boolean} passing @param {Words} words */
function forVisitor(problem, passing, words) {
  const { offline, signIn, passing: later, lasting } = words.visitor;
  const said = { offline, identity_required: signIn }[problem.code] ?? (passing ? later : lasting);
  return [make('h2', {}, said.title), make('p', {}, said.hint)];
}

/** @param {Problem} problem @param {Words} words */
function textsOf(problem, words) {
  const { title, hint } = Object.hasOwn(words.problems, problem.code) ? words.problems[problem.code] : words.unknown;
  const wait = waitOf(problem) / 1000;
  return { title, hint: wait > 0 ? `${hint} ${words.free(wait)}` : hint };
}

/** @param {Problem} problem @param {Words} words */
function facts(problem, words) {
  const list = make('dl', {}, fact(words.code, problem.code));
  if (problem.requestId) list.append(fact(words.requestId, problem.requestId));
  // The Worker's own words are in English.
  return [make('p', { className: 'detail', lang: 'en' }, problem.message), make('p', {}, textsOf(problem, words).hint), list];
}

/** @param {string} name @param {string} value */
function fact(name, value) {
  return make('div', {}, make('dt', {}, name), make('dd', {}, make('code', {}, value)));
}
