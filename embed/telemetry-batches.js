/** Splits a queue of events into batches within the Worker's limits for one request. */

export const MAX_EVENTS = 100;
const MAX_BYTES = 16 * 1024;

/** @param {string[]} events @returns {string[]} one JSON array per batch */
export function toBatches(events) {
  const encoder = new TextEncoder();
  /** @type {string[][]} */
  const batches = [];
  let bytes = Infinity;
  for (const event of events) {
    const size = encoder.encode(event).length + 1;
    if (bytes + size > MAX_BYTES || batches[batches.length - 1].length >= MAX_EVENTS) {
      batches.push([]);
      bytes = 2;
    }
    batches[batches.length - 1].push(event);
    bytes += size;
  }
  return batches.map((batch) => `[${batch.join(',')}]`);
}
