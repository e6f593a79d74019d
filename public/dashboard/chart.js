/**
 * A plot with all that makes it readable without seeing it: a sentence that sums it up, a key with the numbers of one day,
 * arrow keys that move to another day, and a table.
 */

import { make } from '../demo/dom.js';
import { onThemeChange } from '../demo/theme.js';
import { sample } from './markers.js';
import { Plot } from './plot.js';
import { inWords, longDate, shortDate } from './words.js';

/** @import { Counter, Day } from './days.js' */
/** @import { Shape } from './markers.js' */

/** @typedef {{ counter: Counter, name: string, shape: Shape, dash: number[] }} Outcome */

export class Chart {
  /** @type {Day[]} */
  #days = [];
  #at = 0;
  #title;
  #lines;
  #plot;
  #forgetTheme;
  #summary = make('p', { className: 'summary' });
  #day = make('p', { className: 'key-day' });
  #canvas = make('div', { className: 'plot', tabIndex: 0, role: 'slider' });
  #rows = make('tbody', {});

  /**
   * @param {HTMLElement} section has a heading
   * @param {string} title
   * @param {Outcome[]} outcomes
   */
  constructor(section, title, outcomes) {
    this.#title = title;
    this.#lines = outcomes.map((outcome) => ({ ...outcome, sample: sample(outcome.shape, outcome.dash), value: make('b', {}) }));
    const key = make('ul', { className: 'key' });
    for (const { counter, name, sample, value } of this.#lines) {
      const item = make('li', {}, sample, `${name} `, value);
      item.dataset.counter = counter;
      key.append(item);
    }
    section.append(this.#summary, this.#day, key, this.#canvas, this.#table());
    this.#canvas.setAttribute('aria-label', `${title}: day`);
    this.#canvas.setAttribute('aria-valuemin', '1');
    this.#canvas.addEventListener('keydown', (event) => this.#press(event));
    this.#plot = new Plot(this.#canvas, this.#lines, (index) => this.#select(index ?? this.#days.length - 1));
    this.#forgetTheme = onThemeChange(() => this.#plot.repaint());
  }

  /** @param {Day[]} days oldest first, today last */
  show(days) {
    // The day on show stays the same day when the numbers are read again.
    const fromEnd = Math.max(0, this.#days.length - 1 - this.#at);
    this.#days = days;
    this.#plot.show(days);
    this.#summary.textContent = this.#sentence();
    this.#canvas.setAttribute('aria-valuemax', String(days.length));
    this.#go(Math.max(0, days.length - 1 - fromEnd));
    this.#rows.replaceChildren(
      ...days.toReversed().map((day) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, make('time', { dateTime: day.date }, shortDate(day.date))),
          ...this.#lines.map(({ counter }) => make('td', {}, inWords(day[counter]))),
        ),
      ),
    );
  }

  destroy() {
    this.#forgetTheme();
    this.#plot.destroy();
  }

  #sentence() {
    if (this.#lines.every(({ counter }) => this.#days.every((day) => day[counter] === 0))) {
      return `Nothing in these ${this.#days.length} days.`;
    }
    const [{ counter, name }] = this.#lines;
    const most = this.#days.reduce((best, day) => (day[counter] >= best[counter] ? day : best));
    const peak = most[counter] > 0 ? ` Most ${name.toLowerCase()}: ${inWords(most[counter])} on ${shortDate(most.date)}.` : '';
    const parts = this.#lines.map(({ counter, name }) => {
      const total = this.#days.reduce((count, day) => count + day[counter], 0);
      return `${inWords(total)} ${name.toLowerCase()}`;
    });
    return `${list(parts)} in ${this.#days.length} days.${peak}`;
  }

  #table() {
    const columns = this.#lines.map(({ name }) => make('th', { scope: 'col' }, name));
    const table = make(
      'table',
      {},
      make('caption', { className: 'unseen' }, this.#title),
      make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, 'Day'), ...columns)),
      this.#rows,
    );
    // It scrolls, so the keyboard must be able to get into it.
    const box = make('div', { className: 'table', tabIndex: 0, role: 'region' }, table);
    box.setAttribute('aria-label', `${this.#title}, as a table`);
    return make('details', {}, make('summary', {}, 'As a table'), box);
  }

  /** @param {number} index */
  #select(index) {
    const day = this.#days[index];
    if (!day) return;
    this.#at = index;
    const today = index === this.#days.length - 1;
    this.#day.textContent = today ? `${shortDate(day.date)}, so far` : shortDate(day.date);
    for (const { counter, value } of this.#lines) value.textContent = inWords(day[counter]);
    this.#canvas.setAttribute('aria-valuenow', String(index + 1));
    const values = this.#lines.map(({ counter, name }) => `${inWords(day[counter])} ${name.toLowerCase()}`);
    this.#canvas.setAttribute('aria-valuetext', `${longDate(day.date)}: ${list(values)}`);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.#days.length - 1;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowLeft: this.#at - 1,
      ArrowDown: this.#at - 1,
      ArrowRight: this.#at + 1,
      ArrowUp: this.#at + 1,
      PageDown: this.#at - 7,
      PageUp: this.#at + 7,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#go(Math.min(Math.max(target, 0), last));
  }

  /** @param {number} index */
  #go(index) {
    this.#plot.point(index === this.#days.length - 1 ? null : index);
    this.#select(index);
  }
}

const list = (/** @type {string[]} */ parts) => new Intl.ListFormat('en', { type: 'conjunction' }).format(parts);
