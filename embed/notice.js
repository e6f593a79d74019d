/**
 * The error message in place of a chat that failed to start, or above a running chat. On the Worker's origin and on localhost
 * it shows all details. On other sites it shows a short text for visitors, with the details collapsed.
 */

import { make } from '../public/demo/dom.js';
import { retryAfterMs } from './retryable.js';
import { workerOrigin } from './worker.js';

/** @import { Problem } from '../public/demo/problem.js' */
/** @import { Strings } from './strings.js' */

const LOCAL_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|.+\.localhost)$/;
const isOwnerPage = location.origin === workerOrigin || LOCAL_HOST.test(location.hostname);

export class Notice {
  #region = make('div', { className: 'alert', role: 'alert' });
  #retry;
  /** @type {HTMLButtonElement | null} */
  #button = null;
  /** @type {{ problem: Problem, retryable: boolean } | null} */
  #shown = null;

  /** @param {() => void} retry */
  constructor(retry) {
    this.#retry = retry;
    this.#region.part.add('alert');
  }

  get element() {
    return this.#region;
  }

  /** Whether the focus is inside the message. */
  get isFocused() {
    return this.#region.matches(':focus-within');
  }

  /**
   * @param {Problem} problem
   * @param {boolean} retryable whether the element retries automatically
   * @param {Strings} strings
   */
  show(problem, retryable, strings) {
    const isSame = this.#shown?.problem.code === problem.code && this.#shown.problem.message === problem.message;
    this.#shown = { problem, retryable };
    // Leave an unchanged message in place, so that screen readers do not announce it after every failed retry.
    if (isSame && this.#button) return this.setBusy(false, strings);
    const focused = this.isFocused;
    const button = make('button', { type: 'button', className: 'retry' }, strings.retry);
    button.part.add('button');
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') !== 'true') this.#retry();
    });
    this.#button = button;
    const content = isOwnerPage ? forOwner(problem, strings) : forVisitor(problem, retryable, strings);
    const box = make('div', { className: 'problem' }, ...content);
    box.part.add('problem');
    if (retryable) box.append(make('p', { className: 'auto-retry' }, strings.retriesAutomatically));
    box.append(button);
    if (!isOwnerPage) box.append(make('details', {}, make('summary', {}, strings.details), ...problemDetails(problem, strings)));
    this.#region.replaceChildren(box);
    if (focused) button.focus();
  }

  /** Shows on the button that a retry is in progress. @param {boolean} busy @param {Strings} strings */
  setBusy(busy, strings) {
    if (!this.#button) return;
    const text = busy ? strings.retrying : strings.retry;
    if (this.#button.textContent === text) return;
    this.#button.textContent = text;
    // Not "disabled": a disabled button loses the focus.
    this.#button.setAttribute('aria-disabled', String(busy));
  }

  /** Shows the message in another language. @param {Strings} strings */
  translate(strings) {
    const { problem, retryable } = this.#shown ?? {};
    if (!problem) return;
    this.#shown = null;
    this.show(problem, Boolean(retryable), strings);
  }

  hide() {
    this.#shown = null;
    this.#button = null;
    this.#region.replaceChildren();
  }
}

/** @param {Problem} problem @param {Strings} strings */
function forOwner(problem, strings) {
  const { title } = problemText(problem, strings);
  return [make('h2', {}, title), ...problemDetails(problem, strings)];
}

/** @param {Problem} problem @param {boolean} retryable @param {Strings} strings */
function forVisitor(problem, retryable, strings) {
  const { offline, signIn, temporary, permanent } = strings.visitor;
  const text = { offline, identity_required: signIn }[problem.code] ?? (retryable ? temporary : permanent);
  return [make('h2', {}, text.title), make('p', {}, text.hint)];
}

/** @param {Problem} problem @param {Strings} strings */
function problemText(problem, strings) {
  const { title, hint } = Object.hasOwn(strings.problems, problem.code) ? strings.problems[problem.code] : strings.unknown;
  const seconds = retryAfterMs(problem) / 1000;
  return { title, hint: seconds > 0 ? `${hint} ${strings.availableIn(seconds)}` : hint };
}

/** @param {Problem} problem @param {Strings} strings */
function problemDetails(problem, strings) {
  const list = make('dl', {}, detailRow(strings.code, problem.code));
  if (problem.requestId) list.append(detailRow(strings.requestId, problem.requestId));
  // The Worker's messages are in English.
  const { hint } = problemText(problem, strings);
  return [make('p', { className: 'detail', lang: 'en' }, problem.message), make('p', {}, hint), list];
}

/** @param {string} name @param {string} value */
function detailRow(name, value) {
  return make('div', {}, make('dt', {}, name), make('dd', {}, make('code', {}, value)));
}
