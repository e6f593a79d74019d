/**
 * Who the visitor is where the browser keeps no cookie of the Worker's: the signed value that the Worker gives to pages of
 * allowed sites, kept by the page's own site. On the Worker's own pages the cookie does it, and what is kept is empty.
 */

const KEY = `chatkit-edge-visitor ${new URL(import.meta.url).origin}`;
const PATIENCE_MS = 3000;

/** Where storage is forbidden it lasts as long as the page. @type {string | null} */
let value = null;

/** @returns {string | null} null for somebody who was never here */
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

/**
 * Two tabs that a new visitor opens at once would be given two visitors, and one of them lose its chats. So the first request of
 * all goes alone, and the others wait for it, though not for ever.
 * @template T
 * @param {() => Promise<T>} ask
 * @returns {Promise<T>}
 */
export async function asOneVisitor(ask) {
  if (knownVisitor() !== null || !navigator.locks) return ask();
  /** @type {Promise<T> | undefined} */
  let asked;
  await navigator.locks
    .request(KEY, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => {
      asked = ask();
      return asked;
    })
    .catch(() => {});
  return asked ?? ask();
}
