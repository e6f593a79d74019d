/**
 * An accessible chart: a plot with a one-sentence summary, a legend with the numbers of the selected day, keyboard selection
 * of days, and a table.
 */

import { make } from '../demo/dom.js';
import { getText } from '../demo/language.js';
import { onThemeChange } from '../demo/theme.js';
import { createSample } from './markers.js';
import { Plot } from './plot.js';
import { formatCounter, formatList, formatLongDate, formatShortDate } from './words.js';

/** @import { CounterName, Day } from './days.js' */
/** @import { Shape } from './markers.js' */

/** @typedef {{ counter: CounterName, shape: Shape, dash: number[] }} SeriesOptions */

export class Chart {
  /** @type {Day[]} */
  #days = [];
  #selected = 0;
  #title;
  #lines;
  #plot;
  #unsubscribe;
  #summary = make('p', { className: 'summary' });
  #day = make('p', { className: 'key-day' });
  #canvas = make('div', { className: 'plot', tabIndex: 0, role: 'slider' });
  #rows = make('tbody', {});

  /**
   * @param {HTMLElement} section has a heading
   * @param {string} title
   * @param {SeriesOptions[]} series
   */
  constructor(section, title, series) {
    this.#title = title;
    this.#lines = series.map((options) => ({
      ...options,
      name: getText(`line.${options.counter}`),
      sample: createSample(options.shape, options.dash),
      value: make('b', {}),
    }));
    const key = make('ul', { className: 'key' });
    for (const { counter, name, sample, value } of this.#lines) {
      const item = make('li', {}, sample, `${name} `, value);
      item.dataset.counter = counter;
      key.append(item);
    }
    section.append(this.#summary, this.#day, key, this.#canvas, this.#createTable());
    this.#canvas.setAttribute('aria-label', getText('chart.slider', { title }));
    this.#canvas.setAttribute('aria-valuemin', '1');
    this.#canvas.addEventListener('keydown', (event) => this.#onKeyDown(event));
    this.#plot = new Plot(this.#canvas, this.#lines, (index) => this.#select(index ?? this.#days.length - 1));
    this.#unsubscribe = onThemeChange(() => this.#plot.repaint());
  }

  /**
   * @param {Day[]} days oldest first, today last
   * @param {string | undefined} first the date of the first event
   */
  show(days, first) {
    // Keep the same day selected after a refresh.
    const fromEnd = Math.max(0, this.#days.length - 1 - this.#selected);
    this.#days = days;
    this.#plot.show(days, first);
    this.#summary.textContent = this.#summarize();
    this.#canvas.setAttribute('aria-valuemax', String(days.length));
    this.#moveTo(Math.max(0, days.length - 1 - fromEnd));
    this.#rows.replaceChildren(
      ...days.toReversed().map((day) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, make('time', { dateTime: day.date }, formatShortDate(day.date))),
          ...this.#lines.map(({ counter }) => make('td', {}, formatCounter(counter, day[counter]))),
        ),
      ),
    );
  }

  destroy() {
    this.#unsubscribe();
    this.#plot.destroy();
  }

  #summarize() {
    const days = String(this.#days.length);
    if (this.#lines.every(({ counter }) => this.#days.every((day) => day[counter] === 0))) return getText('chart.none', { days });
    const [{ counter, name }] = this.#lines;
    const peakDay = this.#days.reduce((best, day) => (day[counter] >= best[counter] ? day : best));
    const max = peakDay[counter];
    const count = `${formatCounter(counter, max)} ${name.toLowerCase()}`;
    const peak = max > 0 ? ` ${getText('chart.peak', { count, day: formatShortDate(peakDay.date) })}` : '';
    const parts = this.#lines.map(({ counter, name }) => {
      const total = this.#days.reduce((count, day) => count + day[counter], 0);
      return `${formatCounter(counter, total)} ${name.toLowerCase()}`;
    });
    return getText('chart.sum', { list: formatList(parts), days }) + peak;
  }

  #createTable() {
    const columns = this.#lines.map(({ name }) => make('th', { scope: 'col' }, name));
    const table = make(
      'table',
      {},
      make('caption', { className: 'unseen' }, this.#title),
      make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, getText('table.day')), ...columns)),
      this.#rows,
    );
    // The table scrolls, so it must be focusable by keyboard.
    const box = make('div', { className: 'table', tabIndex: 0, role: 'region' }, table);
    box.setAttribute('aria-label', getText('table.name', { title: this.#title }));
    return make('details', {}, make('summary', {}, getText('table.show')), box);
  }

  /** @param {number} index */
  #select(index) {
    const day = this.#days[index];
    if (!day) return;
    this.#selected = index;
    const today = index === this.#days.length - 1;
    const date = formatShortDate(day.date);
    this.#day.textContent = today ? getText('chart.today', { day: date }) : date;
    for (const { counter, value } of this.#lines) value.textContent = formatCounter(counter, day[counter]);
    this.#canvas.setAttribute('aria-valuenow', String(index + 1));
    const values = this.#lines.map(({ counter, name }) => `${formatCounter(counter, day[counter])} ${name.toLowerCase()}`);
    this.#canvas.setAttribute('aria-valuetext', `${formatLongDate(day.date)}: ${formatList(values)}`);
  }

  /** @param {KeyboardEvent} event */
  #onKeyDown(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.#days.length - 1;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowLeft: this.#selected - 1,
      ArrowDown: this.#selected - 1,
      ArrowRight: this.#selected + 1,
      ArrowUp: this.#selected + 1,
      PageDown: this.#selected - 7,
      PageUp: this.#selected + 7,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#moveTo(Math.min(Math.max(target, 0), last));
  }

  /** @param {number} index */
  #moveTo(index) {
    this.#plot.setCursor(index === this.#days.length - 1 ? null : index);
    this.#select(index);
  }
}
