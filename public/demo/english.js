/** English texts that are not in index.html, because they depend on the state of the page. */

/** @type {Record<string, string>} */
export const ENGLISH = {
  page: 'ChatKit Edge demo',
  greeting: 'What can I help with?',
  placeholder: 'Write a message',
  prompts: 'What can you do? | Tell me something surprising.',
  'fact.sandbox': 'the sandbox',
  'fact.anonymous': 'anonymous, by signed cookie',
  'fact.jwt': 'signed in by token',
  'fact.access': 'Cloudflare Access',
  'note.html': 'One script and one element. It requests the session, refreshes it, and shows what to do if something fails.',
  'note.react': 'OpenAI’s React component, with this Worker’s endpoints.',
  'note.script': 'OpenAI’s element, with the two endpoints that its guide describes.',
  'note.terminal': 'The same session, from a terminal.',
  'note.origin': 'If the page is on another site, add its origin to ALLOWED_ORIGINS.',
  copied: 'Copied.',
  'not.copied': 'The browser does not allow copying. Select the text and copy it.',
};
