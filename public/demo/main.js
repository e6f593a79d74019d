/** Entry point of the demo page: the header, the configuration, and the event panel. */

import './texts.js';
import './bar.js';
import { byId } from './dom.js';
import { EventPanel } from './events.js';
import { onLanguageChange, getText } from './language.js';
import { showSnippets } from './snippets.js';
import { fetchJson } from './worker.js';

/** @import { ChatKitEdgeElement } from '../embed.js' */
/** @import { Agent, Config } from './worker.js' */

const chat = /** @type {ChatKitEdgeElement} */ (byId('chat'));
/** @type {Config | null} */
let config = null;

function render() {
  const agent = config?.agents?.[0];
  for (const name of ['greeting', 'placeholder', 'prompts']) chat.setAttribute(name, getText(name));
  if (config?.sandbox && agent) chat.setAttribute('prompts', getText('prompts.sandbox'));
  // The agent's own come first.
  if (agent?.greeting) chat.removeAttribute('greeting');
  if (agent?.prompts?.length) chat.removeAttribute('prompts');
  if (config) showFacts(config, agent);
}

/** @param {Config} config @param {Agent} [agent] the default one */
function showFacts({ backend = 'hosted', sandbox, chatkit_js_url, features, agents = [] }, agent) {
  byId('sandbox-note').hidden = !sandbox;
  if (backend !== 'hosted') setText('intro', `intro.${backend}`);
  if (backend === 'agent') {
    setText('sandbox-set', 'sandbox.set.agent');
    byId('sandbox-setting').textContent = 'AGENT';
  }
  const upstream = { hosted: 'OpenAI', agent: getText('fact.model'), remote: getText('fact.server') }[backend];
  byId('fact-backend').textContent = getText(`fact.${backend}`);
  byId('fact-upstream').textContent = sandbox ? getText('fact.sandbox') : upstream;
  byId('fact-widget').textContent = new URL(chatkit_js_url, location.href).host;
  byId('fact-auth').textContent = getText(`fact.${features.auth}`);
  if (!agent) return;
  const { model, models = [] } = agent;
  const [name, ...names] = agents.map((each) => each.name ?? each.id);
  const isChoice = models.length > 1;
  const count = String(names.length);
  showRow('fact-agent', names.length > 0 ? getText('fact.more.agents', { name, count, names: names.join(', ') }) : name);
  showRow('fact-model', isChoice ? getText('fact.choice', { model, count: String(models.length) }) : model);
}

/** Shows another text in an element, also when the language changes. @param {string} id @param {string} key */
function setText(id, key) {
  byId(id).setAttribute('data-text', key);
  byId(id).textContent = getText(key);
}

/** @param {string} id @param {string} text */
function showRow(id, text) {
  byId(id).textContent = text;
  const row = byId(id).parentElement;
  if (row) row.hidden = false;
}

new EventPanel().listenTo(chat);
onLanguageChange(render);
render();
try {
  config = /** @type {Config} */ (await fetchJson('/api/chatkit/config', {}));
  render();
  showSnippets(config);
} catch {
  // The element shows the error. The fields here stay at "…".
}
