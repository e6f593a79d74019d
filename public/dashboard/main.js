/** Starts the dashboard: asks for the admin token unless the tab has one, then shows the numbers and keeps them fresh. */

import { byId, make } from '../demo/dom.js';
import { asProblem } from '../demo/problem.js';
import { currentTheme, onThemeChange, toggleTheme } from '../demo/theme.js';
import { read } from './api.js';
import { Board } from './board.js';
import { currentToken, forgetToken, keepToken } from './token.js';
import { wordsFor } from './words.js';

/** @import { Problem } from '../demo/problem.js' */

const REFRESH_MS = 60_000;

const form = /** @type {HTMLFormElement} */ (byId('sign-in'));
const field = /** @type {HTMLInputElement} */ (byId('token'));
const signOutButton = byId('sign-out');
const status = byId('status');

/** @type {Board | null} */
let board = null;
/** Counts what would make an answer under way come too late: signing out, and the next request. */
let turn = 0;
let lastRead = 0;

/**
 * Reads the numbers and shows them, or what went wrong.
 * @param {string} token
 */
async function refresh(token) {
  const mine = ++turn;
  lastRead = Date.now();
  status.textContent = 'Reading the numbers…';
  try {
    const data = await read(token);
    if (mine !== turn) return;
    keepToken(token);
    if (!board) open();
    board?.show(data);
  } catch (error) {
    if (mine === turn) fail(asProblem(error));
  } finally {
    if (mine === turn) status.textContent = '';
  }
}

/** @param {Problem} problem */
function fail(problem) {
  // Without a valid token there is nothing to show any more.
  if (board && !['identity_required', 'not_found'].includes(problem.code)) {
    board.stale(problem);
    return;
  }
  if (problem.code === 'identity_required') signOut();
  ask();
  const { title, detail, hint } = wordsFor(problem);
  byId('alert').replaceChildren(
    make('div', { className: 'alert' }, make('h2', {}, title), ...(detail ? [make('p', {}, detail)] : []), make('p', {}, hint)),
  );
}

function open() {
  form.hidden = true;
  signOutButton.hidden = false;
  field.value = '';
  byId('alert').replaceChildren();
  board = new Board(byId('host'), () => refresh(currentToken()));
}

function ask() {
  board?.destroy();
  board = null;
  form.hidden = false;
  signOutButton.hidden = true;
  field.focus();
  field.select();
}

function signOut() {
  turn++;
  forgetToken();
  ask();
}

function refreshIfOld() {
  if (board && document.visibilityState === 'visible' && Date.now() - lastRead >= REFRESH_MS) refresh(currentToken());
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

setInterval(refreshIfOld, 1000);
document.addEventListener('visibilitychange', refreshIfOld);

if (currentToken()) refresh(currentToken());
else ask();
