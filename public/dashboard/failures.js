/** The table of failed sessions and answers by code, most frequent first, with a bar in each row. */

import { byId, make } from '../demo/dom.js';
import { formatNumber, formatShare, codeTitle } from './words.js';

/** @param {Record<string, number>} failures */
export function showFailures(failures) {
  const codes = Object.entries(failures)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  const total = codes.reduce((total, [, count]) => total + count, 0);
  const max = codes[0]?.[1] ?? 1;
  byId('failures-rows').replaceChildren(
    ...codes.map(([code, count]) =>
      make(
        'tr',
        {},
        make('th', { scope: 'row' }, make('code', {}, code), make('span', {}, codeTitle(code)), bar(count / max)),
        make('td', {}, formatNumber(count)),
        make('td', {}, formatShare(count / total)),
      ),
    ),
  );
  byId('failures').hidden = codes.length === 0;
  byId('failures-empty').hidden = codes.length > 0;
}

/** @param {number} share */
function bar(share) {
  const fill = make('span', { className: 'bar-fill' });
  fill.style.width = `${share * 100}%`;
  const track = make('span', { className: 'bar-track' }, fill);
  track.setAttribute('aria-hidden', 'true');
  return track;
}
