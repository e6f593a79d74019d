// Sample responses of the admin endpoints, the same in every run.
export const NOW = Date.parse('2026-11-21T14:20:00Z');
const DAY_MS = 86_400_000;

/** A generator of pseudorandom numbers between 0 and 1. */
function noise(seed = 7) {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

export const dateBefore = (/** @type {number} */ days) => new Date(NOW - days * DAY_MS).toISOString().slice(0, 10);

/**
 * Stats of a growing site with less traffic at weekends and one day of many failures.
 * @param {number} count number of days with events, today included
 */
export function statsOf(count) {
  const random = noise();
  const days = Array.from({ length: count }, (_, age) => {
    const date = dateBefore(age);
    const weekend = [0, 6].includes(new Date(date).getUTCDay()) ? 0.55 : 1;
    const soFar = age === 0 ? 0.6 : 1;
    const sessions = (150 - age) * weekend * soFar * (0.85 + 0.3 * random());
    const bad = age === 33 ? 14 : 1;
    return {
      date,
      sessions_created: Math.round(sessions),
      sessions_refreshed: Math.round(sessions * (0.5 + 0.1 * random())),
      sessions_cancelled: Math.round(sessions * (0.14 + 0.08 * random())),
      sessions_failed: Math.round(sessions * 0.06 * random() * bad),
      messages: Math.round(sessions * (6 + random())),
      thread_changes: Math.round(sessions * (1.3 + 0.4 * random())),
      client_errors: Math.round(sessions * 0.03 * random()),
    };
  });
  const names = /** @type {const} */ (['sessions_created', 'sessions_refreshed', 'sessions_cancelled', 'sessions_failed', 'messages',
    'thread_changes', 'client_errors']);
  const totals = Object.fromEntries(names.map((name) => [name, days.reduce((sum, day) => sum + day[name], 0)]));
  const left = totals.sessions_failed;
  /** @type {Record<string, number>} */
  const failures = left === 0 ? {} : {
    openai_unavailable: Math.ceil(left * 0.52),
    openai_timeout: Math.floor(left * 0.22),
    rate_limited: Math.floor(left * 0.14),
    openai_rate_limited: Math.floor(left * 0.08),
    openai_bad_response: Math.floor(left * 0.03),
  };
  return { as_of: NOW / 1000 - 60, totals, failures, days };
}

export const REPORTS = [
  {
    at: NOW - 9 * 60_000,
    message: "Cannot read properties of undefined (reading 'focus')",
    stack: "TypeError: Cannot read properties of undefined (reading 'focus')\n    at openChat (https://shop.example/assets/chat.js:41:12)\n    at HTMLButtonElement.<anonymous> (https://shop.example/assets/chat.js:12:5)",
    url: 'https://shop.example/checkout',
  },
  { at: NOW - 3 * 3_600_000, message: 'The widget did not report that it is ready within 30 seconds.', stack: '', url: 'https://shop.example/help' },
  {
    at: NOW - 26 * 3_600_000,
    message: 'Failed to fetch',
    stack: 'TypeError: Failed to fetch\n    at refresh (https://shop.example/assets/session.js:88:20)',
    url: 'https://shop.example/account/orders',
  },
  { at: NOW - 49 * 3_600_000, message: 'ResizeObserver loop completed with undelivered notifications.', stack: '', url: 'https://shop.example/' },
];
