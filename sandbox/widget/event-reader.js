// Reads a stream of server-sent events. Only the field `data` is used; comments keep the connection open and are skipped.

/** @typedef {{ type: string, [field: string]: any }} ChatEvent an event of ChatKit's server protocol */

/**
 * Yields the JSON of each event. What follows the last blank line is an event that was cut off, and is dropped.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<ChatEvent>}
 */
export async function* readEvents(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      pending += decoder.decode(value, { stream: true });
      const frames = pending.split(/\r\n\r\n|\n\n|\r\r/);
      pending = frames.pop() ?? '';
      for (const frame of frames) {
        const data = dataOf(frame);
        if (data !== null) yield JSON.parse(data);
      }
    }
  } finally {
    // A caller that stops early leaves the loop here, and the request must end with it.
    await reader.cancel().catch(() => {});
  }
}

/** @param {string} frame the lines of one event @returns {string | null} */
function dataOf(frame) {
  const lines = frame.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'));
  return lines.length === 0 ? null : lines.map((line) => line.slice(line[5] === ' ' ? 6 : 5)).join('\n');
}
