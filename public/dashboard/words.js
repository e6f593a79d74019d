/** Formats numbers, dates and errors for the dashboard. */

import { problemText } from '../demo/problems.js';

/** @import { Problem } from '../demo/problem.js' */

const integerFormat = new Intl.NumberFormat();
const decimalFormat = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const shortDateFormat = new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', day: 'numeric', month: 'short' });
const longDateFormat = new Intl.DateTimeFormat(undefined, {
  timeZone: 'UTC',
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** @param {number} count */
export const formatNumber = (count) => integerFormat.format(count);
/** Averages below 100 get one decimal. @param {number} value */
export const formatAverage = (value) => (value < 100 ? decimalFormat.format(value) : integerFormat.format(Math.round(value)));
/** @param {string} date */
export const formatShortDate = (date) => shortDateFormat.format(Date.parse(date));
/** @param {string} date */
export const formatLongDate = (date) => longDateFormat.format(Date.parse(date));
/** Date and time in the reader's time zone. @param {number} ms */
export const formatTime = (ms) => timeFormat.format(ms);

/** @type {Record<string, { title: string, hint: string }>} */
const ERRORS = {
  identity_required: {
    title: 'The admin token is wrong',
    hint:
      'Enter the value of ADMIN_TOKEN: from .dev.vars on your own machine, or as you set it with npx wrangler secret ' +
      'put ADMIN_TOKEN.',
  },
  not_found: {
    title: 'The Worker has no admin token',
    hint:
      'Nobody can read the counters without one. Set ADMIN_TOKEN to a long random text: in .dev.vars on your own ' +
      'machine, with npx wrangler secret put ADMIN_TOKEN for the deployed Worker.',
  },
};
const UNKNOWN_ERROR = { title: 'The numbers could not be loaded', hint: 'Try again. The Worker’s log may have details.' };

/**
 * @param {Problem} problem
 * @returns {{ title: string, detail?: string, hint: string }} detail: the Worker's message, if it adds something
 */
export function errorText({ code, message }) {
  if (Object.hasOwn(ERRORS, code)) return ERRORS[code];
  return { ...(problemText(code) ?? UNKNOWN_ERROR), detail: message };
}

/** The title of an error code, or '' for an unknown code. @param {string} code */
export const codeTitle = (code) => problemText(code)?.title ?? '';
