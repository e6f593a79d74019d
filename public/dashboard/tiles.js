/**
 * The tiles: for each counter today's number, the average of the previous days, and the total; then how long answers took to
 * begin.
 */

import { byId, make } from '../demo/dom.js';
import { getText } from '../demo/language.js';
import { ANSWER_COUNTERS, COST, PAGE_COUNTERS, SESSION_COUNTERS, pastAverages } from './days.js';
import { quantile } from './first-token.js';
import { formatAverage, formatNumber, formatSeconds, formatShort } from './words.js';

/** @import { Stats } from './api.js' */
/** @import { CounterName, Day } from './days.js' */
/** @import { Histogram } from './first-token.js' */
/** @import { Part } from './shown.js' */

/** The tiles of the histogram, with the share of the answers that began within the time. */
const QUANTILES = /** @type {const} */ ([['first_token_median', 0.5], ['first_token_p95', 0.95]]);

/**
 * @param {Stats} stats
 * @param {Day[]} days oldest first, today last
 * @param {Set<Part>} parts what is shown
 */
export function showTiles({ totals, days: recorded, first_token_seconds: firstTokens }, days, parts) {
  const today = days[days.length - 1];
  const averages = pastAverages(days, recorded.at(-1)?.date);
  const compared = { 0: 'compared.none', 1: 'compared.day' }[averages.days] ?? 'compared.days';
  byId('tiles-note').textContent = getText(compared, { days: String(averages.days) });
  const counterTile = (/** @type {CounterName} */ counter) =>
    createTile(counter, formatShort(counter, today[counter]), [
      averages.days === 0
        ? getText('average.none')
        : getText('average', { count: formatAverage(counter, averages.average(counter)) }),
      getText('total', { count: formatShort(counter, totals[counter] ?? 0) }),
    ]);
  byId('tiles').replaceChildren(
    ...(parts.has('answers') ? ANSWER_COUNTERS.map(counterTile) : []),
    ...(parts.has('cost') ? [counterTile(COST)] : []),
    ...(parts.has('answers') ? QUANTILES.map(([name, share]) => quantileTile(name, share, firstTokens)) : []),
    ...(parts.has('sessions') ? SESSION_COUNTERS.map(counterTile) : []),
    ...PAGE_COUNTERS.map(counterTile),
  );
}

/**
 * @param {string} name
 * @param {number} share
 * @param {Histogram} histogram
 */
function quantileTile(name, share, histogram) {
  const time = quantile(histogram, share);
  if (!time) return createTile(name, '–', [getText('first.none')]);
  const seconds = formatSeconds(time.seconds);
  return createTile(name, time.isOver ? `> ${seconds}` : seconds, [
    getText('first.estimated'),
    getText('first.answers', { count: formatNumber(histogram.count) }),
  ]);
}

/**
 * @param {string} name also the key of its title
 * @param {string} figure
 * @param {string[]} notes
 */
function createTile(name, figure, notes) {
  const tile = make(
    'div',
    {},
    make('dt', {}, getText(name)),
    make('dd', { className: 'figure' }, figure),
    ...notes.map((note) => make('dd', {}, note)),
  );
  tile.dataset.counter = name;
  return tile;
}
