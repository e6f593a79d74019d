// The faults of the Responses API, by name. `sandbox.fail(name, options)` and POST /sandbox/faults set them as those of
// faults.mjs; a question can also choose one:
//
//   fault: cut                       the fault, for the streamed call that has this question
//   fault: cut after 5               after 5 events; without it, after 6. Never later than just before the end
//   fault: rate-limited retry 7      with Retry-After: 7
//   fault: unavailable times 2       only for the first 2 calls with this question
//   title fault: unavailable         for calls that are not streamed, such as the one for a title
//
// The error responses and connection faults of faults.mjs apply too: bad-request, invalid-key, echo-secrets, rate-limited,
// server-error, unavailable, reset, silence, html, empty and so on. For a refused connection, use a port without a server.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { HttpError, sendJson } from './http.mjs';
import { contextError } from './responses-input.mjs';

const HUGE_BYTES = 5 * 1024 * 1024;
const DEFAULT_AFTER = 6;
const PIECE_BYTES = 7;
const COMMENT_INTERVAL_MS = 200;
/** How a question chooses a fault. */
export const CHOICE = /\b(title )?fault: *([a-z-]+)((?: +(?:after|times|retry) +\d{1,6})*)/i;

/** Sent instead of the answer. @type {Record<string, (res: import('node:http').ServerResponse, headers: Record<string, string>) => void>} */
const REPLACEMENTS = {
  'no-access': error(() => new HttpError(403, 'Project `proj_sandbox` does not have access to model `gpt-5.2`.', { code: 'model_not_found' })),
  'model-not-found': error(() => new HttpError(404, 'The model `gpt-5.2` does not exist or you do not have access to it.', { code: 'model_not_found' })),
  // The same with the status that /v1/responses also sends.
  'model-unknown': error(() => new HttpError(400, "The requested model 'gpt-5.2' does not exist.", { param: 'model', code: 'model_not_found' })),
  'context-too-long': error(contextError),
  'quota-exhausted': error(() => new HttpError(429, 'You exceeded your current quota, please check your plan and billing details.', {
    type: 'insufficient_quota', code: 'insufficient_quota',
  })),
  'html-error': (res, headers) => {
    res.writeHead(502, { 'Content-Type': 'text/html; charset=utf-8', ...headers });
    res.end('<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>');
  },
  'hang-up': (res) => res.socket?.end(),
  // Bytes arrive, but never an event.
  drip: (res, headers) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', ...headers });
    res.write(': waiting\n\n');
    const timer = setInterval(() => res.write(': waiting\n\n'), COMMENT_INTERVAL_MS);
    res.on('close', () => clearInterval(timer));
  },
};

/** How the answer itself ends. @type {Record<string, Omit<import('./responses-stream.mjs').Ending, 'after'>>} */
const ENDINGS = {
  failed: { status: 'failed', error: { code: 'server_error', message: 'The server had an error while processing your request. Sorry about that!' } },
  'failed-rate-limited': { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Rate limit reached for gpt-5.2. Please try again in 7s.' } },
  'failed-context': { status: 'failed', error: contextError().body.error },
  'failed-prompt': { status: 'failed', error: { code: 'invalid_prompt', message: 'Invalid prompt: your prompt was flagged as potentially violating our usage policy.' } },
  incomplete: { status: 'incomplete', reason: 'max_output_tokens' },
  filtered: { status: 'incomplete', reason: 'content_filter' },
  'error-event': { status: 'error', error: { code: 'server_error', message: 'The server had an error while processing your request. Sorry about that!' } },
  'error-event-nested': { status: 'error', nested: true, error: { code: 'rate_limit_exceeded', message: 'Rate limit reached for gpt-5.2.' } },
};

/**
 * What happens to the bytes of a stream. `before` runs once, before the event at the fault's place, and ends the stream if it
 * returns true; `write` replaces the writing of every event; `last` runs before the stream ends.
 * @type {Record<string, { before?: (res: import('node:http').ServerResponse) => boolean | void | Promise<boolean>, write?: (res: import('node:http').ServerResponse, frame: string) => Promise<void> | void, last?: (res: import('node:http').ServerResponse) => void }>}
 */
const TRANSPORT = {
  cut: {
    before: async (res) => {
      // What was sent before the cut arrives.
      do await nextTurn();
      while (res.socket?.writableLength);
      res.socket?.destroy();
      return true;
    },
  },
  'end-of-file': { before: (res) => (res.end(), true) },
  stall: { before: () => true },
  'done-only': { before: (res) => (res.end('data: [DONE]\n\n'), true) },
  malformed: { before: (res) => void res.write('event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"brok\n\n') },
  huge: {
    before: (res) => {
      const delta = { type: 'response.output_text.delta', item_id: 'msg_huge', output_index: 0, content_index: 0, delta: 'x'.repeat(HUGE_BYTES), logprobs: [], sequence_number: 0 };
      res.write(`event: ${delta.type}\ndata: ${JSON.stringify(delta)}\n\n`);
    },
  },
  'done-marker': { last: (res) => void res.write('data: [DONE]\n\n') },
  crlf: { write: (res, frame) => void res.write(frame.replaceAll('\n', '\r\n')) },
  // Pieces of 7 bytes: lines, and characters of several bytes, are split.
  split: {
    write: async (res, frame) => {
      const bytes = Buffer.from(frame);
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        res.write(bytes.subarray(at, at + PIECE_BYTES));
        await nextTurn();
      }
    },
  },
};
/** Answers a streamed call with the whole response as JSON. */
const NOT_STREAMED = 'not-streamed';

export const RESPONSES_FAULTS = Object.freeze([...Object.keys(REPLACEMENTS), ...Object.keys(ENDINGS), ...Object.keys(TRANSPORT), NOT_STREAMED]);

/** @typedef {'session' | 'stream' | 'whole' | 'replay' | 'control'} CallKind a session, a streamed answer, one that is not, a stream that is read again, other calls */

/** Whether a fault of this file has an effect on a call. @param {string} name @param {CallKind} kind */
export function affects(name, kind) {
  if (kind === 'session') return false;
  if (name in REPLACEMENTS) return name !== 'drip' || kind === 'stream' || kind === 'replay';
  if (name in ENDINGS) return kind === 'stream' || (kind === 'whole' && ENDINGS[name].status !== 'error');
  return kind === 'stream' || (name !== NOT_STREAMED && kind === 'replay');
}

/** @param {import('./faults.mjs').Fault} fault @returns {boolean} whether the fault was sent instead of the answer */
export function sendAnswerReplacement(fault, res, headers) {
  if (!Object.hasOwn(REPLACEMENTS, fault.name)) return false;
  REPLACEMENTS[fault.name](res, { ...headers, ...fault.headers });
  return true;
}

/** @param {import('./faults.mjs').Fault | undefined} fault @returns {import('./responses-stream.mjs').Ending | undefined} */
export function endingOf(fault) {
  return fault && Object.hasOwn(ENDINGS, fault.name) ? { ...ENDINGS[fault.name], after: fault.after ?? DEFAULT_AFTER } : undefined;
}

/** @param {import('./faults.mjs').Fault | undefined} fault */
export function transportOf(fault) {
  if (!fault || !Object.hasOwn(TRANSPORT, fault.name)) return undefined;
  return { after: fault.after ?? DEFAULT_AFTER, ...TRANSPORT[fault.name] };
}

export const isNotStreamed = (/** @type {import('./faults.mjs').Fault | undefined} */ fault) => fault?.name === NOT_STREAMED;

/**
 * The fault that a question chooses.
 * @param {string} question
 * @param {'stream' | 'whole'} kind
 * @returns {{ name: string, times: number, options: { after?: number, retryAfter?: number } } | undefined}
 */
export function faultInQuestion(question, kind) {
  const found = CHOICE.exec(question);
  if (!found || Boolean(found[1]) !== (kind === 'whole')) return undefined;
  const numbers = Object.fromEntries([...found[3].toLowerCase().matchAll(/(after|times|retry) +(\d+)/g)].map(([, name, number]) => [name, Number(number)]));
  return { name: found[2].toLowerCase(), times: numbers.times ?? Infinity, options: { after: numbers.after, retryAfter: numbers.retry } };
}

function error(create) {
  return (res, headers) => {
    const failure = create();
    sendJson(res, failure.status, failure.body, { ...headers, ...failure.headers });
  };
}
