// Medians with their spread, and Markdown tables.

const sorted = (/** @type {Iterable<number>} */ values) => [...values].sort((a, b) => a - b);

/** The value that a share of the sorted values lies below. */
export const quantile = (/** @type {ArrayLike<number>} */ values, /** @type {number} */ share) =>
  values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;

/** @typedef {{ median: number, least: number, most: number }} Figure */

/** @param {Iterable<number>} values @returns {Figure} */
export function figure(values) {
  const all = sorted(values);
  const middle = all.length / 2;
  const median = (quantile(all, 0.5) + (all[Math.ceil(middle) - 1] ?? NaN)) / 2;
  return { median, least: all[0] ?? NaN, most: all.at(-1) ?? NaN };
}

/** The median, with the quartiles in place of the minimum and the maximum. @param {Iterable<number>} values @returns {Figure} */
export function quartiles(values) {
  const all = sorted(values);
  return { median: figure(all).median, least: quantile(all, 0.25), most: quantile(all, 0.75) };
}

const digits = (/** @type {number} */ value) => (Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0);
const number = (/** @type {number} */ value, places = digits(value)) =>
  value.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places });

/** `median (least–most)`, or a dash if nothing was measured. */
export function show(/** @type {Figure | number | undefined} */ value) {
  if (value === undefined) return '–';
  if (typeof value === 'number') return number(value);
  const { median, least, most } = value;
  const places = digits(median);
  return `${number(median, places)} (${number(least, places)}–${number(most, places)})`;
}

/** @param {string[]} columns @param {string[][]} rows */
export function table(columns, rows) {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i].length)));
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [line(columns), rule, ...rows.map(line)].join('\n');
}
