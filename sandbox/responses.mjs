// The stand-in for OpenAI's Responses API: POST /v1/responses, and stored responses under /v1/responses/{id}: GET (whole, or as a
// stream from a sequence number), POST …/cancel and DELETE.
import { randomBytes } from 'node:crypto';
import { checkKey } from './api.mjs';
import { createFault, sendReplacement } from './faults.mjs';
import { HttpError, bearer, isJson, parseJson, sendJson } from './http.mjs';
import { PromptCache } from './prompt-cache.mjs';
import { endingOf, faultInQuestion, isNotStreamed, sendAnswerReplacement, transportOf } from './responses-faults.mjs';
import { checkResponsesRequest, inputTokens } from './responses-input.mjs';
import { LiveResponse } from './responses-live.mjs';
import { paceOf, readQuestion, stepsFor } from './responses-scripts.mjs';
import { TERMINAL, buildEvents } from './responses-stream.mjs';

export const MODELS = ['gpt-5.2', 'gpt-5.2-mini', 'gpt-5.2-nano', 'gpt-5-mini', 'gpt-4.1', 'gpt-4.1-mini', 'gpt-4.1-nano'];
const PATH = /^\/v1\/responses(?:\/([^/]+)(\/cancel)?)?\/?$/;
const STREAMABLE_MS = 5 * 60 * 1000;
const MAX_KEPT = 2000;

/**
 * @typedef {object} Call a request to the API
 * @property {string} method
 * @property {string} pathname
 * @property {URLSearchParams} query
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {Buffer} bytes of the body
 * @property {any} body parsed JSON, or null
 * @property {import('./openai.mjs').RecordedRequest} record
 * @property {Record<string, string>} responseHeaders
 * @property {(kind: import('./responses-faults.mjs').CallKind) => import('./faults.mjs').Fault | undefined} takeFault
 */

export class ResponsesApi {
  /** Responses that GET finds. @type {Map<string, LiveResponse>} */
  stored = new Map();
  /** How many answers are being produced, and the most at once. */
  answers = { open: 0, mostOpen: 0, total: 0 };
  /** @type {{ after: number, gate: Promise<void> } | null} */
  #pause = null;
  #options;
  #cache = new PromptCache();
  /** The reasoning item that an item of an answer came after. @type {Map<string, string>} */
  #reasoning = new Map();
  /** Ids of items of stored responses. @type {Set<string>} */
  #storedItems = new Set();
  /** How often a question chose its fault. @type {Map<string, number>} */
  #faultsInQuestions = new Map();
  /** @type {Set<LiveResponse>} */
  #running = new Set();

  /** @param {{ apiKey: string, models: string[], contextTokens: number, deltaDelayMs: number }} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Answers wait before the event after `after` others, until the returned function is called.
   * @param {number} after
   * @returns {() => void}
   */
  pause(after) {
    const { promise, resolve } = Promise.withResolvers();
    this.#pause = { after, gate: /** @type {Promise<void>} */ (promise) };
    return () => {
      this.#pause = null;
      resolve(undefined);
    };
  }

  clear() {
    for (const live of this.#running) live.cancel();
    for (const kept of [this.stored, this.#cache, this.#reasoning, this.#storedItems, this.#faultsInQuestions]) kept.clear();
    Object.assign(this.answers, { mostOpen: this.answers.open, total: 0 });
    this.#pause = null;
  }

  /** @param {Call} call @param {import('node:http').ServerResponse} res */
  async handle(call, res) {
    const path = PATH.exec(call.pathname);
    if (!path) throw new HttpError(404, `Invalid URL (${call.method} ${call.pathname})`);
    const [, id, cancel] = path;
    const creates = id === undefined && call.method === 'POST';
    const streams = creates ? call.body?.stream === true : call.query.get('stream') === 'true';
    /** @type {import('./responses-faults.mjs').CallKind} */
    const kind = creates ? (streams ? 'stream' : 'whole') : streams ? 'replay' : 'control';
    const fault = call.takeFault(kind);
    if (fault && this.#sendFault(fault, call, res)) return;
    checkKey(call.headers, this.#options.apiKey);
    if (creates) return this.#create(call, res, /** @type {'stream' | 'whole'} */ (kind), fault);
    if (id === undefined) throw notAllowed(call, 'POST');
    if (cancel ? call.method !== 'POST' : !['GET', 'DELETE'].includes(call.method)) throw notAllowed(call, cancel ? 'POST' : 'GET, DELETE');
    const live = this.stored.get(id);
    if (!live) throw new HttpError(404, `Response with id '${id}' not found.`);
    if (cancel) return this.#cancel(live, call, res);
    if (call.method === 'GET') return streams ? this.#replay(live, call, res, fault) : sendJson(res, 200, live.response, call.responseHeaders);
    live.cancel();
    this.stored.delete(id);
    sendJson(res, 200, { id, object: 'response', deleted: true }, call.responseHeaders);
  }

  async #create(call, res, kind, fault) {
    if (!isJson(call.headers)) {
      throw new HttpError(400, "Unsupported content type. This API method only accepts 'application/json' requests.", { code: 'unsupported_content_type' });
    }
    const body = /** @type {any} */ (parseJson(call.bytes));
    checkResponsesRequest(body, {
      ...this.#options,
      isStored: (id) => this.#storedItems.has(id),
      reasoningOf: (id) => this.#reasoning.get(id),
    });
    const asked = readQuestion(body.input);
    fault ??= this.#faultOf(asked.question, kind);
    if (fault && this.#sendFault(fault, call, res)) return;

    const tokens = { input: inputTokens(body), cached: this.#cache.cachedTokens(body) };
    const { id, events } = buildEvents({ body, steps: stepsFor(body, asked), newId, tokens, ending: endingOf(fault) });
    const live = this.#start(id, body, events, paceOf(asked.question) ?? this.#options.deltaDelayMs);
    call.record.answer = { id, events: 0, left: false };
    const left = leaving(res);
    // OpenAI ends an answer whose client leaves, unless it is produced in the background.
    if (!live.background) left.addEventListener('abort', () => live.cancel());
    if (kind === 'stream' && !isNotStreamed(fault)) return deliver(live, 0, { call, res, left, fault });
    if (live.background) return sendJson(res, 200, events[0].response, call.responseHeaders);
    await live.finished;
    sendJson(res, 200, live.response, call.responseHeaders);
  }

  #start(id, body, events, paceMs) {
    const paused = (emitted) => (this.#pause && emitted >= this.#pause.after ? this.#pause.gate : undefined);
    const live = new LiveResponse({ id, body, events, paceMs, paused });
    this.answers.total++;
    this.answers.mostOpen = Math.max(this.answers.mostOpen, ++this.answers.open);
    this.#running.add(live);
    void live.finished.finally(() => {
      this.answers.open--;
      this.#running.delete(live);
    });
    const items = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
    items.forEach((item, index) => {
      const earlier = items[index - 1];
      if (earlier?.type === 'reasoning') keep(this.#reasoning, item.id, earlier.id);
      if (body.store !== false) this.#storedItems.add(item.id);
    });
    if (body.store !== false) keep(this.stored, id, live);
    return live;
  }

  /** @returns {import('./faults.mjs').Fault | undefined} */
  #faultOf(question, kind) {
    const chosen = faultInQuestion(question, kind);
    if (!chosen) return undefined;
    const times = (this.#faultsInQuestions.get(question) ?? 0) + 1;
    keep(this.#faultsInQuestions, question, times);
    if (times > chosen.times) return undefined;
    try {
      return createFault(chosen.name, chosen.options);
    } catch (error) {
      throw new HttpError(400, error.message);
    }
  }

  #sendFault(fault, { headers, responseHeaders }, res) {
    return (
      sendAnswerReplacement(fault, res, responseHeaders) ||
      sendReplacement(fault, res, { key: bearer(headers) ?? '', headers: responseHeaders })
    );
  }

  #cancel(live, { responseHeaders }, res) {
    if (!live.background) throw new HttpError(400, 'Cannot cancel a synchronous response.');
    live.cancel();
    return live.finished.then(() => sendJson(res, 200, live.response, responseHeaders));
  }

  async #replay(live, call, res, fault) {
    if (!live.background || !live.streamed) {
      throw new HttpError(400, 'This response cannot be streamed because it was not created with background=true and stream=true.', { param: 'stream' });
    }
    if (Date.now() - live.createdAt > STREAMABLE_MS) {
      throw new HttpError(400, 'This response can no longer be streamed because it is more than 5 minutes old.');
    }
    const after = call.query.get('starting_after');
    if (after !== null && !/^\d{1,9}$/.test(after)) {
      throw new HttpError(400, `Invalid type for 'starting_after': expected an integer, but got '${after}' instead.`, { param: 'starting_after', code: 'invalid_type' });
    }
    call.record.answer = { id: live.id, events: 0, left: false };
    return deliver(live, after === null ? 0 : Number(after) + 1, { call, res, left: leaving(res), fault });
  }
}

/** Sends the events of a response from one on, until its end, or until the client leaves. */
async function deliver(live, from, { call, res, left, fault }) {
  const { answer } = call.record;
  const transport = transportOf(fault);
  let pending = transport?.before;
  left.addEventListener('abort', () => {
    if (answer.ended) return;
    answer.left = true;
    answer.leftAt = Date.now();
  });
  res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache', ...call.responseHeaders, ...fault?.headers });
  res.flushHeaders();
  for await (const event of live.read(from, left)) {
    if (pending && (answer.events >= (transport?.after ?? 0) || TERMINAL.includes(event.type))) {
      const before = pending;
      pending = undefined;
      // A stall ends only when the client leaves; the other faults end the stream themselves.
      if (fault.name !== 'stall') answer.ended = ['cut', 'end-of-file', 'done-only'].includes(fault.name);
      if (await before(res)) return;
    }
    const frame = `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    if (transport?.write) await transport.write(res, frame);
    else res.write(frame);
    answer.events++;
  }
  if (left.aborted) return;
  answer.ended = true;
  transport?.last?.(res);
  res.end();
}

/** Aborts when the connection closes. @param {import('node:http').ServerResponse} res */
function leaving(res) {
  const controller = new AbortController();
  res.on('close', () => controller.abort());
  return controller.signal;
}

/** Adds to a map that forgets its oldest entries. */
function keep(map, key, value) {
  map.set(key, value);
  if (map.size > MAX_KEPT) map.delete(map.keys().next().value);
}

const newId = (prefix) => `${prefix}${randomBytes(24).toString('hex')}`;

function notAllowed({ method, pathname }, allow) {
  return new HttpError(405, `Not allowed to ${method} on ${pathname}.`, { code: 'method_not_supported', headers: { Allow: allow } });
}
