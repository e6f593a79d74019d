// The Vite front end of OpenAI's managed-chatkit. As published, it returns the old secret where the widget requests the next one.
import { ChatKit, useChatKit } from '@openai/chatkit-react';
import { useMemo } from 'react';
import { createRoot } from 'react-dom/client';

function secretFetcher(workflow) {
  return async (current) => {
    if (current && process.env.REUSES_SECRET) return current;
    const response = await fetch(`${process.env.WORKER}/api/create-session`, {
      method: 'POST',
      credentials: process.env.CREDENTIALS,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ workflow: { id: workflow } }),
    });
    const payload = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(payload.error ?? 'Failed to create session');
    if (!payload.client_secret) throw new Error('Missing client secret in response');
    return payload.client_secret;
  };
}

function Panel() {
  const getClientSecret = useMemo(() => secretFetcher(process.env.WORKFLOW), []);
  const { control } = useChatKit({ api: { getClientSecret } });
  return <ChatKit control={control} style={{ width: '100%', height: '600px' }} />;
}

createRoot(document.getElementById('root')).render(<Panel />);
