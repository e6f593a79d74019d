// A WordPress plugin with a shortcode: each call creates a session with same-origin credentials, and is aborted after ten
// seconds. It shows the response's `message` where a call fails.
const chat = document.createElement('openai-chatkit');
chat.style.cssText = 'display: block; height: 600px';
document.getElementById('root').append(chat);

async function getClientSecret() {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), 10_000);
  const response = await fetch(`${process.env.WORKER}/api/chatkit/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    signal: controller.signal,
    credentials: 'same-origin',
  });
  clearTimeout(timer);
  const data = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(data.message || `HTTP ${response.status}`);
  return data.client_secret;
}

customElements.whenDefined('openai-chatkit').then(() => {
  chat.setOptions({ api: { getClientSecret } });
});
