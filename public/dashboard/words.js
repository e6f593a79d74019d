/** Formats numbers, dates and errors for the dashboard, in the page's language. */

import { currentLanguage, formatLocale, getText } from '../demo/language.js';
import { PROBLEMS_ES } from '../demo/problems-es.js';
import { problemText } from '../demo/problems.js';
import { COST } from './days.js';

/** @import { Problem } from '../demo/problem.js' */
/** @import { CounterName } from './days.js' */

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

// British English writes a million as "m", which could be a thousandth.
const compact = localized((locale) =>
  new Intl.NumberFormat(locale.replace('en-GB', 'en-US'), { notation: 'compact', maximumSignificantDigits: 3 }));
// The titles say that they are US dollars.
const DOLLARS = /** @type {const} */ ({ style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' });
const dollars = number(DOLLARS);
const smallDollars = number({ ...DOLLARS, maximumSignificantDigits: 2 });
const wholeDollars = number({ ...DOLLARS, maximumFractionDigits: 0 });
const tenths = number({ style: 'unit', unit: 'second', unitDisplay: 'narrow', maximumFractionDigits: 1 });
const hundredths = number({ style: 'unit', unit: 'second', unitDisplay: 'narrow', maximumFractionDigits: 2 });

export const formatNumber = number({});
/** @param {number} value in seconds */
export const formatSeconds = (value) => (value < 1 ? hundredths(value) : tenths(value));
/** @param {number} micros in millionths of a US dollar */
const formatCost = (micros) => (micros > 0 && micros < 10_000 ? smallDollars : dollars)(micros / 1e6);
/** The exact number of a counter, with its unit. @param {CounterName} counter @param {number} value */
export const formatCounter = (counter, value) => (counter === COST ? formatCost(value) : formatNumber(value));
/** The same in few characters. @param {CounterName} counter @param {number} value */
export function formatShort(counter, value) {
  if (counter === COST) return value < 100_000_000 ? formatCost(value) : wholeDollars(value / 1e6);
  return value < 100_000 ? formatNumber(value) : compact(value);
}
export const formatShare = number({ style: 'percent', maximumFractionDigits: 1 });
/** @type {(parts: string[]) => string} */
export const formatList = localized((locale) => new Intl.ListFormat(locale, { type: 'conjunction' }));
/** Averages below 100 get one decimal. @param {CounterName} counter @param {number} value */
export function formatAverage(counter, value) {
  return value < 100 && counter !== COST ? decimal(value) : formatShort(counter, Math.round(value));
}
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
