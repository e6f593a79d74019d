/**
 * Who the visitor is where the browser keeps no cookie of the Worker's: the signed value that the Worker gives to pages of
 * allowed sites, kept by the page's own site. On the Worker's own pages the cookie does it, and what is kept is empty.
 */

const KEY = `chatkit-edge-visitor ${new URL(import.meta.url).origin}`;
const LOCK_TIMEOUT_MS = 3000;

/** Where storage is forbidden it lasts as long as the page. @type {string | null} */
let value = null;

/** @returns {string | null} null for somebody who was never here */
export function loadVisitor() {
  try {
    // Another tab may have been given a newer one.
    value = localStorage.getItem(KEY) ?? value;
  } catch {}
  return value;
}

/** @param {string} newValue */
export function saveVisitor(newValue) {
  if (newValue === value) return;
  value = newValue;
  try {
    localStorage.setItem(KEY, newValue);
  } catch {}
}

/**
 * Two tabs that a new visitor opens at once would be given two visitors, and one of them lose its chats. So the first request of
 * all goes alone, and the others wait for it, though not for ever.
 * @template T
 * @param {() => Promise<T>} send
 * @returns {Promise<T>}
 */
export async function withVisitorLock(send) {
  if (loadVisitor() !== null || !navigator.locks) return send();
  /** @type {Promise<T> | undefined} */
  let response;
  await navigator.locks
    .request(KEY, { signal: AbortSignal.timeout(LOCK_TIMEOUT_MS) }, () => {
      response = send();
      return response;
    })
    .catch(() => {});
  return response ?? send();
}
