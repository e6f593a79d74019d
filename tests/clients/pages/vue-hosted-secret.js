// A Vue app with a helper that caches the secret: each request has the site's own Authorization header and a user id. The
// helper takes the site's own fetch, which adds credentials.
import { createApp, h, onMounted, ref } from 'vue';

let cached = null;
let pending = null;

async function request() {
  const response = await fetch(`${process.env.WORKER}/api/chatkit/session`, {
    method: 'POST',
    credentials: process.env.CREDENTIALS,
    headers: { 'content-type': 'application/json', Authorization: 'Bearer token-of-the-site' },
    body: JSON.stringify({ user_id: 'user-of-the-site' }),
  });
  if (!response.ok) throw new Error(`Failed to retrieve client secret. Received ${response.status}.`);
  const { client_secret, clientSecret, secret } = await response.clone().json();
  cached = client_secret ?? clientSecret ?? secret;
  return cached;
}

function getClientSecret(current) {
  if (cached && current !== cached) return cached;
  pending ??= request().finally(() => (pending = null));
  return pending;
}

createApp({
  setup() {
    const chat = ref(null);
    onMounted(async () => {
      await customElements.whenDefined('openai-chatkit');
      chat.value.setOptions({ api: { getClientSecret } });
    });
    return () => h('openai-chatkit', { ref: chat, style: 'display: block; height: 600px' });
  },
}).mount('#root');
