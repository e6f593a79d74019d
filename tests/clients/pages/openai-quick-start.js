// OpenAI's quick start in plain JavaScript: each call creates a session, without credentials and without the old secret.
const chat = Object.assign(document.createElement('openai-chatkit'), { id: 'my-chat' });
chat.style.cssText = 'display: block; height: 600px';
document.getElementById('root').append(chat);

customElements.whenDefined('openai-chatkit').then(() => {
  chat.setOptions({
    api: {
      async getClientSecret() {
        const response = await fetch(`${process.env.WORKER}/api/chatkit/session`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
        });
        return (await response.json()).client_secret;
      },
    },
  });
});
