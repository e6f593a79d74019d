/** Which problems are temporary and worth a retry, how long to wait, and which ones to report to the Worker. */

/** @import { Problem } from '../public/demo/problem.js' */

const RETRYABLE_CODES = new Set([
  'offline',
  'worker_unreachable',
  'worker_timeout',
  'token_timeout',
  'widget_script_failed',
  'openai_unavailable',
  'openai_timeout',
  'openai_rate_limited',
  'rate_limited',
  'daily_limit_reached',
  'keys_unavailable',
  'internal',
]);

/** @param {Problem} problem */
export function isRetryable({ code, status }) {
  // Proxies in front of a Worker that is restarting or has crashed send their own 5xx pages.
  return RETRYABLE_CODES.has(code) || (code === 'worker_bad_answer' && status >= 500);
}

/** The Retry-After header in milliseconds, or 0. @param {Problem} problem */
export function retryAfterMs({ retryAfter }) {
  return /^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) * 1000 : 0;
}

/** Skips errors the Worker itself returned (it already knows) and those that could not reach it. @param {Problem} problem */
export const shouldReport = ({ code, requestId }) => requestId === null && code !== 'offline' && code !== 'origin_not_allowed';
