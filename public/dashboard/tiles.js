/** One tile per counter: today's number, the average of the previous days, and the total. */

import { byId, make } from '../demo/dom.js';
import { getText } from '../demo/language.js';
import { pastAverages, COUNTERS } from './days.js';
import { formatAverage, formatNumber } from './words.js';

/** @import { Stats } from './api.js' */
/** @import { Day } from './days.js' */

/**
 * @param {Stats} stats
 * @param {Day[]} days oldest first, today last
 */
export function showTiles({ totals, days: recorded }, days) {
  const today = days[days.length - 1];
  const averages = pastAverages(days, recorded.at(-1)?.date);
  const compared = { 0: 'compared.none', 1: 'compared.day' }[averages.days] ?? 'compared.days';
  byId('tiles-note').textContent = getText(compared, { days: String(averages.days) });
  byId('tiles').replaceChildren(
    ...COUNTERS.map((counter) => {
      const tile = make(
        'div',
        {},
        make('dt', {}, getText(counter)),
        make('dd', { className: 'figure' }, formatNumber(today[counter])),
        make('dd', {}, averages.days === 0
          ? getText('average.none')
          : getText('average', { count: formatAverage(averages.average(counter)) })),
        make('dd', {}, getText('total', { count: formatNumber(totals[counter] ?? 0) })),
      );
      tile.dataset.counter = counter;
      return tile;
    }),
  );
}
