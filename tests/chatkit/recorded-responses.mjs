// A Responses API on loopback that plays recorded streams, and echoes what it has no recording for.
//
// The last user message chooses: "Play NAME" plays streams/NAME.json, "Hold on" streams some text and waits, "Hold back" waits before
// the first word, "Say 25 messages" has as many messages. Any other text is echoed with the number of the call. Ids of items repeat
// from call to call, as with some servers that speak this API. A call without a stream, for a title, gets one text.
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const folder = new URL('streams/', import.meta.url);

/** The title that a call without a stream gets. */
export const TITLE = 'A title by the model';

/**
 * @typedef {object} Call
 * @property {any} body
 * @property {boolean} left the caller closed the connection before the end
 * @property {() => void} release sends the rest of an answer that is held
 */

/** The names of the recorded streams. */
export const streamNames = () => readdirSync(folder).map((file) => file.replace('.json', '')).sort();

/**
 * A recorded stream: the model's events, and where the Worker's events differ from chatkit-python's.
 * @param {string} name
 * @returns {{ events: any[], differences?: { improvements: string[], reference: any[], worker: any[] }[] }}
 */
export const readStream = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));

/** The events of a message with one part of text. @param {string[]} deltas @param {number} [output_index] */
function messageOf(deltas, output_index = 0) {
  const id = `msg_echo_${output_index}`;
  const where = { item_id: id, output_index, content_index: 0 };
  const item = { id, type: 'message', role: 'assistant' };
  const part = (/** @type {string} */ words) => ({ type: 'output_text', text: words, annotations: [], logprobs: [] });
  const whole = deltas.join('');
  return [
    { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...where, part: part('') },
    ...deltas.map((delta) => ({ type: 'response.output_text.delta', ...where, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...where, text: whole, logprobs: [] },
    { type: 'response.content_part.done', ...where, part: part(whole) },
    { type: 'response.output_item.done', output_index, item: { ...item, status: 'completed', content: [part(whole)] } },
  ];
}

/** The events of an answer to a text. @param {string} asked @param {number} call the number of the call */
function answerTo(asked, call) {
  const recording = /^Play ([\w-]+)$/.exec(asked);
  if (recording) return readStream(recording[1]).events;
  const count = Number(/^Say (\d+) messages$/.exec(asked)?.[1] ?? 0);
  const messages = Array.from({ length: count }, (_, i) => messageOf([`Message ${i + 1}`], i));
  const all = count ? messages.flat() : messageOf([`Answer ${call} to: `, asked]);
  return [{ type: 'response.created' }, ...all, { type: 'response.completed' }];
}

/** The response object of an event. Recordings have only what differs. @param {any} event @param {any[]} output */
const responseOf = (event, output) => ({
  id: 'resp_1', object: 'response', created_at: 1_796_000_000, model: 'gpt-5.2', status: event.type.replace('response.', ''),
  error: null, incomplete_details: null, instructions: null, metadata: {}, output, parallel_tool_calls: true, temperature: 1,
  tool_choice: 'auto', tools: [], top_p: 1,
  usage: {
    input_tokens: 10, input_tokens_details: { cached_tokens: 0 }, output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 15,
  },
  ...event.response,
});

const WITH_RESPONSE = /^response\.(?:created|in_progress|completed|failed|incomplete)$/;

/** The events as they go out: numbered, and with their response objects. @param {any[]} events */
function complete(events) {
  /** @type {any[]} */
  const output = [];
  return events.map((event, sequence_number) => {
    if (event.type === 'response.output_item.done') output.push(event.item);
    const response = WITH_RESPONSE.test(event.type) ? { response: responseOf(event, [...output]) } : {};
    return { ...event, ...response, sequence_number };
  });
}

/** The text of an item of the input, whichever form it has. @param {any} item */
const textOf = ({ content, output }) =>
  output ?? (typeof content === 'string' ? content : content.map((/** @type {any} */ part) => part.text ?? '').join(''));

/** Starts the server. */
export async function startRecordedResponses() {
  /** @type {Call[]} */
  const calls = [];

  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request));
    if (!body.stream) {
      const output = messageOf([TITLE]).filter(({ item }) => item?.status === 'completed').map(({ item }) => item);
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(responseOf({ type: 'response.completed' }, output)));
      return;
    }
    let ended = false;
    const call = { body, left: false, release: () => {} };
    calls.push(call);
    response.on('close', () => (call.left = !ended));
    const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
    const last = textOf(input.findLast((/** @type {any} */ item) => item.role === 'user' || item.output !== undefined));
    const events = answerTo(last, calls.length);
    const held = /^Hold (on|back)$/.exec(last)?.[1];
    const frames = complete(events).map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    const finish = (/** @type {number} */ from) => {
      ended = true;
      response.end(frames.slice(from).join(''));
    };
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    if (!held) return finish(0);
    const shown = held === 'on' ? 4 : 1;
    response.write(frames.slice(0, shown).join(''));
    call.release = () => finish(shown);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
