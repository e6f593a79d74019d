/**
 * The dashboard after sign-in. It is cloned from a template and removed as a whole, so that no data stays in the page after
 * signing out.
 */

import { byId } from '../demo/dom.js';
import { Chart } from './chart.js';
import { lastDays, currentDay } from './days.js';
import { showFailures } from './failures.js';
import { showReports } from './reports.js';
import { showTiles } from './tiles.js';
import { formatTime, errorText } from './words.js';

/** @import { DashboardData } from './api.js' */
/** @import { Problem } from '../demo/problem.js' */

export class Board {
  /** @type {DashboardData | null} */
  #data = null;
  #host;
  #sessions;
  #activity;

  /**
   * @param {HTMLElement} host
   * @param {() => void} refresh
   */
  constructor(host, refresh) {
    this.#host = host;
    host.append(/** @type {HTMLTemplateElement} */ (byId('board')).content.cloneNode(true));
    this.#sessions = new Chart(byId('sessions'), 'Sessions per day', [
      { counter: 'sessions_created', name: 'Created', shape: 'circle', dash: [] },
      { counter: 'sessions_refreshed', name: 'Refreshed', shape: 'square', dash: [8, 4] },
      { counter: 'sessions_cancelled', name: 'Cancelled', shape: 'triangle', dash: [2, 3] },
      { counter: 'sessions_failed', name: 'Failed', shape: 'diamond', dash: [8, 3, 2, 3] },
    ]);
    this.#activity = new Chart(byId('activity'), 'Messages and thread changes per day', [
      { counter: 'messages', name: 'Messages', shape: 'circle', dash: [] },
      { counter: 'thread_changes', name: 'Thread changes', shape: 'square', dash: [8, 4] },
    ]);
    byId('refresh').addEventListener('click', refresh);
    byId('range').addEventListener('change', () => this.#render());
    byId('dashboard-title').focus();
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
    this.#setNote(`Not up to date: ${title}. ${hint}`);
  }

  destroy() {
    this.#sessions.destroy();
    this.#activity.destroy();
    this.#host.replaceChildren();
  }

  #render() {
    if (!this.#data) return;
    const { stats, reports } = this.#data;
    const range = /** @type {HTMLInputElement} */ (byId('range').querySelector('input:checked'));
    const days = lastDays(stats.days, currentDay(stats.as_of), Number(range.value));
    const asOf = /** @type {HTMLTimeElement} */ (byId('as-of'));
    asOf.dateTime = new Date(stats.as_of * 1000).toISOString();
    asOf.textContent = formatTime(stats.as_of * 1000);
    showTiles(stats, days);
    this.#sessions.show(days);
    this.#activity.show(days);
    showFailures(stats.failures);
    showReports(reports);
  }

  /** @param {string} text */
  #setNote(text) {
    const note = byId('board-note');
    if (note.textContent !== text) note.textContent = text;
  }
}
