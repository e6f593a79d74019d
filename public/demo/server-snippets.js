/** Code snippets for a Worker that runs or forwards the chat itself: the widget's requests all go to /chatkit. */

const FETCH = `async function chatFetch(url, init) {
  const headers = new Headers(init.headers);
  // Browsers that keep no cookie of another site send this value instead.
  const visitor = localStorage.getItem('chatkit-visitor');
  if (visitor) headers.set('X-ChatKit-Visitor-Token', visitor);
  const response = await fetch(url, { ...init, headers, credentials: 'include' });
  const given = response.headers.get('X-ChatKit-Visitor-Token');
  if (given) localStorage.setItem('chatkit-visitor', given);
  return response;
}`;

const MESSAGE = '{"type":"threads.create","params":{"input":{"content":[{"type":"input_text","text":"Hello"}]}}}';

/** @type {Record<'react' | 'script' | 'terminal', (worker: string, widget: string, domainKey: string) => string>} */
export const SERVER_SNIPPETS = {
  react: (worker, widget, domainKey) => `// In the page's head: <script src="${widget}" async></script>
import { ChatKit, useChatKit } from '@openai/chatkit-react';

${FETCH}

export function Chat() {
  const { control } = useChatKit({
    api: { url: '${worker}/chatkit', domainKey: '${domainKey}', fetch: chatFetch },
  });
  return <ChatKit control={control} style={{ height: '40rem' }} />;
}`,

  script: (worker, scriptUrl, domainKey) => `<script src="${scriptUrl}"></script>
<openai-chatkit id="my-chat" style="display: block; height: 40rem"></openai-chatkit>
<script type="module">
  ${FETCH.replaceAll('\n', '\n  ')}

  document.getElementById('my-chat').setOptions({
    api: { url: '${worker}/chatkit', domainKey: '${domainKey}', fetch: chatFetch },
  });
</script>`,

  terminal: (worker) => `curl -N ${worker}/chatkit -H 'Content-Type: application/json' \\
  -d '${MESSAGE}'`,
};
