/** Entry point of the demo page: the configuration, the event panel, and the switches for theme and language. */

import { byId } from './dom.js';
import { EventPanel } from './events.js';
import { onLanguageChange, getText, toggleLanguage } from './language.js';
import { showSnippets } from './snippets.js';
import { currentTheme, onThemeChange, toggleTheme } from './theme.js';
import { fetchJson } from './worker.js';

/** @import { ChatKitEdgeElement } from '../embed.js' */
/** @import { Config } from './worker.js' */

const chat = /** @type {ChatKitEdgeElement} */ (byId('chat'));
/** @type {Config | null} */
let config = null;

function render() {
  const theme = byId('theme');
  theme.textContent = getText(currentTheme() === 'dark' ? 'theme.light' : 'theme.dark');
  theme.hidden = false;
  for (const name of ['greeting', 'placeholder', 'prompts']) chat.setAttribute(name, getText(name));
  if (!config) return;
  byId('sandbox-note').hidden = !config.sandbox;
  byId('fact-upstream').textContent = config.sandbox ? getText('fact.sandbox') : 'OpenAI';
  byId('fact-widget').textContent = new URL(config.chatkit_js_url, location.href).host;
  byId('fact-auth').textContent = getText(`fact.${config.features.auth}`);
}

function labelLanguage() {
  const button = byId('language');
  const other = document.documentElement.lang === 'es' ? 'en' : 'es';
  button.textContent = other === 'es' ? 'Español' : 'English';
  button.lang = other;
  button.hidden = false;
}

new EventPanel().listenTo(chat);
byId('theme').addEventListener('click', toggleTheme);
byId('language').addEventListener('click', toggleLanguage);
onThemeChange(render);
onLanguageChange(() => {
  labelLanguage();
  render();
});
labelLanguage();
render();
try {
  config = /** @type {Config} */ (await fetchJson('/api/chatkit/config', {}));
  render();
  showSnippets(config.chatkit_js_url);
} catch {
  // The element shows the error. The fields here stay at "…".
}
