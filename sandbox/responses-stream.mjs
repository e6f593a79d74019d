// Turns the steps of an answer into the events of the Responses API, as OpenAI streams them: each with its sequence_number, and
// the whole response object at the beginning and the end.
import { seal } from './reasoning-seal.mjs';

/**
 * @typedef {import('./responses-scripts.mjs').Step} Step
 * @typedef {{ type: string, [field: string]: any }} AnswerEvent
 * @typedef {object} Ending how an answer ends that does not complete
 * @property {'failed' | 'incomplete' | 'error'} status
 * @property {number} after so many events
 * @property {{ code: string, message: string }} [error] of `failed` and `error`
 * @property {string} [reason] of `incomplete`
 * @property {boolean} [nested] whether the event `error` has its fields in `error`, as OpenAI also sends it
 */

const OBFUSCATED_LENGTH = 16;
export const TERMINAL = ['response.completed', 'response.failed', 'response.incomplete', 'error'];
export const isDelta = ({ type }) => /(^|[._])delta$/.test(type);

/**
 * @param {object} answer
 * @param {any} answer.body a valid request
 * @param {Step[]} answer.steps
 * @param {(prefix: string) => string} answer.newId
 * @param {{ input: number, cached: number }} answer.tokens of the input
 * @param {Ending} [answer.ending]
 * @returns {{ id: string, events: AnswerEvent[] }}
 */
export function buildEvents({ body, steps, newId, tokens, ending }) {
  /** @type {AnswerEvent[]} */
  const events = [];
  const response = newResponse(body, newId('resp_'));
  const counts = { output: 0, reasoning: 0 };
  const push = (/** @type {AnswerEvent} */ event) => {
    const hidden = isDelta(event) && body.stream && body.stream_options?.include_obfuscation !== false ? { obfuscation: paddingFor(event.delta) } : {};
    events.push(structuredClone({ ...event, sequence_number: events.length, ...hidden }));
  };
  const end = (/** @type {string} */ status, /** @type {object} */ fields = {}) => {
    Object.assign(response, fields, { status, usage: usageOf(tokens, counts) });
    push({ type: `response.${status}`, response });
  };

  if (body.background) {
    push({ type: 'response.created', response: { ...response, status: 'queued' } });
    push({ type: 'response.queued', response: { ...response, status: 'queued' } });
  } else {
    push({ type: 'response.created', response });
  }
  push({ type: 'response.in_progress', response });

  for (const step of steps) {
    const item = newItem(step, newId, body);
    const output_index = response.output.length;
    /** Types of the events that were sent about the item. */
    const sent = new Set();
    for (const event of itemEvents(step, item, body)) {
      const truncated = isDelta(event) && counts.output >= (body.max_output_tokens ?? Infinity);
      if (truncated || (ending && events.length >= ending.after)) {
        const how = truncated ? /** @type {Ending} */ ({ status: 'incomplete', after: 0, reason: 'max_output_tokens' }) : ending;
        interrupt(how, { item, output_index, sent, push, end });
        return { id: response.id, events };
      }
      if (isDelta(event)) {
        counts.output++;
        if (step.kind === 'reasoning') counts.reasoning++;
      }
      push(event.type === 'keepalive' ? event : { ...event, output_index });
      sent.add(event.type);
      if (event.type === 'response.output_item.added') response.output.push(item);
    }
  }
  if (ending) interrupt(ending, { sent: new Set(), push, end });
  else end('completed');
  return { id: response.id, events };
}

/** Ends an answer: one that is incomplete closes the item that is open, another does not. */
function interrupt(/** @type {any} */ { status, error, reason, nested }, /** @type {any} */ { item, output_index, sent, push, end }) {
  if (status === 'error') return push(nested ? { type: 'error', error: { type: error.code, ...error, param: null } } : { type: 'error', ...error, param: null });
  if (status === 'failed') return end('failed', { error });
  if (sent.has('response.output_item.added')) {
    if ('status' in item) item.status = 'incomplete';
    const closing = item.type === 'message' ? [...partDone(item)].filter(({ type }) => !sent.has(type)) : [];
    for (const event of [...closing, { type: 'response.output_item.done', item }]) push({ ...event, output_index });
  }
  end('incomplete', { incomplete_details: { reason } });
}

function newResponse(body, id) {
  const { format = { type: 'text' }, verbosity = 'medium' } = body.text ?? {};
  return {
    id, object: 'response', created_at: Math.floor(Date.now() / 1000), status: 'in_progress', background: body.background ?? false,
    completed_at: null, error: null, incomplete_details: null, instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null, max_tool_calls: body.max_tool_calls ?? null, model: body.model,
    output: /** @type {any[]} */ ([]), parallel_tool_calls: body.parallel_tool_calls ?? true, previous_response_id: null,
    prompt_cache_key: body.prompt_cache_key ?? null, reasoning: { effort: body.reasoning?.effort ?? null, summary: body.reasoning?.summary ?? null },
    safety_identifier: body.safety_identifier ?? null, service_tier: body.service_tier ?? 'auto', store: body.store ?? true,
    temperature: body.temperature ?? 1, text: { format, verbosity }, tool_choice: body.tool_choice ?? 'auto', tools: (body.tools ?? []).map(shownTool),
    top_logprobs: body.top_logprobs ?? 0, top_p: body.top_p ?? 1, truncation: body.truncation ?? 'disabled', usage: /** @type {any} */ (null),
    user: body.user ?? null, metadata: body.metadata ?? {},
  };
}

/** OpenAI does not repeat the secrets of a tool. */
function shownTool({ authorization, headers, ...tool }) {
  if (authorization !== undefined) tool.authorization = '<redacted>';
  if (headers) tool.headers = Object.fromEntries(Object.keys(headers).map((name) => [name, '<redacted>']));
  return tool;
}

function usageOf({ input, cached }, { output, reasoning }) {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}

const paddingFor = (delta) => 'obfuscated-bytes'.slice(0, OBFUSCATED_LENGTH - (delta.length % OBFUSCATED_LENGTH));

/** The item as it is when it starts. @returns {any} */
function newItem(step, newId, { include }) {
  const status = 'in_progress';
  switch (step.kind) {
    case 'reasoning': {
      const id = newId('rs_');
      return { id, type: 'reasoning', ...(include?.includes('reasoning.encrypted_content') ? { encrypted_content: seal(id, false) } : {}), summary: [] };
    }
    case 'web_search':
      // As OpenAI sends it: `action`, which its types require, comes when the item is done.
      return { id: newId('ws_'), type: 'web_search_call', status };
    case 'file_search':
      return { id: newId('fs_'), type: 'file_search_call', status, queries: [], results: null };
    case 'code':
      return { id: newId('ci_'), type: 'code_interpreter_call', status, code: '', container_id: 'cntr_sandbox', outputs: null };
    case 'mcp_list':
      return { id: newId('mcpl_'), type: 'mcp_list_tools', server_label: step.label, tools: [] };
    case 'mcp_call':
      return { id: newId('mcp_'), type: 'mcp_call', status, approval_request_id: null, arguments: '', error: null, name: step.name, output: null, server_label: step.label };
    case 'approval':
      return { id: newId('mcpr_'), type: 'mcp_approval_request', server_label: step.label, name: step.name, arguments: JSON.stringify(step.arguments) };
    case 'function_call':
      return { id: newId('fc_'), type: 'function_call', status, arguments: '', call_id: newId('call_').slice(0, 40), name: step.name };
    case 'note':
      return { id: newId('note_'), type: 'sandbox_note', status, note: '' };
    default:
      return { id: newId('msg_'), type: 'message', status, content: [], role: 'assistant' };
  }
}

/** The events of one item. It changes after the event that says so, because the answer can end before. @returns {Generator<AnswerEvent>} */
function* itemEvents(step, item, { include }) {
  const included = (field) => include?.includes(field);
  const at = { item_id: item.id };
  yield { type: 'response.output_item.added', item };
  switch (step.kind) {
    case 'reasoning':
      for (const [summary_index, text] of step.summaries.entries()) yield* summaryPart(text, item, { ...at, summary_index });
      if (item.encrypted_content) item.encrypted_content = seal(item.id);
      break;
    case 'web_search':
    case 'file_search': {
      const name = `response.${item.type}`;
      yield { type: `${name}.in_progress`, ...at };
      yield { type: `${name}.searching`, ...at };
      yield { type: `${name}.completed`, ...at };
      if (step.kind === 'file_search') Object.assign(item, { queries: step.queries, results: included('file_search_call.results') ? step.results : null });
      else item.action = searchAction(step, included('web_search_call.action.sources'));
      break;
    }
    case 'code':
      yield { type: 'response.code_interpreter_call.in_progress', ...at };
      yield* textDeltas('response.code_interpreter_call_code', item, 'code', step.code.match(/.*\n/g), at);
      yield { type: 'response.code_interpreter_call.interpreting', ...at };
      yield { type: 'response.code_interpreter_call.completed', ...at };
      if (included('code_interpreter_call.outputs')) item.outputs = [{ type: 'logs', logs: step.logs }];
      break;
    case 'mcp_list':
      yield { type: 'response.mcp_list_tools.in_progress', ...at };
      yield { type: 'response.mcp_list_tools.completed', ...at };
      item.tools = [{ name: 'track_parcels', description: 'Tracks parcels.', input_schema: { type: 'object', properties: { all: { type: 'boolean' } } }, annotations: null }];
      break;
    case 'mcp_call':
      yield { type: 'response.mcp_call.in_progress', ...at };
      yield* textDeltas('response.mcp_call_arguments', item, 'arguments', [JSON.stringify(step.arguments)], at);
      yield { type: 'response.mcp_call.completed', ...at };
      item.output = step.output;
      break;
    case 'approval':
      break;
    case 'function_call':
      yield* textDeltas('response.function_call_arguments', item, 'arguments', JSON.stringify(step.arguments).match(/[^]{1,8}/g), at);
      break;
    case 'note':
      yield { type: 'response.sandbox_note.started', ...at };
      yield { type: 'keepalive' };
      item.note = step.note;
      break;
    default:
      yield* messageParts(step, item, at);
  }
  if ('status' in item) item.status = 'completed';
  yield { type: 'response.output_item.done', item };
}

function* messageParts(step, item, at) {
  const refuses = step.kind === 'refusal';
  const part = refuses ? { type: 'refusal', refusal: '' } : { type: 'output_text', annotations: /** @type {any[]} */ ([]), logprobs: [], text: '' };
  const where = { ...at, content_index: 0 };
  yield { type: 'response.content_part.added', ...where, part };
  item.content.push(part);
  let sent = 0;
  for (const delta of step.deltas) {
    yield refuses ? { type: 'response.refusal.delta', ...where, delta } : { type: 'response.output_text.delta', ...where, delta, logprobs: [] };
    part[refuses ? 'refusal' : 'text'] += delta;
    sent++;
    for (const { after, annotation } of step.annotations ?? []) {
      if (after !== sent) continue;
      yield { type: 'response.output_text.annotation.added', ...where, annotation_index: part.annotations.length, annotation };
      part.annotations.push(annotation);
    }
  }
  yield* partDone(item);
}

/** Closes the part of a message that is open, whole or not. @returns {Generator<AnswerEvent>} */
function* partDone(item) {
  const part = item.content[0];
  if (!part) return;
  const where = { item_id: item.id, content_index: 0 };
  yield part.type === 'refusal'
    ? { type: 'response.refusal.done', ...where, refusal: part.refusal }
    : { type: 'response.output_text.done', ...where, text: part.text, logprobs: [] };
  yield { type: 'response.content_part.done', ...where, part };
}

function* summaryPart(text, item, where) {
  const part = { type: 'summary_text', text: '' };
  yield { type: 'response.reasoning_summary_part.added', ...where, part };
  item.summary.push(part);
  for (const delta of text.match(/\s*\S+/g)) {
    yield { type: 'response.reasoning_summary_text.delta', ...where, delta };
    part.text += delta;
  }
  yield { type: 'response.reasoning_summary_text.done', ...where, text };
  yield { type: 'response.reasoning_summary_part.done', ...where, part };
}

function* textDeltas(name, item, field, deltas, at) {
  for (const delta of deltas) {
    yield { type: `${name}.delta`, ...at, delta };
    item[field] += delta;
  }
  yield { type: `${name}.done`, ...at, [field]: item[field] };
}

function searchAction({ query, queries, sources }, withSources) {
  return { type: 'search', query, queries, ...(withSources ? { sources: sources.map((url) => ({ type: 'url', url })) } : {}) };
}
