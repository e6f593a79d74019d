/** What the dashboard reads from the Worker. The token goes along as a header, never in an address. */

import { asProblem, Problem } from '../demo/problem.js';
import { badAnswer, call } from '../demo/worker.js';

/**
 * @import { Day, Numbers } from './days.js'
 *
 * @typedef {object} Stats
 * @property {number} as_of Unix seconds up to which the numbers are complete
 * @property {Numbers} totals
 * @property {Record<string, number>} failures sessions failed, by code
 * @property {Day[]} days newest first; days without events are absent
 *
 * @typedef {{ at: number, message: string, stack: string, url: string }} Report `at` is in Unix milliseconds
 *
 * @typedef {object} Numbered
 * @property {Stats} stats
 * @property {Report[] | Problem} reports
 */

/**
 * The counters and the latest reports. The counters are shown even where the reports cannot be read.
 * @param {string} token
 * @returns {Promise<Numbered>}
 */
export async function read(token) {
  // No header can carry anything else, so no Worker can have such a token.
  if (!/^[\x20-\x7e]+$/.test(token)) throw new Problem('identity_required', 'A token has only plain letters, digits and signs.');
  const init = { headers: { Authorization: `Bearer ${token}` } };
  const [stats, reports] = await Promise.all([readStats(init), readReports(init).catch(asProblem)]);
  return { stats, reports };
}

/** @param {RequestInit} init */
async function readStats(init) {
  const path = '/api/chatkit/stats';
  const body = await call(path, init);
  const { as_of, totals, failures, days } = body;
  if (!Number.isFinite(as_of) || !totals || !failures || !Array.isArray(days)) throw badAnswer(path, 'without the counters');
  return /** @type {Stats} */ (body);
}

/** @param {RequestInit} init */
async function readReports(init) {
  const path = '/api/errors';
  const { reports } = await call(path, init);
  if (!Array.isArray(reports)) throw badAnswer(path, 'without reports');
  return /** @type {Report[]} */ (reports);
}
