/** What the dashboard reads from the Worker. The token goes along as a header, never in an address. */

import { toProblem, Problem } from '../demo/problem.js';
import { badResponse, fetchJson } from '../demo/worker.js';

/**
 * @import { Day, Counters } from './days.js'
 *
 * @typedef {object} Stats
 * @property {number} as_of Unix seconds up to which the numbers are complete
 * @property {Counters} totals
 * @property {Record<string, number>} failures sessions failed, by code
 * @property {Day[]} days newest first; days without events are absent
 *
 * @typedef {{ at: number, message: string, stack: string, url: string }} Report `at` is in Unix milliseconds
 *
 * @typedef {object} DashboardData
 * @property {Stats} stats
 * @property {Report[] | Problem} reports
 */

/**
 * The counters and the latest reports. The counters are shown even where the reports cannot be read.
 * @param {string} token
 * @returns {Promise<DashboardData>}
 */
export async function fetchDashboard(token) {
  // No header can carry anything else, so no Worker can have such a token.
  if (!/^[\x20-\x7e]+$/.test(token)) throw new Problem('identity_required', 'A token has only plain letters, digits and signs.');
  const init = { headers: { Authorization: `Bearer ${token}` } };
  const [stats, reports] = await Promise.all([fetchStats(init), fetchReports(init).catch(toProblem)]);
  return { stats, reports };
}

/** @param {RequestInit} init */
async function fetchStats(init) {
  const path = '/api/chatkit/stats';
  const body = await fetchJson(path, init);
  const { as_of, totals, failures, days } = body;
  if (!Number.isFinite(as_of) || !totals || !failures || !Array.isArray(days)) throw badResponse(path, 'without the counters');
  return /** @type {Stats} */ (body);
}

/** @param {RequestInit} init */
async function fetchReports(init) {
  const path = '/api/errors';
  const { reports } = await fetchJson(path, init);
  if (!Array.isArray(reports)) throw badResponse(path, 'without reports');
  return /** @type {Report[]} */ (reports);
}
