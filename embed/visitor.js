/**
 * Stores the signed visitor value that the Worker gives to pages of other allowed sites, because browsers may block its cookie
 * there. It is stored under the page's own origin. On the Worker's own pages the cookie is enough and the stored value is ''.
 */

const KEY = `chatkit-edge-visitor ${new URL(import.meta.url).origin}`;
const LOCK_TIMEOUT_MS = 3000;

/** Without storage the value lasts as long as the page. @type {string | null} */
let value = null;

/** @returns {string | null} null before the first session */
export function loadVisitor() {
  try {
    // Another tab may have stored a newer value.
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
 * Serializes the first request across tabs. Otherwise a new visitor who opens two tabs at once would get two visitor ids, and
 * one tab would lose its chats. The lock times out, so a stuck tab does not block the others.
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
