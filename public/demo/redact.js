/** Takes secrets out of a text: a message may quote the one it failed with. */

/** @param {unknown} text */
export function redactSecrets(text) {
  return String(text).replace(/\b(ek|sk)[-_][\w-]{6,}/g, '$1_…');
}
