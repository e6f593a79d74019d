/** Stores the admin token in sessionStorage, until the tab is closed or the owner signs out. */

const KEY = 'chatkit-edge-admin-token';

// Storage throws if the browser blocks it. The token then lasts as long as the page.
let token = '';
try {
  token = sessionStorage.getItem(KEY) ?? '';
} catch {}

export const currentToken = () => token;

/** @param {string} value */
export function saveToken(value) {
  token = value;
  try {
    sessionStorage.setItem(KEY, value);
  } catch {}
}

export function clearToken() {
  token = '';
  try {
    sessionStorage.removeItem(KEY);
  } catch {}
}
