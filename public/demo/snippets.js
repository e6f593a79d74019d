/** The snippets to copy: how a page uses this Worker, with its address filled in. */

import { byId } from './dom.js';
import { onLanguageChange, textOf } from './language.js';

/** @typedef {'html' | 'react' | 'script' | 'terminal'} Name */

const NAMES = /** @type {Name[]} */ (['html', 'react', 'script', 'terminal']);
// Those that run in a page, whose origin the Worker must know.
const FROM_PAGES = new Set(['html', 'react', 'script']);

/** @type {Record<Name, (worker: string, widget: string) => string>} */
const SNIPPETS = {
  html: (worker) => `<script type="module" src="${worker}/embed.js"></script>
<chatkit-edge></chatkit-edge>`,

  react: (worker, widget) => `// In the page's head: <script src="${widget}" async></script>
import { ChatKit, useChatKit } from '@openai/chatkit-react';

async function clientSecret(path, body) {
  const answer = await fetch('${worker}/api/chatkit/' + path, {
    method: 'POST',
    credentials: 'include',
    body: JSON.stringify(body),
  });
  const { client_secret, error } = await answer.json();
  if (!answer.ok) throw new Error(error);
  return client_secret;
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

  script: (worker, widget) => `<script src="${widget}"></script>
<openai-chatkit id="my-chat" style="display: block; height: 40rem"></openai-chatkit>
<script type="module">
  const worker = '${worker}';
  document.getElementById('my-chat').setOptions({
    api: {
      async getClientSecret(currentClientSecret) {
        const path = currentClientSecret ? 'refresh' : 'start';
        const answer = await fetch(worker + '/api/chatkit/' + path, {
          method: 'POST',
          credentials: 'include',
          body: JSON.stringify({ currentClientSecret }),
        });
        const { client_secret, error } = await answer.json();
        if (!answer.ok) throw new Error(error);
        return client_secret;
      },
    },
  });
</script>`,

  terminal: (worker) => `curl -X POST ${worker}/api/chatkit/session`,
};

const tabs = NAMES.map((name) => /** @type {const} */ ([name, byId(`tab-${name}`)]));
let chosen = NAMES[0];
let widget = 'https://cdn.platform.openai.com/deployments/chatkit/chatkit.js';

/** @param {string} widgetUrl the address of the widget's script */
export function showSnippets(widgetUrl) {
  widget = widgetUrl;
  show();
}

function show() {
  for (const [name, tab] of tabs) {
    tab.ariaSelected = String(name === chosen);
    tab.tabIndex = name === chosen ? 0 : -1;
  }
  byId('snippet').setAttribute('aria-labelledby', `tab-${chosen}`);
  byId('snippet-code').textContent = SNIPPETS[chosen](location.origin, widget);
  byId('snippet-note').textContent = textOf(`note.${chosen}`) + (FROM_PAGES.has(chosen) ? ` ${textOf('note.origin')}` : '');
  byId('copied').textContent = '';
}

/** @param {Name} name */
function choose(name) {
  chosen = name;
  show();
}

for (const [i, [name, tab]] of tabs.entries()) {
  tab.addEventListener('click', () => choose(name));
  tab.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    const [next, nextTab] = tabs[(i + step + tabs.length) % tabs.length];
    choose(next);
    nextTab.focus();
  });
}
byId('copy').addEventListener('click', async () => {
  const text = byId('snippet-code').textContent ?? '';
  const copied = await (navigator.clipboard?.writeText(text) ?? Promise.reject()).then(
    () => true,
    () => false,
  );
  byId('copied').textContent = textOf(copied ? 'copied' : 'not.copied');
});
onLanguageChange(show);
show();
