/** The days that the dashboard shows: missing days are filled with zeros. A day is a UTC date. */

/**
 * @typedef {'sessions_created' | 'sessions_refreshed' | 'sessions_cancelled' | 'sessions_failed'
 *   | 'messages' | 'thread_changes' | 'client_errors'
 *   | 'answers' | 'answers_failed' | 'answers_stopped' | 'tool_calls'
 *   | 'input_tokens' | 'cached_input_tokens' | 'output_tokens' | 'cost_micros'} CounterName
 * @typedef {Record<CounterName, number>} Counters
 * @typedef {Counters & { date: string }} Day
 */

/** Answers of the Worker's own chat server. @type {CounterName[]} */
export const ANSWER_COUNTERS = [
  'answers',
  'answers_failed',
  'answers_stopped',
  'tool_calls',
  'input_tokens',
  'cached_input_tokens',
  'output_tokens',
];
/** In millionths of a US dollar. @type {CounterName} */
export const COST = 'cost_micros';
/** Sessions of chats that OpenAI hosts. @type {CounterName[]} */
export const SESSION_COUNTERS = ['sessions_created', 'sessions_refreshed', 'sessions_cancelled', 'sessions_failed'];
/** What pages and the Worker count with every backend. @type {CounterName[]} */
export const PAGE_COUNTERS = ['messages', 'thread_changes', 'client_errors'];
/** All of them. */
export const COUNTERS = [...ANSWER_COUNTERS, COST, ...SESSION_COUNTERS, ...PAGE_COUNTERS];

const DAY_MS = 86_400_000;

/** @param {number} ms */
const toDate = (ms) => new Date(ms).toISOString().slice(0, 10);

/**
 * Today's date, by the Worker's clock if it is ahead of this machine's.
 * @param {number} asOf Unix seconds
 */
export function currentDay(asOf, now = Date.now()) {
  return toDate(Math.max(now, asOf * 1000));
}

/**
 * The last `count` days up to today, oldest first.
 * @param {Day[]} days as the Worker returns them
 * @param {string} today
 * @param {number} count
 * @returns {Day[]}
 */
export function lastDays(days, today, count) {
  const byDate = new Map(days.map((day) => [day.date, day]));
  const end = Date.parse(today);
  return Array.from({ length: count }, (_, i) => {
    const date = toDate(end - (count - 1 - i) * DAY_MS);
    return { .../** @type {Counters} */ (zeros()), ...byDate.get(date), date };
  });
}

const zeros = () => Object.fromEntries(COUNTERS.map((name) => [name, 0]));

/**
 * Daily averages of the days before today. Days before the first event are left out: the site may not have been live.
 * @param {Day[]} shown oldest first, today last
 * @param {string | undefined} first the date of the first event
 * @returns {{ days: number, average: (name: CounterName) => number }}
 */
export function pastAverages(shown, first) {
  const counted = shown.slice(0, -1).filter(({ date }) => first !== undefined && date >= first);
  return {
    days: counted.length,
    average: (name) => counted.reduce((sum, day) => sum + day[name], 0) / counted.length,
  };
}
