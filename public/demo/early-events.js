/** Records the chat's events before the rest of the page is loaded. It runs before /embed.js and imports nothing. */

/** @type {{ type: string, detail: unknown, at: Date }[]} */
export const earlyEvents = [];

/** @param {Event} event */
function record(event) {
  earlyEvents.push({ type: event.type, detail: /** @type {CustomEvent} */ (event).detail, at: new Date() });
}

// The events do not bubble, but the document can capture them.
const TYPES = [
  'chatkit-edge.session',
  'chatkit-edge.problem',
  'chatkit.ready',
  'chatkit.log',
  'chatkit.error',
  'chatkit.thread.change',
];
for (const type of TYPES) document.addEventListener(type, record, true);

/** Called when the event panel takes over. */
export function stopRecording() {
  for (const type of TYPES) document.removeEventListener(type, record, true);
}
