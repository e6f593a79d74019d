// The page of a Next.js template: it loads the widget, then adds the element.
// The published page sets `element.getClientSecret`, which the widget does not read; this one calls setOptions.
import { useEffect, useRef } from 'react';
import { createRoot } from 'react-dom/client';

function Home() {
  const container = useRef(null);

  useEffect(() => {
    const script = document.createElement('script');
    script.src = 'https://cdn.platform.openai.com/deployments/chatkit/chatkit.js';
    script.async = true;
    script.onload = showChat;
    document.head.append(script);

    async function getClientSecret() {
      const response = await fetch(`${process.env.WORKER}/api/chatkit/start`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ userId: 'demo-user-123', workflowId: process.env.NEXT_PUBLIC_WORKFLOW_ID }),
      });
      const data = await response.json();
      if (!response.ok) throw new Error(data.error || 'session error');
      return data.client_secret;
    }

    function showChat() {
      const chat = document.createElement('openai-chatkit');
      chat.style.cssText = 'width: 100%; height: 600px';
      chat.theme = 'light';
      chat.setOptions({ api: { getClientSecret } });
      container.current?.append(chat);
    }
  }, []);

  return <div className="container" ref={container} />;
}

createRoot(document.getElementById('root')).render(<Home />);
