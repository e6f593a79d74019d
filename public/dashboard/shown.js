/** Which parts of the dashboard are shown: those of the active backend, and those that have counted something. */

import { ANSWER_COUNTERS, COST, SESSION_COUNTERS } from './days.js';

/** @import { CounterName, Counters } from './days.js' */

/** @typedef {'answers' | 'cost' | 'sessions' | 'pages'} Part */

/**
 * @param {Partial<Counters>} totals
 * @param {string | undefined} backend without it, chats are hosted by OpenAI
 * @returns {Set<Part>}
 */
export function shownParts(totals, backend = 'hosted') {
  const has = (/** @type {CounterName} */ counter) => (totals[counter] ?? 0) > 0;
  /** @type {Set<Part>} */
  const parts = new Set(['pages']);
  if (backend === 'agent' || ANSWER_COUNTERS.some(has)) parts.add('answers');
  if (backend === 'hosted' || SESSION_COUNTERS.some(has)) parts.add('sessions');
  // Only agents with a price have a cost.
  if (has(COST)) parts.add('cost');
  return parts;
}
