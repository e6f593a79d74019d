// A WordPress plugin for a Worker at another origin: it starts with the body {}, refreshes with the old secret, sends no
// credentials, and reuses a secret until a minute before `expires_at`.
const chat = document.createElement('openai-chatkit');
chat.style.cssText = 'display: block; height: 600px';
document.getElementById('root').append(chat);

let session = null;

async function getClientSecret() {
  if (session && session.expires_at > Date.now() / 1000 + 60) return session.client_secret;
  const response = await fetch(`${process.env.WORKER}/api/chatkit/${session ? 'refresh' : 'start'}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: session ? JSON.stringify({ currentClientSecret: session.client_secret }) : '{}',
  });
  const data = await response.json();
  if (!response.ok) throw new Error(data.message || 'Failed to get token');
  session = data;
  return session.client_secret;
}

customElements.whenDefined('openai-chatkit').then(() => {
  chat.setOptions({ api: { getClientSecret } });
});
