// OpenAI's starter app for Next.js: each call names the workflow and turns uploads on, at /api/create-session.
import { ChatKit, useChatKit } from '@openai/chatkit-react';
import { createRoot } from 'react-dom/client';

async function getClientSecret() {
  const response = await fetch(`${process.env.WORKER}/api/create-session`, {
    method: 'POST',
    credentials: process.env.CREDENTIALS,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      workflow: { id: process.env.WORKFLOW },
      chatkit_configuration: { file_upload: { enabled: true } },
    }),
  });
  const text = await response.text();
  const data = text ? JSON.parse(text) : {};
  if (!response.ok) throw new Error(data.error ?? data.message ?? response.statusText);
  return data.client_secret;
}

function Panel() {
  const { control } = useChatKit({ api: { getClientSecret }, composer: { attachments: { enabled: true } } });
  return <ChatKit control={control} style={{ width: '100%', height: '600px' }} />;
}

createRoot(document.getElementById('root')).render(<Panel />);
