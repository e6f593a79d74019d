// A TypeScript page that uses <chatkit-edge>. It is type-checked but never run: each @ts-expect-error must be an error.
import type { ChatKitEdgeElement } from '../../public/embed.js';

const chat = document.querySelector('chatkit-edge');
const made: ChatKitEdgeElement = document.createElement('chatkit-edge');

export async function use() {
  if (!chat) return;
  chat.options = { startScreen: { greeting: 'Hi' }, header: { enabled: false } };
  // @ts-expect-error: the element manages sessions itself
  chat.options = { api: { getClientSecret: async () => '' } };
  // @ts-expect-error: the widget has no such option
  chat.setOptions({ greeting: 'Hi' });
  chat.getToken = async () => 'a token';
  chat.getToken = () => null;
  // @ts-expect-error: a token is a string
  chat.getToken = () => 7;
  await chat.sendUserMessage({ text: 'Hello', newThread: true });
  // @ts-expect-error: a thread id is a string or null
  await chat.setThreadId(7);
  chat.addEventListener('chatkit.thread.change', ({ detail }) => detail.threadId?.length);
  chat.addEventListener('chatkit-edge.problem', ({ detail }) => detail.code.length + Number(detail.passing));
  chat.addEventListener('chatkit-edge.session', ({ detail }) => detail.kind === 'refreshed');
  // @ts-expect-error: the problem has no status
  chat.addEventListener('chatkit-edge.problem', ({ detail }) => detail.status);
  chat.open = !made.open;
  made.reload();
}

export const inJsx = [
  <chatkit-edge />,
  <chatkit-edge workflow="wf_1" agent="support" theme="dark" height={500} launcher="Help" options={{ locale: 'es' }} getToken={async () => 'a token'} />,
  // @ts-expect-error: there are two themes
  <chatkit-edge theme="pink" />,
  // @ts-expect-error: no such attribute
  <chatkit-edge colour="pink" />,
];
