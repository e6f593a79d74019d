/** Entry point of the dashboard: asks for the admin token unless the tab has one, then shows the numbers and refreshes them. */

import './texts.js';
import '../demo/bar.js';
import { byId, make } from '../demo/dom.js';
import { getText, onLanguageChange } from '../demo/language.js';
import { toProblem } from '../demo/problem.js';
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
/** The problem in the alert, if there is one. @type {Problem | null} */
let shownProblem = null;
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
  status.textContent = getText('loading');
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
  showAlert(problem);
}

/** @param {Problem} problem */
function showAlert(problem) {
  shownProblem = problem;
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
  board = newBoard();
  byId('dashboard-title').focus();
}

/** @param {string} [range] the number of days shown */
function newBoard(range) {
  return new Board(byId('host'), () => refresh(currentToken()), range);
}

/** Builds everything with text anew. */
function onNewLanguage() {
  if (byId('alert').hasChildNodes() && shownProblem) showAlert(shownProblem);
  if (!board) return;
  const { range, data } = board;
  board.destroy();
  board = newBoard(range);
  if (data) board.show(data);
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

form.addEventListener('submit', (event) => {
  event.preventDefault();
  byId('alert').replaceChildren();
  refresh(field.value.trim());
});
signOutButton.addEventListener('click', () => {
  byId('alert').replaceChildren();
  signOut();
});
onLanguageChange(onNewLanguage);

setInterval(refreshIfStale, 1000);
document.addEventListener('visibilitychange', refreshIfStale);

if (currentToken()) refresh(currentToken());
else showSignIn();
