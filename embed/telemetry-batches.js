/** Cuts a queue of events into what the Worker takes in one request. */

export const MOST_EVENTS = 100;
const MOST_BYTES = 16 * 1024;

/** @param {string[]} events @returns {string[]} arrays in JSON that the Worker takes */
export function batches(events) {
  const encoder = new TextEncoder();
  /** @type {string[][]} */
  const all = [];
  let bytes = Infinity;
  for (const event of events) {
    const more = encoder.encode(event).length + 1;
    if (bytes + more > MOST_BYTES || all[all.length - 1].length >= MOST_EVENTS) {
      all.push([]);
      bytes = 2;
    }
    all[all.length - 1].push(event);
    bytes += more;
  }
  return all.map((batch) => `[${batch.join(',')}]`);
}
