/** Hears what the chat reports before the rest of the page is loaded: it stands before /embed.js and imports nothing. */

/** @type {{ type: string, detail: unknown, at: Date }[]} */
export const heard = [];

/** @param {Event} event */
function hear(event) {
  heard.push({ type: event.type, detail: /** @type {CustomEvent} */ (event).detail, at: new Date() });
}

// They do not bubble, but on their way down they all pass the document.
const types = ['chatkit-edge.session', 'chatkit-edge.problem', 'chatkit.ready', 'chatkit.log', 'chatkit.error', 'chatkit.thread.change'];
for (const type of types) document.addEventListener(type, hear, true);

/** From here on somebody else listens. */
export function stopHearing() {
  for (const type of types) document.removeEventListener(type, hear, true);
}
