/**
 * Who the visitor is where the browser keeps no cookie of the Worker's: the signed value that the Worker gives to
 * pages of allowed sites, kept by the page's own site.
 */

const KEY = `chatkit-edge-visitor ${new URL(import.meta.url).origin}`;

/** Where storage is forbidden it lasts as long as the page. @type {string | null} */
let value = null;

/** @returns {string | null} */
export function knownVisitor() {
  try {
    // Another tab may have been given a newer one.
    value = localStorage.getItem(KEY) ?? value;
  } catch {}
  return value;
}

/** @param {string} given */
export function keepVisitor(given) {
  if (given === value) return;
  value = given;
  try {
    localStorage.setItem(KEY, given);
  } catch {}
}
