/** Watches the event stream of a run on its way to the widget, and finds the thread that it belongs to. */

/**
 * @typedef {object} RunCallbacks
 * @property {(id: string) => void} thread the stream has created this thread
 * @property {() => void} end
 * @property {() => void} abort the widget does not want the rest
 * @property {() => void} broken the connection broke
 */

/** The id of the run that a response streams, or null. @param {Response} response */
export function runOf({ ok, headers, body }) {
  const isStream = ok && body && headers.get('Content-Type')?.startsWith('text/event-stream');
  return isStream ? headers.get('X-ChatKit-Run') : null;
}

/**
 * @param {Response} response with a body
 * @param {AbortSignal | null} signal the widget's
 * @param {RunCallbacks} on
 * @returns {Response} the same bytes
 */
export function watchStream({ body, status, statusText, headers }, signal, on) {
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (body).getReader();
  const findThread = threadFinder(on.thread);
  let isOver = false;
  /** @param {() => void} callback called at most once for a stream */
  const finish = (callback) => {
    if (isOver) return;
    isOver = true;
    callback();
  };
  signal?.addEventListener('abort', () => finish(on.abort));
  const stream = new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          finish(on.end);
          return controller.close();
        }
        findThread(value);
        controller.enqueue(value);
      } catch (error) {
        finish(on.broken);
        controller.error(error);
      }
    },
    async cancel(reason) {
      finish(on.abort);
      await reader.cancel(reason);
    },
  });
  return new Response(stream, { status, statusText, headers });
}

/**
 * Reads the first event, which names a thread that the stream creates.
 * @param {(id: string) => void} found
 * @returns {(chunk: Uint8Array) => void}
 */
function threadFinder(found) {
  const decoder = new TextDecoder();
  /** What has arrived of the first event; null once it is complete. @type {string | null} */
  let start = '';
  return (chunk) => {
    if (start === null) return;
    start += decoder.decode(chunk, { stream: true });
    const event = /(?:^|\n)data: ?(.*)\n\n/.exec(start);
    if (!event) return;
    start = null;
    try {
      const { type, thread } = JSON.parse(event[1]);
      if (type === 'thread.created') found(thread.id);
    } catch {}
  };
}
