/** Keeps the admin token for as long as the tab is open, and nowhere else. */

const KEY = 'chatkit-edge-admin-token';

// Storage throws where the browser forbids it; the token then lasts as long as the page.
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
