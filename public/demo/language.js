/**
 * Switches a page between English and Spanish. The HTML is in English. Each page adds its texts: `data-text` names the text of
 * an element, `data-label` its accessible name. The element and the widget follow the page's `lang`.
 */

/** @typedef {'en' | 'es'} Language */

const KEY = 'chatkit-edge-language';
const root = document.documentElement;

/** Texts by key. Those of the HTML are added to `en` on first use. @type {Record<Language, Record<string, string>>} */
const texts = { en: {}, es: {} };

/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {Language} */
export const currentLanguage = () => (root.lang === 'es' ? 'es' : 'en');

/**
 * Adds texts that the page needs, and shows them.
 * @param {Record<string, string>} english only those that are not in the HTML
 * @param {Record<string, string>} spanish
 */
export function addTexts(english, spanish) {
  Object.assign(texts.en, english);
  Object.assign(texts.es, spanish);
  translate(root);
}

/**
 * @param {string} key
 * @param {Record<string, string>} [values] replace {NAME} in the text
 */
export function getText(key, values = {}) {
  const text = texts[currentLanguage()][key] ?? texts.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Translates an element and everything in it. @param {ParentNode} parent */
export function translate(parent) {
  for (const element of parent.querySelectorAll('[data-text]')) {
    const key = element.getAttribute('data-text') ?? '';
    texts.en[key] ??= element.textContent ?? '';
    element.textContent = getText(key);
  }
  for (const element of parent.querySelectorAll('[data-label]')) {
    const key = element.getAttribute('data-label') ?? '';
    texts.en[key] ??= element.getAttribute('aria-label') ?? '';
    element.setAttribute('aria-label', getText(key));
  }
  if (texts.en.page) document.title = getText('page');
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
  root.lang = language;
  translate(root);
  for (const listener of listeners) listener();
}

/** The locale for numbers and dates: the browser's own variant of the page's language. */
export function formatLocale() {
  const language = currentLanguage();
  return navigator.languages.find((tag) => tag.slice(0, 2) === language) ?? language;
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

root.lang = preferredLanguage();
