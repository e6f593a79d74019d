/** The page around the chat: what is running, what the chat reports, and the switches for theme and language. */

import { byId } from './dom.js';
import { EventPanel } from './events.js';
import { onLanguageChange, textOf, toggleLanguage } from './language.js';
import { showSnippets } from './snippets.js';
import { currentTheme, onThemeChange, toggleTheme } from './theme.js';
import { call } from './worker.js';

/** @import { ChatKitEdgeElement } from '../embed.js' */
/** @import { Config } from './worker.js' */

const chat = /** @type {ChatKitEdgeElement} */ (byId('chat'));
/** @type {Config | null} */
let config = null;

function describe() {
  const theme = byId('theme');
  theme.textContent = textOf(currentTheme() === 'dark' ? 'theme.light' : 'theme.dark');
  theme.hidden = false;
  for (const name of ['greeting', 'placeholder', 'prompts']) chat.setAttribute(name, textOf(name));
  if (!config) return;
  byId('sandbox-note').hidden = !config.sandbox;
  byId('fact-upstream').textContent = config.sandbox ? textOf('fact.sandbox') : 'OpenAI';
  byId('fact-widget').textContent = new URL(config.chatkit_js_url, location.href).host;
  byId('fact-auth').textContent = textOf(`fact.${config.features.auth}`);
}

function labelLanguage() {
  const button = byId('language');
  const other = document.documentElement.lang === 'es' ? 'en' : 'es';
  button.textContent = other === 'es' ? 'Español' : 'English';
  button.lang = other;
  button.hidden = false;
}

new EventPanel().watch(chat);
byId('theme').addEventListener('click', toggleTheme);
byId('language').addEventListener('click', toggleLanguage);
onThemeChange(describe);
onLanguageChange(() => {
  labelLanguage();
  describe();
});
labelLanguage();
describe();
try {
  config = /** @type {Config} */ (await call('/api/chatkit/config', {}));
  describe();
  showSnippets(config.chatkit_js_url);
} catch {
  // The element says what is wrong; here it stays at "…".
}
