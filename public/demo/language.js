/**
 * Switches the page between English and Spanish. The HTML is in English; Spanish replaces the text of elements with data-text.
 * The element and the widget follow the page's `lang`.
 */

import { ENGLISH } from './english.js';
import { SPANISH } from './spanish.js';

/** @typedef {'en' | 'es'} Language */

const KEY = 'chatkit-edge-language';
const root = document.documentElement;

/** English texts by key; those of the HTML are added on first use. @type {Record<string, string>} */
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
  // Storage throws if the browser blocks it. The choice then lasts as long as the page.
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

/** The visitor's choice, or the first supported language of the browser. @returns {Language} */
function preferredLanguage() {
  /** @type {string | null} */
  let stored = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {}
  const languages = [stored ?? '', ...navigator.languages].map((tag) => tag.slice(0, 2));
  const supported = languages.find((tag) => tag === 'en' || tag === 'es');
  return supported === 'es' ? 'es' : 'en';
}

applyLanguage(preferredLanguage());
