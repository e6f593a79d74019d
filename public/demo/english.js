/** The English words that index.html does not have, because they depend on something. */

/** @type {Record<string, string>} */
export const ENGLISH = {
  page: 'ChatKit Edge demo',
  'theme.light': 'Light theme',
  'theme.dark': 'Dark theme',
  greeting: 'What can I help with?',
  placeholder: 'Write a message',
  prompts: 'What can you do? | Tell me something surprising.',
  'fact.sandbox': 'the sandbox',
  'fact.anonymous': 'known by signed cookie',
  'fact.jwt': 'signed in by token',
  'fact.access': 'Cloudflare Access',
  'note.html': 'One script and one element. It gets the session, renews it, and says what is wrong when something is.',
  'note.react': 'OpenAI’s own React component, with this Worker’s endpoints.',
  'note.script': 'OpenAI’s own element, with the pair of endpoints that its guide asks for.',
  'note.terminal': 'The same session, from a terminal.',
  'note.origin': 'If the page is of another site, add its origin to ALLOWED_ORIGINS.',
  copied: 'Copied.',
  'not.copied': 'The browser does not allow copying. Select the text and copy it.',
};
