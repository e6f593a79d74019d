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
const texts = { ...ENGLISH };

/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {Language} */
const currentLanguage = () => (root.lang === 'es' ? 'es' : 'en');

/** @param {string} key */
export function getText(key) {
  return (currentLanguage() === 'es' ? SPANISH[key] : undefined) ?? texts[key] ?? key;
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
  applyLanguage(language);
  for (const listener of listeners) listener();
}

/** @param {Language} language */
function applyLanguage(language) {
  root.lang = language;
  for (const element of document.querySelectorAll('[data-text]')) {
    const key = element.getAttribute('data-text') ?? '';
    texts[key] ??= element.textContent ?? '';
    element.textContent = getText(key);
  }
  document.title = getText('page');
}

/** The visitor's choice, or the first of the browser's languages that the page has. @returns {Language} */
function preferredLanguage() {
  /** @type {string | null} */
  let stored = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {}
  const supported = [stored ?? '', ...navigator.languages].map((tag) => tag.slice(0, 2)).find((tag) => tag === 'en' || tag === 'es');
  return supported === 'es' ? 'es' : 'en';
}

applyLanguage(preferredLanguage());
