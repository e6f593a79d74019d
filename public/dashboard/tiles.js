/** One tile for each counter: today's number beside that of an average day before, and all since the start. */

import { byId, make } from '../demo/dom.js';
import { before, COUNTERS, NAMES } from './days.js';
import { average, inWords } from './words.js';

/** @import { Stats } from './api.js' */
/** @import { Day } from './days.js' */

/**
 * @param {Stats} stats
 * @param {Day[]} days oldest first, today last
 */
export function showTiles({ totals, days: recorded }, days) {
  const today = days[days.length - 1];
  const past = before(days, recorded.at(-1)?.date);
  byId('tiles-note').textContent =
    past.days === 0
      ? 'There is no day before to compare with.'
      : `Beside the average of the ${past.days === 1 ? 'day' : `${past.days} days`} before.`;
  byId('tiles').replaceChildren(
    ...COUNTERS.map((counter) => {
      const tile = make(
        'div',
        {},
        make('dt', {}, NAMES[counter]),
        make('dd', { className: 'figure' }, inWords(today[counter])),
        make('dd', {}, past.days === 0 ? 'no average yet' : `${average(past.of(counter))} on average`),
        make('dd', {}, `${inWords(totals[counter] ?? 0)} in all`),
      );
      tile.dataset.counter = counter;
      return tile;
    }),
  );
}
