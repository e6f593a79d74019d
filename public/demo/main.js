/** Entry point of the demo page: the header, the configuration, and the event panel. */

import './texts.js';
import './bar.js';
import { byId } from './dom.js';
import { EventPanel } from './events.js';
import { onLanguageChange, getText } from './language.js';
import { showSnippets } from './snippets.js';
import { fetchJson } from './worker.js';

/** @import { ChatKitEdgeElement } from '../embed.js' */
/** @import { Config } from './worker.js' */

const chat = /** @type {ChatKitEdgeElement} */ (byId('chat'));
/** @type {Config | null} */
let config = null;

function render() {
  for (const name of ['greeting', 'placeholder', 'prompts']) chat.setAttribute(name, getText(name));
  if (!config) return;
  byId('sandbox-note').hidden = !config.sandbox;
  byId('fact-upstream').textContent = config.sandbox ? getText('fact.sandbox') : 'OpenAI';
  byId('fact-widget').textContent = new URL(config.chatkit_js_url, location.href).host;
  byId('fact-auth').textContent = getText(`fact.${config.features.auth}`);
}

new EventPanel().listenTo(chat);
onLanguageChange(render);
render();
try {
  config = /** @type {Config} */ (await fetchJson('/api/chatkit/config', {}));
  render();
  showSnippets(config.chatkit_js_url);
} catch {
  // The element shows the error. The fields here stay at "…".
}
