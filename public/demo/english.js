/** English texts that are not in index.html, because they depend on the state of the page. */

/** @type {Record<string, string>} */
export const ENGLISH = {
  page: 'ChatKit Edge demo',
  greeting: 'What can I help with?',
  placeholder: 'Write a message',
  prompts: 'What can you do? | Tell me something surprising.',
  // Words that the sandbox answers with steps, and with an answer long enough for a reload.
  'prompts.sandbox': 'What can you do? | Think before you answer. | Tell me a long story.',
  'intro.agent':
    'The Worker behind this page runs the chat: it asks the model, streams the answer, and stores each visitor’s threads. The ' +
    'browser never sees the API key.',
  'intro.remote':
    'The Worker behind this page checks every request, counts it, and forwards it to the owner’s ChatKit server with a ' +
    'signature that names the visitor.',
  'sandbox.set.agent': 'To talk to a model, set these in .dev.vars:',
  'fact.hosted': 'hosted (OpenAI runs the chat)',
  'fact.agent': 'agent (this Worker runs the chat)',
  'fact.remote': 'remote (another server runs the chat)',
  'fact.more.agents': '{name}, and {count} more: {names}',
  'fact.choice': '{model} (of {count} to choose from)',
  'fact.sandbox': 'the sandbox',
  'fact.model': 'a Responses API',
  'fact.server': 'the owner’s ChatKit server',
  'fact.anonymous': 'anonymous, by signed cookie',
  'fact.jwt': 'signed in by token',
  'fact.access': 'Cloudflare Access',
  'note.html': 'One script and one element. It requests the session, refreshes it, and shows what to do if something fails.',
  'note.html.server': 'One script and one element. It identifies the visitor, and shows an answer also after a reload.',
  'note.react': 'OpenAI’s React component, with this Worker’s endpoints.',
  'note.script': 'OpenAI’s element, with the two endpoints that its guide describes.',
  'note.script.server': 'OpenAI’s element, with this Worker as the server of its chat.',
  'note.terminal': 'The same session, from a terminal.',
  'note.terminal.server': 'A message and its answer, from a terminal.',
  'note.origin': 'If the page is on another site, add its origin to ALLOWED_ORIGINS.',
  copied: 'Copied.',
  'not.copied': 'The browser does not allow copying. Select the text and copy it.',
};
