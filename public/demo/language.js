/**
 * English and Spanish. The page is written in English; Spanish replaces the text of what has data-text. The element follows
 * the page's lang by itself, and the widget with it.
 */

import { ENGLISH } from './english.js';
import { SPANISH } from './spanish.js';

/** @typedef {'en' | 'es'} Language */

const KEY = 'chatkit-edge-language';
const root = document.documentElement;

/** What the page was written with, by key. @type {Record<string, string>} */
const written = { ...ENGLISH };

/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {Language} */
const currentLanguage = () => (root.lang === 'es' ? 'es' : 'en');

/** @param {string} key */
export function textOf(key) {
  return (currentLanguage() === 'es' ? SPANISH[key] : undefined) ?? written[key] ?? key;
}

/** @param {() => void} listener */
export function onLanguageChange(listener) {
  listeners.add(listener);
}

export function toggleLanguage() {
  const language = currentLanguage() === 'es' ? 'en' : 'es';
  // Storage throws where the browser forbids it; the choice then lasts as long as the page.
  try {
    localStorage.setItem(KEY, language);
  } catch {}
  use(language);
  for (const listener of listeners) listener();
}

/** @param {Language} language */
function use(language) {
  root.lang = language;
  for (const element of document.querySelectorAll('[data-text]')) {
    const key = element.getAttribute('data-text') ?? '';
    written[key] ??= element.textContent ?? '';
    element.textContent = textOf(key);
  }
  document.title = textOf('page');
}

/** The visitor's choice, or the first of the browser's languages that the page has. @returns {Language} */
function preferred() {
  /** @type {string | null} */
  let stored = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {}
  const known = [stored ?? '', ...navigator.languages].map((tag) => tag.slice(0, 2)).find((tag) => tag === 'en' || tag === 'es');
  return known === 'es' ? 'es' : 'en';
}

use(preferred());
