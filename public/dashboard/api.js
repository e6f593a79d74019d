/** The dashboard's requests to the Worker. The token is sent as a header, never in a URL. */

import { getText } from '../demo/language.js';
import { toProblem, Problem } from '../demo/problem.js';
import { badResponse, fetchJson } from '../demo/worker.js';

/**
 * @import { Day, Counters } from './days.js'
 * @import { Histogram } from './first-token.js'
 *
 * @typedef {object} Stats
 * @property {number} as_of Unix seconds up to which the numbers are complete
 * @property {Counters} totals
 * @property {Record<string, number>} failures failed sessions and answers by code
 * @property {Histogram} first_token_seconds
 * @property {Day[]} days newest first; days without events are missing
 *
 * @typedef {{ at: number, message: string, stack: string, url: string }} Report `at` is in Unix milliseconds
 *
 * @typedef {object} DashboardData
 * @property {Stats} stats
 * @property {Report[] | Problem} reports
 * @property {string | undefined} backend who runs the chats, if the Worker says so
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
  const [stats, reports, backend] = await Promise.all([
    fetchStats(init),
    fetchReports(init).catch(toProblem),
    fetchBackend().catch(() => undefined),
  ]);
  return { stats, reports, backend };
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

/** Everybody may know the backend, so the token is not sent. */
async function fetchBackend() {
  const { backend } = await fetchJson('/api/chatkit/config', {});
  return typeof backend === 'string' ? backend : undefined;
}

/** @param {RequestInit} init */
async function fetchReports(init) {
  const path = '/api/errors';
  const { reports } = await fetchJson(path, init);
  if (!Array.isArray(reports)) throw badResponse(path, 'the reports are missing');
  return /** @type {Report[]} */ (reports);
}
