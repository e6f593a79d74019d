// Builds /chatkit.js: joins the modules of the stand-in widget into one script. Like the real widget, it must work as a
// classic script and as a module, and define its element before the script's load event; imports would break both.
import { readFile } from 'node:fs/promises';

const MODULES = [
  'widget/texts.js',
  'widget/icons.js',
  'widget/markup.js',
  'widget/styles.js',
  'widget/item-styles.js',
  'widget/client.js',
  'widget/event-reader.js',
  'widget/protocol-client.js',
  'widget/hosted-backend.js',
  'widget/thread-items.js',
  'widget/item-parts.js',
  'widget/widget-tree.js',
  'widget/question-form.js',
  'widget/item-list.js',
  'widget/history.js',
  'widget/composer.js',
  'widget/view.js',
  'widget/open-thread.js',
  'widget/conversation.js',
  'chatkit.js',
];

/** @returns {Promise<string>} */
export async function widgetScript() {
  const parts = await Promise.all(MODULES.map((part) => readFile(new URL(part, import.meta.url), 'utf8')));
  // This works because each module imports only from the others, one line per import, and exports only declarations.
  const joined = parts.map((part) => part.replace(/^import .*;\n/gm, '').replace(/^export /gm, ''));
  return `(() => {\n'use strict';\n${joined.join('\n')}})();\n`;
}
