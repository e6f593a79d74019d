/** Code snippets to copy, with this Worker's URL filled in. */

import { byId } from './dom.js';
import { onLanguageChange, getText } from './language.js';
import { SERVER_SNIPPETS } from './server-snippets.js';

/** @import { Config } from './worker.js' */

/** @typedef {'html' | 'react' | 'script' | 'terminal'} Name */

const NAMES = /** @type {Name[]} */ (['html', 'react', 'script', 'terminal']);
// Snippets that run in a page, whose origin must be in ALLOWED_ORIGINS.
const PAGE_SNIPPETS = new Set(['html', 'react', 'script']);

const VISITOR_HEADER = 'X-ChatKit-Visitor-Token';

/** @type {Record<Name, (worker: string, widget: string) => string>} */
const SNIPPETS = {
  html: (worker) => `<script type="module" src="${worker}/embed.js"></script>
<chatkit-edge></chatkit-edge>`,

  react: (worker, widget) => `// In the page's head: <script src="${widget}" async></script>
import { ChatKit, useChatKit } from '@openai/chatkit-react';

async function clientSecret(path, body) {
  // Browsers that keep no cookie of another site send this value instead.
  const visitor = localStorage.getItem('chatkit-visitor');
  const response = await fetch('${worker}/api/chatkit/' + path, {
    method: 'POST',
    credentials: 'include',
    headers: visitor ? { '${VISITOR_HEADER}': visitor } : {},
    body: JSON.stringify(body),
  });
  const session = await response.json();
  if (!response.ok) throw new Error(session.error);
  if (session.visitor) localStorage.setItem('chatkit-visitor', session.visitor);
  return session.client_secret;
}

export function Chat() {
  const { control } = useChatKit({
    api: {
      getClientSecret: (currentClientSecret) =>
        currentClientSecret
          ? clientSecret('refresh', { currentClientSecret })
          : clientSecret('start', {}),
    },
  });
  return <ChatKit control={control} style={{ height: '40rem' }} />;
}`,

  script: (worker, scriptUrl) => `<script src="${scriptUrl}"></script>
<openai-chatkit id="my-chat" style="display: block; height: 40rem"></openai-chatkit>
<script type="module">
  const worker = '${worker}';
  document.getElementById('my-chat').setOptions({
    api: {
      async getClientSecret(currentClientSecret) {
        const path = currentClientSecret ? 'refresh' : 'start';
        // Browsers that keep no cookie of another site send this value instead.
        const visitor = localStorage.getItem('chatkit-visitor');
        const response = await fetch(worker + '/api/chatkit/' + path, {
          method: 'POST',
          credentials: 'include',
          headers: visitor ? { '${VISITOR_HEADER}': visitor } : {},
          body: JSON.stringify({ currentClientSecret }),
        });
        const session = await response.json();
        if (!response.ok) throw new Error(session.error);
        if (session.visitor) localStorage.setItem('chatkit-visitor', session.visitor);
        return session.client_secret;
      },
    },
  });
</script>`,

  terminal: (worker) => `curl -X POST ${worker}/api/chatkit/session`,
};

const tabs = NAMES.map((name) => /** @type {const} */ ([name, byId(`tab-${name}`)]));
let selected = NAMES[0];
let widget = 'https://cdn.platform.openai.com/deployments/chatkit/chatkit.js';
let domainKey = '';
/** Whether the chat has a server of its own, the Worker. */
let hasServer = false;

/** @param {Config} config */
export function showSnippets(config) {
  widget = config.chatkit_js_url;
  domainKey = config.domain_key ?? '';
  hasServer = (config.backend ?? 'hosted') !== 'hosted';
  render();
}

function render() {
  for (const [name, tab] of tabs) {
    tab.ariaSelected = String(name === selected);
    tab.tabIndex = name === selected ? 0 : -1;
  }
  byId('snippet').setAttribute('aria-labelledby', `tab-${selected}`);
  const server = hasServer && selected !== 'html' ? SERVER_SNIPPETS[selected](location.origin, widget, domainKey) : null;
  byId('snippet-code').textContent = server ?? SNIPPETS[selected](location.origin, widget);
  const originNote = PAGE_SNIPPETS.has(selected) ? ` ${getText('note.origin')}` : '';
  const isDifferent = hasServer && selected !== 'react';
  byId('snippet-note').textContent = getText(`note.${selected}${isDifferent ? '.server' : ''}`) + originNote;
  byId('copied').textContent = '';
}

/** @param {Name} name */
function select(name) {
  selected = name;
  render();
}

for (const [i, [name, tab]] of tabs.entries()) {
  tab.addEventListener('click', () => select(name));
  tab.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    const [next, nextTab] = tabs[(i + step + tabs.length) % tabs.length];
    select(next);
    nextTab.focus();
  });
}
byId('copy').addEventListener('click', async () => {
  const text = byId('snippet-code').textContent ?? '';
  const copied = await (navigator.clipboard?.writeText(text) ?? Promise.reject()).then(
    () => true,
    () => false,
  );
  byId('copied').textContent = getText(copied ? 'copied' : 'not.copied');
});
onLanguageChange(render);
render();
