/** How numbers, dates and problems are written on the dashboard. */

import { problemText } from '../demo/problems.js';

/** @import { Problem } from '../demo/problem.js' */

const integerFormat = new Intl.NumberFormat();
const decimalFormat = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const shortDateFormat = new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', day: 'numeric', month: 'short' });
const longDateFormat = new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** @param {number} count */
export const formatNumber = (count) => integerFormat.format(count);
/** An average: with a decimal only where it says something. @param {number} value */
export const formatAverage = (value) => (value < 100 ? decimalFormat.format(value) : integerFormat.format(Math.round(value)));
/** @param {string} date */
export const formatShortDate = (date) => shortDateFormat.format(Date.parse(date));
/** @param {string} date */
export const formatLongDate = (date) => longDateFormat.format(Date.parse(date));
/** In the reader's own time zone. @param {number} ms */
export const formatTime = (ms) => timeFormat.format(ms);

/** @type {Record<string, { title: string, hint: string }>} */
const ERRORS = {
  identity_required: {
    title: 'This is not the admin token',
    hint: 'It is the value of ADMIN_TOKEN: in .dev.vars on your own machine, or as you set it with npx wrangler secret put ADMIN_TOKEN.',
  },
  not_found: {
    title: 'The Worker has no admin token',
    hint: 'Without one nobody can read the counters. Set ADMIN_TOKEN to a long random text: in .dev.vars on your own machine, with npx wrangler secret put ADMIN_TOKEN for the deployed Worker.',
  },
};
const UNKNOWN_ERROR = { title: 'The numbers could not be read', hint: 'Try again. The Worker’s log may say more.' };

/**
 * @param {Problem} problem
 * @returns {{ title: string, detail?: string, hint: string }} detail where the Worker's own words add something
 */
export function errorText({ code, message }) {
  if (Object.hasOwn(ERRORS, code)) return ERRORS[code];
  return { ...(problemText(code) ?? UNKNOWN_ERROR), detail: message };
}

/** What a failure's code means, if it is one the Worker is known to give. @param {string} code */
export const codeTitle = (code) => problemText(code)?.title ?? '';
