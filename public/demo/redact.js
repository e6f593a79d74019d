/** Redacts keys and client secrets in a text: an error message may quote one. */

/** @param {unknown} text */
export function redactSecrets(text) {
  return String(text).replace(/\b(ek|sk)[-_][\w-]{6,}/g, '$1_…');
}
