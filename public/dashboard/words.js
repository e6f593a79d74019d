/** Formats numbers, dates and errors for the dashboard, in the page's language. */

import { currentLanguage, formatLocale, getText } from '../demo/language.js';
import { PROBLEMS_ES } from '../demo/problems-es.js';
import { problemText } from '../demo/problems.js';

/** @import { Problem } from '../demo/problem.js' */

/**
 * A function that formats with the locale of the page's language. A formatter is slow to create, so it is kept per locale.
 * @template Value
 * @param {(locale: string) => { format: (value: Value) => string }} create
 * @returns {(value: Value) => string}
 */
function localized(create) {
  /** @type {Map<string, { format: (value: Value) => string }>} */
  const formats = new Map();
  return (value) => {
    const locale = formatLocale();
    const format = formats.get(locale) ?? create(locale);
    formats.set(locale, format);
    return format.format(value);
  };
}

/** @type {(options: Intl.NumberFormatOptions) => (value: number) => string} */
const number = (options) => localized((locale) => new Intl.NumberFormat(locale, options));
/** @type {(options: Intl.DateTimeFormatOptions) => (ms: number) => string} */
const date = (options) => localized((locale) => new Intl.DateTimeFormat(locale, options));

const shortDate = date({ timeZone: 'UTC', day: 'numeric', month: 'short' });
const longDate = date({ timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
const decimal = number({ maximumFractionDigits: 1 });

export const formatNumber = number({});
export const formatShare = number({ style: 'percent', maximumFractionDigits: 1 });
/** @type {(parts: string[]) => string} */
export const formatList = localized((locale) => new Intl.ListFormat(locale, { type: 'conjunction' }));
/** Averages below 100 get one decimal. @param {number} value */
export const formatAverage = (value) => (value < 100 ? decimal(value) : formatNumber(Math.round(value)));
/** @param {string} day */
export const formatShortDate = (day) => shortDate(Date.parse(day));
/** @param {string} day */
export const formatLongDate = (day) => longDate(Date.parse(day));
/** Date and time in the reader's time zone, from Unix milliseconds. */
export const formatTime = date({ dateStyle: 'medium', timeStyle: 'medium' });

/** Codes that mean something else here than in a chat: the start of the keys of their texts. @type {Record<string, string>} */
const OWN = { identity_required: 'error.token', not_found: 'error.off' };

/** @param {string} code */
function textOf(code) {
  if (currentLanguage() === 'es' && Object.hasOwn(PROBLEMS_ES, code)) return PROBLEMS_ES[code];
  return problemText(code);
}

/**
 * @param {Problem} problem
 * @returns {{ title: string, detail?: string, hint: string }} detail: the Worker's message, if it adds something
 */
export function errorText({ code, message }) {
  const own = (/** @type {string} */ key) => ({ title: getText(key), hint: getText(`${key}.hint`) });
  if (Object.hasOwn(OWN, code)) return own(OWN[code]);
  return { ...(textOf(code) ?? own('error.unknown')), detail: message };
}

/** The title of an error code, or '' for an unknown code. @param {string} code */
export const codeTitle = (code) => textOf(code)?.title ?? '';
