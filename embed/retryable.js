/** Which causes of a failure pass by themselves, so that trying again can help, and how long to wait at least. */

/** @import { Problem } from '../public/demo/problem.js' */

const RETRYABLE_CODES = new Set([
  'offline',
  'worker_unreachable',
  'worker_timeout',
  'widget_script_failed',
  'openai_unavailable',
  'openai_timeout',
  'openai_rate_limited',
  'rate_limited',
  'daily_limit_reached',
  'internal',
]);

/** @param {Problem} problem */
export function isRetryable({ code, status }) {
  // What stands before a Worker that is being replaced, or has just failed, answers in words of its own.
  return RETRYABLE_CODES.has(code) || (code === 'worker_bad_answer' && status >= 500);
}

/** What Retry-After asks for, in milliseconds. @param {Problem} problem */
export function retryAfterMs({ retryAfter }) {
  return /^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) * 1000 : 0;
}

/** Of what it answered itself the Worker knows, and of these it cannot be told. @param {Problem} problem */
export const shouldReport = ({ code, requestId }) => requestId === null && code !== 'offline' && code !== 'origin_not_allowed';
