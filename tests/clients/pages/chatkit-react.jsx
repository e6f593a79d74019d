// A chat with @openai/chatkit-react, with a start and a refresh as in OpenAI's authentication guide.
import { ChatKit, useChatKit } from '@openai/chatkit-react';
import { createRoot } from 'react-dom/client';

const post = (path, init) => fetch(process.env.WORKER + path, { method: 'POST', credentials: process.env.CREDENTIALS, ...init });

function Chat() {
  const { control } = useChatKit({
    api: {
      async getClientSecret(currentClientSecret) {
        const response = currentClientSecret
          ? await post('/api/chatkit/refresh', {
              headers: { 'Content-Type': 'application/json' },
              body: JSON.stringify({ currentClientSecret }),
            })
          : await post('/api/chatkit/start');
        const { client_secret } = await response.json();
        return client_secret;
      },
    },
  });
  return <ChatKit control={control} style={{ width: '100%', height: '600px' }} />;
}

createRoot(document.getElementById('root')).render(<Chat />);
