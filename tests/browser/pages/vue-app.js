// A Vue 3 app with the component of docs/embed.md on one of its two routes.
import { createApp, h, ref, toHandlerKey } from 'vue';
import FromDocs from 'docs/Chat.vue';

/** The element itself. Vue sets `options` as a property if the element has one. */
const Plain = ({ options, events, getToken, ...attributes }) =>
  h('chatkit-edge', {
    ...attributes,
    options,
    getToken,
    ...Object.fromEntries(Object.entries(events).map(([name, listener]) => [toHandlerKey(name), listener])),
  });
Plain.inheritAttrs = false;

const TOKEN = process.env.TOKEN || undefined;
const Chat = process.env.CHAT === 'plain' ? Plain : FromDocs;

createApp({
  setup() {
    const away = ref(false);
    const theme = ref('light');
    const heard = ref([]);
    // Vue wraps this object and every object in it in a proxy.
    const options = ref({ disclaimer: { text: 'In light' } });
    const hear = ({ type, detail }) => heard.value.push(`${type} ${detail?.threadId ? 'thread' : ''}`.trim());
    function turnDark() {
      theme.value = 'dark';
      options.value = { disclaimer: { text: 'In dark' } };
    }
    return () => [
      h('button', { onClick: turnDark }, 'Dark'),
      h('button', { onClick: () => (away.value = !away.value) }, away.value ? 'To the chat' : 'Away'),
      h('ol', { id: 'heard' }, heard.value.map((name, i) => h('li', { key: i }, name))),
      away.value
        ? h('p', 'Another page')
        : h(Chat, {
            theme: theme.value,
            locale: 'es',
            prompts: 'One | Two',
            options: options.value,
            getToken: TOKEN && (async () => TOKEN),
            events: { 'chatkit.ready': hear, 'chatkit.thread.change': hear, 'chatkit-edge.session': hear },
          }),
    ];
  },
}).mount('#root');
