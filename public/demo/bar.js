/** The header of every page: the links between the pages, and the switches for language and theme. */

import { byId } from './dom.js';
import { addTexts, currentLanguage, getText, onLanguageChange, toggleLanguage } from './language.js';
import { currentTheme, onThemeChange, toggleTheme } from './theme.js';

export const ENGLISH = {
  'theme.light': 'Light theme',
  'theme.dark': 'Dark theme',
};

export const SPANISH = {
  'theme.light': 'Tema claro',
  'theme.dark': 'Tema oscuro',
  'nav.pages': 'Páginas',
  'nav.chat': 'Chat',
  'nav.api': 'API',
  'nav.dashboard': 'Panel',
};

const theme = byId('theme');
const language = byId('language');

function label() {
  byId('theme-label').textContent = getText(currentTheme() === 'dark' ? 'theme.light' : 'theme.dark');
  language.lang = currentLanguage() === 'es' ? 'en' : 'es';
  language.textContent = language.lang === 'es' ? 'Español' : 'English';
}

addTexts(ENGLISH, SPANISH);
theme.addEventListener('click', toggleTheme);
language.addEventListener('click', toggleLanguage);
onThemeChange(label);
onLanguageChange(label);
label();
theme.hidden = false;
language.hidden = false;
