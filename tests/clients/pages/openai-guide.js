// OpenAI's authentication guide in plain JavaScript: a start without a body, then refreshes with the old secret. No credentials.
const chat = Object.assign(document.createElement('openai-chatkit'), { id: 'my-chat' });
chat.style.cssText = 'display: block; height: 600px';
document.getElementById('root').append(chat);

const request = (currentClientSecret) =>
  currentClientSecret
    ? fetch(`${process.env.WORKER}/api/chatkit/refresh`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ currentClientSecret }),
      })
    : fetch(`${process.env.WORKER}/api/chatkit/start`, { method: 'POST' });

customElements.whenDefined('openai-chatkit').then(() => {
  chat.setOptions({ api: { getClientSecret: async (current) => (await (await request(current)).json()).client_secret } });
});
