/** Starts the demo: session and widget script at the same time, then the widget; a problem instead if either fails. */

import { Alert } from './alert.js';
import { byId } from './dom.js';
import { EventPanel } from './events.js';
import { asProblem } from './problem.js';
import { loadWidget } from './script.js';
import { Sessions } from './session.js';
import { currentTheme, onThemeChange, toggleTheme } from './theme.js';
import { Widget } from './widget.js';
import { getConfig } from './worker.js';

/** @import { Config } from './worker.js' */
/** @import { Problem } from './problem.js' */

const status = byId('chat-status');
const events = new EventPanel();
const alert = new Alert(byId('alert'), () => {
  start();
  // The button that had the focus is gone with its alert.
  byId('chat').focus();
});
const sessions = new Sessions(
  (kind, session) => events.add(`session.${kind}`, session.session_id ?? ''),
  (problem) => fail(problem),
);
const widget = new Widget(byId('chat'), sessions.getClientSecret);

/** Counts the starts, so that what is left of an earlier one cannot speak for the present one. */
let starts = 0;

async function start() {
  const mine = ++starts;
  alert.hide();
  widget.remove();
  say('Loading the chat…');
  try {
    const [config] = await Promise.all([loadScript(), sessions.begin()]);
    await widget.mount(config, (element) => events.watch(element));
    if (mine === starts) say('');
  } catch (error) {
    if (mine === starts) fail(asProblem(error));
  }
}

async function loadScript() {
  const config = await getConfig();
  describe(config);
  // Without its settings the Worker refuses the session, which says more than anything the widget could.
  if (config.configured) await loadWidget(config.chatkit_js_url);
  return config;
}

/** @param {Problem} problem */
function fail(problem) {
  say(status.hidden ? '' : 'The chat is not available.');
  alert.show(problem);
}

/** @param {string} text */
function say(text) {
  status.textContent = text;
  status.hidden = text === '';
}

/** @param {Config} config */
function describe(config) {
  byId('sandbox-note').hidden = !config.sandbox;
  byId('fact-upstream').textContent = config.sandbox ? 'the sandbox' : 'OpenAI';
  byId('fact-widget').textContent = new URL(config.chatkit_js_url, location.href).host;
  byId('fact-auth').textContent =
    { anonymous: 'known by signed cookie', jwt: 'signed in by token', access: 'Cloudflare Access' }[config.features.auth] ??
    config.features.auth;
}

function labelTheme() {
  const button = byId('theme');
  button.textContent = currentTheme() === 'dark' ? 'Light theme' : 'Dark theme';
  button.hidden = false;
}

byId('curl').textContent = `curl -X POST ${location.origin}/api/chatkit/session`;
byId('theme').addEventListener('click', toggleTheme);
onThemeChange(() => {
  labelTheme();
  widget.refreshTheme();
});
document.addEventListener('securitypolicyviolation', (event) => {
  events.add('page.blocked', `${event.effectiveDirective} ${event.blockedURI}`);
});
labelTheme();
start();
