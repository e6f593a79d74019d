/**
 * The dashboard after sign-in. It is cloned from a template and removed as a whole, so that no data stays in the page after
 * signing out.
 */

import { byId } from '../demo/dom.js';
import { getText, translate } from '../demo/language.js';
import { Chart } from './chart.js';
import { shownParts } from './shown.js';
import { lastDays, currentDay } from './days.js';
import { showFailures } from './failures.js';
import { showReports } from './reports.js';
import { showTiles } from './tiles.js';
import { formatTime, errorText } from './words.js';

/** @import { SeriesOptions } from './chart.js' */
/** @import { Part } from './shown.js' */

/** @import { DashboardData } from './api.js' */
/** @import { Problem } from '../demo/problem.js' */

/** @type {{ id: string, part: Part, series: SeriesOptions[] }[]} `id` is that of the section */
const PLOTS = [
  {
    id: 'answers',
    part: 'answers',
    series: [
      { counter: 'answers', shape: 'circle', dash: [] },
      { counter: 'tool_calls', shape: 'square', dash: [8, 4] },
      { counter: 'answers_stopped', shape: 'triangle', dash: [2, 3] },
      { counter: 'answers_failed', shape: 'diamond', dash: [8, 3, 2, 3] },
    ],
  },
  {
    id: 'tokens',
    part: 'answers',
    series: [
      { counter: 'input_tokens', shape: 'circle', dash: [] },
      { counter: 'cached_input_tokens', shape: 'square', dash: [8, 4] },
      { counter: 'output_tokens', shape: 'triangle', dash: [2, 3] },
    ],
  },
  { id: 'cost', part: 'cost', series: [{ counter: 'cost_micros', shape: 'circle', dash: [] }] },
  {
    id: 'sessions',
    part: 'sessions',
    series: [
      { counter: 'sessions_created', shape: 'circle', dash: [] },
      { counter: 'sessions_refreshed', shape: 'square', dash: [8, 4] },
      { counter: 'sessions_cancelled', shape: 'triangle', dash: [2, 3] },
      { counter: 'sessions_failed', shape: 'diamond', dash: [8, 3, 2, 3] },
    ],
  },
  {
    id: 'activity',
    part: 'pages',
    series: [
      { counter: 'messages', shape: 'circle', dash: [] },
      { counter: 'thread_changes', shape: 'square', dash: [8, 4] },
    ],
  },
];

export class Board {
  /** @type {DashboardData | null} */
  #data = null;
  #host;
  #charts;

  /**
   * @param {HTMLElement} host
   * @param {() => void} refresh
   * @param {string} [range] the number of days shown
   */
  constructor(host, refresh, range) {
    this.#host = host;
    host.append(/** @type {HTMLTemplateElement} */ (byId('board')).content.cloneNode(true));
    translate(host);
    if (range) /** @type {HTMLInputElement} */ (byId('range').querySelector(`[value="${range}"]`)).checked = true;
    this.#charts = PLOTS.map(({ id, part, series }) => {
      const section = byId(id);
      return { part, section, chart: new Chart(section, getText(`${id}.chart`), series) };
    });
    byId('refresh').addEventListener('click', refresh);
    byId('range').addEventListener('change', () => this.#render());
  }

  /** The number of days shown. */
  get range() {
    return /** @type {HTMLInputElement} */ (byId('range').querySelector('input:checked')).value;
  }

  get data() {
    return this.#data;
  }

  /** @param {DashboardData} data */
  show(data) {
    this.#data = data;
    this.#setNote('');
    this.#render();
  }

  /** Shows that the numbers are out of date. @param {Problem} problem */
  showStale(problem) {
    const { title, hint } = errorText(problem);
    this.#setNote(getText('stale', { title, hint }));
  }

  destroy() {
    for (const { chart } of this.#charts) chart.destroy();
    this.#host.replaceChildren();
  }

  #render() {
    if (!this.#data) return;
    const { stats, reports, backend } = this.#data;
    const parts = shownParts(stats.totals, backend);
    const days = lastDays(stats.days, currentDay(stats.as_of), Number(this.range));
    const first = stats.days.at(-1)?.date;
    const asOf = /** @type {HTMLTimeElement} */ (byId('as-of'));
    asOf.dateTime = new Date(stats.as_of * 1000).toISOString();
    asOf.textContent = formatTime(stats.as_of * 1000);
    showTiles(stats, days, parts);
    for (const { part, section, chart } of this.#charts) {
      section.hidden = !parts.has(part);
      chart.show(days, first);
    }
    showFailures(stats.failures);
    showReports(reports);
  }

  /** @param {string} text */
  #setNote(text) {
    const note = byId('board-note');
    if (note.textContent !== text) note.textContent = text;
  }
}
