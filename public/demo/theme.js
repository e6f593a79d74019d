/** The light or dark theme: the visitor's choice, else the system's preference. */

/** @typedef {'light' | 'dark'} Theme */

// early-theme.js uses the same key.
const KEY = 'chatkit-edge-theme';
const darkQuery = matchMedia('(prefers-color-scheme: dark)');
const root = document.documentElement;

/** @type {Set<(theme: Theme) => void>} */
const listeners = new Set();

/** @returns {Theme} */
export function currentTheme() {
  const { theme } = root.dataset;
  if (theme === 'light' || theme === 'dark') return theme;
  return darkQuery.matches ? 'dark' : 'light';
}

export function toggleTheme() {
  const theme = currentTheme() === 'dark' ? 'light' : 'dark';
  root.dataset.theme = theme;
  // Storage throws if the browser blocks it. The choice then lasts as long as the page.
  try {
    localStorage.setItem(KEY, theme);
  } catch {}
  notify();
}

/**
 * @param {(theme: Theme) => void} listener
 * @returns {() => void} unsubscribes
 */
export function onThemeChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notify() {
  for (const listener of listeners) listener(currentTheme());
}

darkQuery.addEventListener('change', () => {
  if (!root.dataset.theme) notify();
});
