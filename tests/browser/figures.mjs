// Sample responses of the admin endpoints, the same in every run.
export const NOW = Date.parse('2026-11-21T14:20:00Z');
const DAY_MS = 86_400_000;

/** A generator of pseudorandom numbers between 0 and 1. */
function noise(seed = 7) {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

export const dateBefore = (/** @type {number} */ days) => new Date(NOW - days * DAY_MS).toISOString().slice(0, 10);

/** No time to the first token is known. */
const NO_FIRST_TOKENS = { count: 0, sum: 0, buckets: [0.25, 0.5, 1, 2, 4, 8, 16, 30].map((le) => ({ le, count: 0 })) };
const NO_ANSWERS = {
  answers: 0, answers_failed: 0, answers_stopped: 0, tool_calls: 0, input_tokens: 0, cached_input_tokens: 0, output_tokens: 0,
  cost_micros: 0,
};
const NO_SESSIONS = { sessions_created: 0, sessions_refreshed: 0, sessions_cancelled: 0, sessions_failed: 0 };

/**
 * The stats of a site whose Worker runs the chats itself: one answer for each message of `statsOf`, and no sessions.
 * @param {number} count number of days with events, today included
 */
export function agentStatsOf(count) {
  const random = noise(11);
  const { as_of, totals: sums, days: hosted } = statsOf(count);
  const days = hosted.map((day) => {
    const { messages } = day;
    const input = Math.round(messages * (2_100 + 300 * random()));
    const output = Math.round(messages * (220 + 40 * random()));
    const cached = Math.round(input * (0.5 + 0.1 * random()));
    return {
      ...day,
      ...NO_SESSIONS,
      answers: messages,
      answers_failed: Math.round(messages * 0.02 * random()),
      answers_stopped: Math.round(messages * 0.06 * random()),
      tool_calls: Math.round(messages * (0.3 + 0.1 * random())),
      input_tokens: input,
      cached_input_tokens: cached,
      output_tokens: output,
      cost_micros: Math.round((input - cached) * 1.25 + cached * 0.125 + output * 10),
    };
  });
  const totals = { ...sums, ...NO_ANSWERS, ...NO_SESSIONS };
  for (const name of /** @type {(keyof typeof NO_ANSWERS)[]} */ (Object.keys(NO_ANSWERS))) {
    totals[name] = days.reduce((sum, day) => sum + day[name], 0);
  }
  const { answers, answers_failed: failed } = totals;
  const shares = [0.03, 0.22, 0.61, 0.86, 0.96, 0.99, 0.998, 1];
  return {
    as_of,
    totals,
    failures: /** @type {Record<string, number>} */ (failed === 0 ? {} : { openai_unavailable: Math.ceil(failed * 0.6), answer_filtered: Math.floor(failed * 0.4) }),
    first_token_seconds: {
      count: answers,
      sum: answers * 1.3,
      buckets: NO_FIRST_TOKENS.buckets.map(({ le }, i) => ({ le, count: Math.round(answers * shares[i]) })),
    },
    days,
  };
}

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
      ...NO_ANSWERS,
    };
  });
  const names = /** @type {const} */ (['sessions_created', 'sessions_refreshed', 'sessions_cancelled', 'sessions_failed', 'messages',
    'thread_changes', 'client_errors']);
  const totals = { ...NO_SESSIONS, messages: 0, thread_changes: 0, client_errors: 0, ...NO_ANSWERS };
  for (const name of names) totals[name] = days.reduce((sum, day) => sum + day[name], 0);
  const left = totals.sessions_failed;
  /** @type {Record<string, number>} */
  const failures = left === 0 ? {} : {
    openai_unavailable: Math.ceil(left * 0.52),
    openai_timeout: Math.floor(left * 0.22),
    rate_limited: Math.floor(left * 0.14),
    openai_rate_limited: Math.floor(left * 0.08),
    openai_bad_response: Math.floor(left * 0.03),
  };
  return { as_of: NOW / 1000 - 60, totals, failures, first_token_seconds: NO_FIRST_TOKENS, days };
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
