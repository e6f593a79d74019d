/** The latest error reports of pages. Their content is untrusted: it is shown as text only, and URLs are not links. */

import { byId, make } from '../demo/dom.js';
import { getText } from '../demo/language.js';
import { Problem } from '../demo/problem.js';
import { formatTime, errorText } from './words.js';

/** @import { Report } from './api.js' */

/** Open stacks stay open after a refresh. @param {Report[] | Problem} reports */
export function showReports(reports) {
  const list = byId('reports');
  const empty = byId('reports-empty');
  if (reports instanceof Problem) {
    empty.textContent = `${errorText(reports).title}.`;
    list.replaceChildren();
  } else {
    empty.textContent = getText('reports.none');
    const previous = new Map([...list.children].map((item) => [/** @type {HTMLElement} */ (item).dataset.report, item]));
    list.replaceChildren(
      ...reports.map((report) => {
        const key = JSON.stringify(report);
        const item = previous.get(key) ?? createItem(report);
        // Reports can be identical, but each element can be in the list only once.
        previous.delete(key);
        /** @type {HTMLElement} */ (item).dataset.report = key;
        return item;
      }),
    );
  }
  list.hidden = list.children.length === 0;
  empty.hidden = !list.hidden;
}

/** @param {Report} report */
function createItem({ at, message, stack, url }) {
  const item = make(
    'li',
    {},
    make('time', { dateTime: new Date(at).toISOString() }, formatTime(at)),
    make('p', {}, make('strong', {}, message || getText('reports.no.message'))),
  );
  if (url) item.append(make('p', {}, make('code', {}, url)));
  if (stack) {
    const pre = make('pre', { tabIndex: 0 }, make('code', {}, stack));
    item.append(make('details', {}, make('summary', {}, getText('reports.stack')), pre));
  }
  return item;
}
