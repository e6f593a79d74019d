/** Hears what the chat reports before the rest of the page is loaded: it stands before /embed.js and imports nothing. */

/** @type {{ type: string, detail: unknown, at: Date }[]} */
export const earlyEvents = [];

/** @param {Event} event */
function record(event) {
  earlyEvents.push({ type: event.type, detail: /** @type {CustomEvent} */ (event).detail, at: new Date() });
}

// They do not bubble, but on their way down they all pass the document.
const TYPES = ['chatkit-edge.session', 'chatkit-edge.problem', 'chatkit.ready', 'chatkit.log', 'chatkit.error', 'chatkit.thread.change'];
for (const type of TYPES) document.addEventListener(type, record, true);

/** From here on somebody else listens. */
export function stopRecording() {
  for (const type of TYPES) document.removeEventListener(type, record, true);
}
