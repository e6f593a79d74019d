/** The dashboard's requests to the Worker. The token is sent as a header, never in a URL. */

import { getText } from '../demo/language.js';
import { toProblem, Problem } from '../demo/problem.js';
import { badResponse, fetchJson } from '../demo/worker.js';

/**
 * @import { Day, Counters } from './days.js'
 *
 * @typedef {object} Stats
 * @property {number} as_of Unix seconds up to which the numbers are complete
 * @property {Counters} totals
 * @property {Record<string, number>} failures failed sessions by code
 * @property {Day[]} days newest first; days without events are missing
 *
 * @typedef {{ at: number, message: string, stack: string, url: string }} Report `at` is in Unix milliseconds
 *
 * @typedef {object} DashboardData
 * @property {Stats} stats
 * @property {Report[] | Problem} reports
 */

/**
 * Fetches the counters and the latest error reports. The counters are shown even if the reports cannot be fetched.
 * @param {string} token
 * @returns {Promise<DashboardData>}
 */
export async function fetchDashboard(token) {
  // A header cannot carry other characters, so no Worker can have such a token.
  if (!/^[\x20-\x7e]+$/.test(token)) {
    throw new Problem('identity_required', getText('token.characters'));
  }
  const init = { headers: { Authorization: `Bearer ${token}` } };
  const [stats, reports] = await Promise.all([fetchStats(init), fetchReports(init).catch(toProblem)]);
  return { stats, reports };
}

/** @param {RequestInit} init */
async function fetchStats(init) {
  const path = '/api/chatkit/stats';
  const body = await fetchJson(path, init);
  const { as_of, totals, failures, days } = body;
  const isComplete = Number.isFinite(as_of) && totals && failures && Array.isArray(days);
  if (!isComplete) throw badResponse(path, 'the counters are missing');
  return /** @type {Stats} */ (body);
}

/** @param {RequestInit} init */
async function fetchReports(init) {
  const path = '/api/errors';
  const { reports } = await fetchJson(path, init);
  if (!Array.isArray(reports)) throw badResponse(path, 'the reports are missing');
  return /** @type {Report[]} */ (reports);
}
