/** Entry point of the dashboard: asks for the admin token unless the tab has one, then shows the numbers and refreshes them. */

import { byId, make } from '../demo/dom.js';
import { toProblem } from '../demo/problem.js';
import { currentTheme, onThemeChange, toggleTheme } from '../demo/theme.js';
import { fetchDashboard } from './api.js';
import { Board } from './board.js';
import { currentToken, clearToken, saveToken } from './token.js';
import { errorText } from './words.js';

/** @import { Problem } from '../demo/problem.js' */

const REFRESH_MS = 60_000;

const form = /** @type {HTMLFormElement} */ (byId('sign-in'));
const field = /** @type {HTMLInputElement} */ (byId('token'));
const signOutButton = byId('sign-out');
const status = byId('status');

/** @type {Board | null} */
let board = null;
/** Incremented by each request and by signing out. A response to an earlier request is ignored. */
let latestRequest = 0;
let lastRefresh = 0;

/**
 * Fetches the numbers and shows them, or the error.
 * @param {string} token
 */
async function refresh(token) {
  const request = ++latestRequest;
  lastRefresh = Date.now();
  status.textContent = 'Loading the numbers…';
  try {
    const data = await fetchDashboard(token);
    if (request !== latestRequest) return;
    saveToken(token);
    if (!board) showBoard();
    board?.show(data);
  } catch (error) {
    if (request === latestRequest) showError(toProblem(error));
  } finally {
    if (request === latestRequest) status.textContent = '';
  }
}

/** @param {Problem} problem */
function showError(problem) {
  // Keep showing the last numbers, unless the token is no longer valid.
  if (board && !['identity_required', 'not_found'].includes(problem.code)) {
    board.showStale(problem);
    return;
  }
  if (problem.code === 'identity_required') signOut();
  showSignIn();
  const { title, detail, hint } = errorText(problem);
  byId('alert').replaceChildren(
    make('div', { className: 'alert' }, make('h2', {}, title), ...(detail ? [make('p', {}, detail)] : []), make('p', {}, hint)),
  );
}

function showBoard() {
  form.hidden = true;
  signOutButton.hidden = false;
  field.value = '';
  byId('alert').replaceChildren();
  board = new Board(byId('host'), () => refresh(currentToken()));
}

function showSignIn() {
  board?.destroy();
  board = null;
  form.hidden = false;
  signOutButton.hidden = true;
  field.focus();
  field.select();
}

function signOut() {
  latestRequest++;
  clearToken();
  showSignIn();
}

function refreshIfStale() {
  if (board && document.visibilityState === 'visible' && Date.now() - lastRefresh >= REFRESH_MS) refresh(currentToken());
}

function labelTheme() {
  const button = byId('theme');
  button.textContent = currentTheme() === 'dark' ? 'Light theme' : 'Dark theme';
  button.hidden = false;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  byId('alert').replaceChildren();
  refresh(field.value.trim());
});
signOutButton.addEventListener('click', () => {
  byId('alert').replaceChildren();
  signOut();
});
byId('theme').addEventListener('click', toggleTheme);
onThemeChange(labelTheme);
labelTheme();

setInterval(refreshIfStale, 1000);
document.addEventListener('visibilitychange', refreshIfStale);

if (currentToken()) refresh(currentToken());
else showSignIn();
