// A React 19 app with the component of docs/embed.md on one of its two routes.
import { StrictMode, useMemo, useState } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { Chat as FromDocs } from 'docs/Chat.jsx';

/** The element itself, with `options` set by React: a new object on every render, as for an object literal in JSX. */
function Plain({ options, events, ...props }) {
  const listen = (chat) => {
    const gone = new AbortController();
    for (const [name, listener] of Object.entries(events)) chat.addEventListener(name, listener, { signal: gone.signal });
    return () => gone.abort();
  };
  return <chatkit-edge ref={listen} options={{ ...options }} {...props} />;
}

const TOKEN = process.env.TOKEN || undefined;
const Chat = process.env.CHAT === 'plain' ? Plain : FromDocs;

function App() {
  const [away, setAway] = useState(false);
  const [theme, setTheme] = useState('light');
  const [heard, setHeard] = useState([]);
  const hear = ({ type, detail }) => setHeard((before) => [...before, `${type} ${detail?.threadId ? 'thread' : ''}`.trim()]);
  const options = useMemo(() => ({ disclaimer: { text: `In ${theme}` } }), [theme]);
  return (
    <>
      <button onClick={() => setTheme('dark')}>Dark</button>
      <button onClick={() => setAway(!away)}>{away ? 'To the chat' : 'Away'}</button>
      <ol id="heard">{heard.map((name, i) => <li key={i}>{name}</li>)}</ol>
      {away ? <p>Another page</p> : (
        <Chat
          theme={theme}
          locale="es"
          prompts="One | Two"
          options={options}
          getToken={TOKEN && (async () => TOKEN)}
          events={{ 'chatkit.ready': hear, 'chatkit.thread.change': hear, 'chatkit-edge.session': hear }}
        />
      )}
    </>
  );
}

const root = document.getElementById('root');
const app = <StrictMode><App /></StrictMode>;
if (process.env.RENDERED === 'server') {
  root.innerHTML = renderToString(app);
  hydrateRoot(root, app);
} else {
  createRoot(root).render(app);
}
