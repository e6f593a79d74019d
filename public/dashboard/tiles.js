/** One tile per counter: today's number, the average of the previous days, and the total. */

import { byId, make } from '../demo/dom.js';
import { pastAverages, COUNTERS, LABELS } from './days.js';
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
  byId('tiles-note').textContent =
    averages.days === 0
      ? 'There are no earlier days to compare with.'
      : `Compared with the average of the previous ${averages.days === 1 ? 'day' : `${averages.days} days`}.`;
  byId('tiles').replaceChildren(
    ...COUNTERS.map((counter) => {
      const tile = make(
        'div',
        {},
        make('dt', {}, LABELS[counter]),
        make('dd', { className: 'figure' }, formatNumber(today[counter])),
        make('dd', {}, averages.days === 0 ? 'no average yet' : `${formatAverage(averages.average(counter))} on average`),
        make('dd', {}, `${formatNumber(totals[counter] ?? 0)} in total`),
      );
      tile.dataset.counter = counter;
      return tile;
    }),
  );
}
