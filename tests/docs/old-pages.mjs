// Pages as people have them before they move here, for the diffs of docs/moving.md. They behave like such pages, and contain the
// lines to change word for word.

/** What OpenAI's starter app for Next.js does with the widget, in the two files that change. */
export const starterApp = {
  'config.ts': `export const WORKFLOW_ID = process.env.NEXT_PUBLIC_CHATKIT_WORKFLOW_ID ?? "";
export const CREATE_SESSION_ENDPOINT = "/api/create-session";
`,
  'panel.tsx': `import { ChatKit, useChatKit } from '@openai/chatkit-react';
import { createRoot } from 'react-dom/client';
import { CREATE_SESSION_ENDPOINT, WORKFLOW_ID } from './config';

function Panel() {
  const { control } = useChatKit({
    api: {
      async getClientSecret() {
        const response = await fetch(CREATE_SESSION_ENDPOINT, {
          method: "POST",
          headers: {
            'Content-Type': 'application/json',
          },
          body: JSON.stringify({
            workflow: { id: WORKFLOW_ID },
            chatkit_configuration: { file_upload: { enabled: true } },
          }),
        });
        const data = await response.json();
        if (!response.ok) throw new Error(data.error);
        return data.client_secret;
      },
    },
  });
  return <ChatKit control={control} style={{ height: '600px' }} />;
}

createRoot(document.getElementById('root')).render(<Panel />);
`,
};

/** What the page of managed-chatkit does with the widget. */
export const managedChatkit = {
  'session.ts': `export function createClientSecretFetcher(
  workflow: string,
  endpoint = "/api/create-session"
) {
  return async (currentSecret: string | null) => {
    if (currentSecret) return currentSecret;

    const response = await fetch(endpoint, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ workflow: { id: workflow } }),
    });
    const data = await response.json();
    if (!response.ok) throw new Error(data.error);
    return data.client_secret;
  };
}
`,
  'panel.tsx': `import { ChatKit, useChatKit } from '@openai/chatkit-react';
import { createRoot } from 'react-dom/client';
import { createClientSecretFetcher } from './session';

const getClientSecret = createClientSecretFetcher(process.env.NEXT_PUBLIC_CHATKIT_WORKFLOW_ID);

function Panel() {
  const { control } = useChatKit({ api: { getClientSecret } });
  return <ChatKit control={control} style={{ height: '600px' }} />;
}

createRoot(document.getElementById('root')).render(<Panel />);
`,
};

/** A page whose server was a FastAPI snippet on the developer's machine. */
export const fastApiPage = `const api = 'http://localhost:8000';

window.start = async () => (await fetch(api + '/api/chatkit/session', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ user_id: 'user-1', thread_id: null }),
})).json();
window.count = async () => (await fetch(api + '/api/analytics/message', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ event: 'message' }),
})).json();
`;

/** The page of a template for Next.js, whose routes were its server. */
export const nextPage = `const script = document.createElement('script');
script.src = 'https://cdn.platform.openai.com/deployments/chatkit/chatkit.js';
script.onload = () => {
      const el = document.createElement('openai-chatkit');
      el.style.height = '600px';
      el.getClientSecret = getClientSecret; // required
      document.getElementById('root').appendChild(el);
};
document.head.appendChild(script);

async function getClientSecret() {
  const response = await fetch('/api/chatkit/start', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ userId: 'demo-user-123', workflowId: process.env.NEXT_PUBLIC_WORKFLOW_ID }),
  });
  const data = await response.json();
  if (!response.ok) throw new Error(data.error);
  return data.client_secret;
}
`;
