// Events of two servers as they can be compared: without ids, times and the sizes of deltas, and where they differ.

/** @typedef {Record<string, any>} Event */

const TEXT_DELTA = 'assistant_message.content_part.text_delta';

/** Gives each id a name: what it is the id of, and a number. */
function newNames() {
  /** @type {Map<string, string>} */
  const names = new Map();
  /** @type {Map<string, number>} */
  const counts = new Map();
  return (/** @type {string} */ id, /** @type {string} */ kind) => {
    if (!names.has(id)) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      names.set(id, `${kind} ${counts.get(kind)}`);
    }
    return names.get(id);
  };
}

/**
 * The events of an answer: those after `stream_options`. Ids become names, times are left out, and deltas of the same part that
 * follow each other are one.
 * @param {Event[]} events
 */
export function comparable(events) {
  const nameOf = newNames();

  /** @param {any} value @param {string} within the key of the object @returns {any} */
  function plain(value, within = '') {
    if (Array.isArray(value)) return value.map((each) => plain(each, within));
    if (typeof value === 'string') return value.replace(/^(data:image\/png;base64,).+/s, '$1…');
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([key]) => key !== 'created_at');
    return Object.fromEntries(entries.map(([key, each]) => [key, keyValue(value, within, key, each)]));
  }

  /** @param {any} object @param {string} within @param {string} key @param {any} value */
  function keyValue(object, within, key, value) {
    if (key === 'id') return nameOf(value, within === 'item' ? object.type : within);
    if (key === 'item_id') return nameOf(value, 'item');
    if (key === 'thread_id') return nameOf(value, 'thread');
    if (key === 'call_id') return nameOf(value, 'call');
    // Whole seconds, which depend on the machine.
    return key === 'duration' ? 0 : plain(value, key);
  }

  /** @type {Event[]} */
  const all = [];
  for (const event of events.slice(events.findIndex(({ type }) => type === 'stream_options') + 1)) {
    const next = plain(event);
    const previous = all.at(-1);
    const continues = next.update?.type === TEXT_DELTA && previous?.update?.type === TEXT_DELTA
      && next.item_id === previous.item_id && next.update.content_index === previous.update.content_index;
    if (continues) previous.update.delta += next.update.delta;
    else all.push(next);
  }
  return all;
}

/**
 * Where two lists differ: the shortest runs of events that one has and the other has not.
 * @param {Event[]} reference @param {Event[]} worker
 * @returns {{ reference: Event[], worker: Event[] }[]}
 */
export function differencesOf(reference, worker) {
  const same = (/** @type {number} */ i, /** @type {number} */ j) => JSON.stringify(reference[i]) === JSON.stringify(worker[j]);
  // The length of the longest common subsequence of the rest, from each pair of positions.
  const common = Array.from({ length: reference.length + 1 }, () => new Array(worker.length + 1).fill(0));
  for (let i = reference.length - 1; i >= 0; i--) {
    for (let j = worker.length - 1; j >= 0; j--) {
      common[i][j] = same(i, j) ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }

  /** @type {{ reference: Event[], worker: Event[] }[]} */
  const found = [];
  let [i, j] = [0, 0];
  while (i < reference.length || j < worker.length) {
    /** @type {{ reference: Event[], worker: Event[] }} */
    const run = { reference: [], worker: [] };
    while ((i < reference.length || j < worker.length) && !(i < reference.length && j < worker.length && same(i, j))) {
      if (j >= worker.length || (i < reference.length && common[i + 1][j] >= common[i][j + 1])) run.reference.push(reference[i++]);
      else run.worker.push(worker[j++]);
    }
    if (run.reference.length || run.worker.length) found.push(run);
    while (i < reference.length && j < worker.length && same(i, j)) [i, j] = [i + 1, j + 1];
  }
  return found;
}
