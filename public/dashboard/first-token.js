/** The time to the first token of an answer, estimated from a histogram. */

/**
 * @typedef {object} Histogram
 * @property {number} count answers with a first token
 * @property {number} sum of all times, in seconds
 * @property {{ le: number, count: number }[]} buckets `count` includes the smaller buckets
 */

/**
 * The time within which a share of the answers began, in seconds. Within a bucket, times count as evenly spread, as in
 * Prometheus' histogram_quantile.
 * @param {Histogram} histogram
 * @param {number} share above 0, at most 1
 * @returns {{ seconds: number, isOver: boolean } | null} null without answers; `isOver` if all that is known is that it took longer
 */
export function quantile({ count, buckets }, share) {
  if (count === 0) return null;
  const rank = share * count;
  let lower = { le: 0, count: 0 };
  for (const bucket of buckets) {
    if (bucket.count >= rank) {
      const part = (rank - lower.count) / (bucket.count - lower.count);
      return { seconds: lower.le + (bucket.le - lower.le) * part, isOver: false };
    }
    lower = bucket;
  }
  return { seconds: lower.le, isOver: true };
}
