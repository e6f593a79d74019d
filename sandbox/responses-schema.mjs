// The body of POST /v1/responses as a schema: fields, input items and tools as in OpenAI's types of November 2026.
import { anything, flag, integer, list, map, nullable, object, oneOf, text, union } from './body-check.mjs';

/** @typedef {import('./body-check.mjs').Rule} Rule */

const INCLUDABLE = [
  'file_search_call.results', 'web_search_call.results', 'web_search_call.action.sources', 'message.input_image.image_url',
  'computer_call_output.output.image_url', 'code_interpreter_call.outputs', 'reasoning.encrypted_content',
  'message.output_text.logprobs',
];

const status = nullable(oneOf('in_progress', 'completed', 'incomplete'));
const callStatus = oneOf('in_progress', 'searching', 'interpreting', 'calling', 'generating', 'completed', 'incomplete', 'failed');
const functionName = /** @type {Rule} */ ({ type: 'string', min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ });
const callId = /** @type {Rule} */ ({ type: 'string', min: 1, max: 64 });
const strings = list(text);

/** @param {string} type */
const kind = (type) => ({ type: oneOf(type) });
/** Ids are checked by their prefix, as OpenAI does. @param {string} prefix */
const id = (prefix) => nullable({ type: 'string', prefix, max: 512 });
/** @param {Record<string, Rule>} variants @returns {Rule} */
const variants = (variants) => ({ type: 'variants', variants });

const breakpoint = object({ mode: oneOf('explicit'), ttl: oneOf('30m', '12h') }, ['mode']);
const inputParts = {
  input_text: object({ ...kind('input_text'), text, prompt_cache_breakpoint: breakpoint }, ['text']),
  input_image: object({
    ...kind('input_image'), detail: oneOf('low', 'high', 'auto', 'original'), file_id: nullable(text), image_url: nullable(text),
    prompt_cache_breakpoint: breakpoint,
  }),
  input_file: object({
    ...kind('input_file'), detail: oneOf('auto', 'low', 'high'), file_data: text, file_id: nullable(text), file_url: text,
    filename: text, prompt_cache_breakpoint: breakpoint,
  }),
};
const index = { ...integer, min: 0 };
const annotation = variants({
  file_citation: object({ ...kind('file_citation'), file_id: text, filename: text, index }, ['file_id', 'filename', 'index']),
  url_citation: object(
    { ...kind('url_citation'), url: text, title: text, start_index: index, end_index: index },
    ['url', 'title', 'start_index', 'end_index'],
  ),
  container_file_citation: object(
    { ...kind('container_file_citation'), container_id: text, file_id: text, filename: text, start_index: index, end_index: index },
    ['container_id', 'file_id', 'filename', 'start_index', 'end_index'],
  ),
  file_path: object({ ...kind('file_path'), file_id: text, index }, ['file_id', 'index']),
});
const outputParts = {
  output_text: object({ ...kind('output_text'), text, annotations: list(annotation), logprobs: list(anything) }, ['text']),
  refusal: object({ ...kind('refusal'), refusal: text }, ['refusal']),
};

const inputContent = union(text, list(variants(inputParts), { min: 1 }));
const inputMessage = object(
  { ...kind('message'), role: oneOf('user', 'system', 'developer'), content: inputContent, status, phase: nullable(text) },
  ['role', 'content'],
);
/** Messages by role: an assistant has output, everyone else has input. */
export const MESSAGES = /** @type {Record<string, Rule>} */ ({
  user: inputMessage,
  system: inputMessage,
  developer: inputMessage,
  assistant: object(
    {
      ...kind('message'), role: oneOf('assistant'), content: union(text, list(variants(outputParts), { min: 1 })), status,
      id: id('msg'), phase: nullable(oneOf('commentary', 'final_answer')),
    },
    ['role', 'content'],
  ),
});

const searchAction = variants({
  search: object({ ...kind('search'), query: text, queries: strings, sources: list(object({ ...kind('url'), url: text }, ['url'])) }),
  open_page: object({ ...kind('open_page'), url: nullable(text) }),
  find_in_page: object({ ...kind('find_in_page'), url: text, pattern: text }, ['url', 'pattern']),
});
const fileResult = object({
  attributes: nullable(map()), file_id: text, filename: text, score: { type: 'number' }, text,
});
const codeOutput = variants({ logs: object({ ...kind('logs'), logs: text }, ['logs']), image: object({ ...kind('image'), url: text }, ['url']) });
const output = union(text, list(variants(inputParts)));
const caller = nullable(map());

/** Input items that the sandbox checks field by field. */
const CHECKED_ITEMS = /** @type {Record<string, Rule>} */ ({
  function_call: object(
    { ...kind('function_call'), id: id('fc'), call_id: callId, name: functionName, arguments: text, status, namespace: text, caller, async: flag },
    ['call_id', 'name', 'arguments'],
  ),
  function_call_output: object(
    { ...kind('function_call_output'), id: id('fc'), call_id: callId, output, status, name: nullable(text), namespace: nullable(text), caller },
    ['call_id', 'output'],
  ),
  custom_tool_call: object(
    { ...kind('custom_tool_call'), id: id('ctc'), call_id: callId, name: text, input: text, namespace: text, caller, async: flag },
    ['call_id', 'name', 'input'],
  ),
  custom_tool_call_output: object(
    { ...kind('custom_tool_call_output'), id: id('ctc'), call_id: callId, output, caller },
    ['call_id', 'output'],
  ),
  reasoning: object(
    {
      ...kind('reasoning'), id: id('rs'), summary: list(object({ ...kind('summary_text'), text }, ['type', 'text'])),
      content: list(object({ ...kind('reasoning_text'), text }, ['type', 'text'])), encrypted_content: nullable(text), status,
    },
    ['id', 'summary'],
  ),
  web_search_call: object({ ...kind('web_search_call'), id: id('ws'), status: callStatus, action: searchAction }, ['id', 'status', 'action']),
  file_search_call: object(
    { ...kind('file_search_call'), id: id('fs'), status: callStatus, queries: strings, results: nullable(list(fileResult)) },
    ['id', 'status', 'queries'],
  ),
  code_interpreter_call: object(
    {
      ...kind('code_interpreter_call'), id: id('ci'), status: callStatus, code: nullable(text), container_id: text,
      outputs: nullable(list(codeOutput)),
    },
    ['id', 'status', 'code', 'container_id', 'outputs'],
  ),
  mcp_list_tools: object(
    {
      ...kind('mcp_list_tools'), id: id('mcpl'), server_label: text, error: nullable(text),
      tools: list(object({ name: text, description: nullable(text), input_schema: anything, annotations: anything }, ['name', 'input_schema'])),
    },
    ['id', 'server_label', 'tools'],
  ),
  mcp_call: object(
    {
      ...kind('mcp_call'), id: id('mcp'), server_label: text, name: text, arguments: text, output: nullable(text), error: anything,
      status: callStatus, approval_request_id: nullable(text),
    },
    ['id', 'server_label', 'name', 'arguments'],
  ),
  mcp_approval_request: object(
    { ...kind('mcp_approval_request'), id: id('mcpr'), server_label: text, name: text, arguments: text },
    ['id', 'server_label', 'name', 'arguments'],
  ),
  mcp_approval_response: object(
    { ...kind('mcp_approval_response'), id: nullable(text), approval_request_id: text, approve: flag, reason: nullable(text) },
    ['approval_request_id', 'approve'],
  ),
  item_reference: object({ ...kind('item_reference'), id: text }, ['id']),
  // An output item of a kind that no client knows yet. Like OpenAI, the sandbox accepts what it has sent.
  sandbox_note: object({ ...kind('sandbox_note'), id: id('note'), status: callStatus, note: text }, ['id', 'status', 'note']),
});
/** Input items that OpenAI knows and the sandbox does not use: their fields are not checked. */
const OTHER_ITEMS = [
  'computer_call', 'computer_call_output', 'tool_search_call', 'tool_search_output', 'additional_tools', 'configuration_update',
  'compaction', 'compaction_trigger', 'image_generation_call', 'local_shell_call', 'local_shell_call_output', 'shell_call',
  'shell_call_output', 'apply_patch_call', 'apply_patch_call_output', 'program', 'program_output',
];
/** Every input item except messages. @type {Record<string, Rule | undefined>} */
export const ITEMS = { ...CHECKED_ITEMS, ...Object.fromEntries(OTHER_ITEMS.map((type) => [type, undefined])) };

const callers = { allowed_callers: nullable(list(oneOf('direct', 'programmatic'))) };
const location = nullable(object({
  ...kind('approximate'), city: nullable(text), country: nullable(text), region: nullable(text), timezone: nullable(text),
}));
const webSearch = object({
  type: text, external_web_access: flag, filters: nullable(object({ allowed_domains: nullable(strings) })),
  search_context_size: oneOf('low', 'medium', 'high'), user_location: location,
});
const webSearchPreview = object({
  type: text, search_content_types: list(oneOf('text', 'image')), search_context_size: oneOf('low', 'medium', 'high'), user_location: location,
});
const approvalFilter = object({ read_only: flag, tool_names: strings });

/** Tools by type; `undefined` means that the fields are not checked. @type {Record<string, Rule | undefined>} */
export const TOOLS = {
  function: object(
    {
      ...kind('function'), name: functionName, parameters: nullable(map()), strict: nullable(flag), description: nullable(text),
      ...callers, defer_loading: flag, output_schema: nullable(map()), async: flag,
    },
    ['name'],
  ),
  custom: object({ ...kind('custom'), name: functionName, description: text, format: map(), ...callers, defer_loading: flag, async: flag }, ['name']),
  web_search: webSearch,
  web_search_2025_08_26: webSearch,
  web_search_preview: webSearchPreview,
  web_search_preview_2025_03_11: webSearchPreview,
  file_search: object(
    {
      ...kind('file_search'), vector_store_ids: list({ ...text, prefix: 'vs_' }, { min: 1 }), filters: nullable(map()),
      max_num_results: { ...integer, min: 1, max: 50 },
      ranking_options: object({ ranker: text, score_threshold: { type: 'number', min: 0, max: 1 }, hybrid_search: map() }),
    },
    ['vector_store_ids'],
  ),
  code_interpreter: object(
    {
      ...kind('code_interpreter'), ...callers,
      container: union(text, object({
        ...kind('auto'), file_ids: strings, memory_limit: nullable(oneOf('1g', '4g', '16g', '64g')), network_policy: map(),
      }, ['type'])),
    },
    ['container'],
  ),
  mcp: object(
    {
      ...kind('mcp'), server_label: functionName, server_url: text, connector_id: text, tunnel_id: text, server_description: text,
      authorization: text, headers: nullable(map(text)), allowed_tools: nullable(union(strings, approvalFilter)), ...callers,
      require_approval: nullable(union(oneOf('always', 'never'), object({ always: approvalFilter, never: approvalFilter }))),
      defer_loading: flag,
    },
    ['server_label'],
  ),
  ...Object.fromEntries([
    'image_generation', 'computer', 'computer_use_preview', 'local_shell', 'shell', 'namespace', 'tool_search', 'apply_patch',
    'programmatic_tool_calling',
  ].map((type) => [type, undefined])),
};

/** Forms of tool_choice that are an object; the other types choose a hosted tool by its type alone. */
export const TOOL_CHOICES = /** @type {Record<string, Rule>} */ ({
  function: object({ type: text, name: text }, ['name']),
  custom: object({ type: text, name: text }, ['name']),
  mcp: object({ type: text, server_label: text, name: nullable(text) }, ['server_label']),
  allowed_tools: object({ type: text, mode: oneOf('auto', 'required'), tools: list(map(), { min: 1 }) }, ['mode', 'tools']),
});

const effort = nullable(oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'));
const summary = nullable(oneOf('auto', 'concise', 'detailed'));
const format = variants({
  text: object(kind('text')),
  json_object: object(kind('json_object')),
  json_schema: object({ ...kind('json_schema'), name: functionName, schema: map(), description: text, strict: nullable(flag) }, ['name', 'schema']),
});

/** The body itself. Items, tools and tool_choice are checked one by one in responses-input.mjs. */
export const BODY = object({
  model: text,
  input: union(text, list(anything)),
  instructions: nullable(text),
  stream: nullable(flag),
  stream_options: nullable(object({ include_obfuscation: flag })),
  store: nullable(flag),
  background: nullable(flag),
  background_options: object({ completion_window: oneOf('soonest', '2h', '8h'), continuation_id: text }),
  previous_response_id: nullable(text),
  conversation: nullable(union(text, object({ id: text }, ['id']))),
  include: nullable(list(oneOf(...INCLUDABLE))),
  tools: list(map()),
  tool_choice: union(oneOf('none', 'auto', 'required'), map()),
  parallel_tool_calls: nullable(flag),
  max_tool_calls: nullable({ ...integer, min: 1 }),
  max_output_tokens: nullable({ ...integer, min: 16 }),
  metadata: nullable(map({ ...text, max: 512 }, { max: 16, maxKey: 64 })),
  reasoning: nullable(object({ effort, summary, generate_summary: summary, context: nullable(oneOf('auto', 'current_turn', 'all_turns')), mode: text })),
  text: object({ format, verbosity: nullable(oneOf('low', 'medium', 'high')) }),
  temperature: nullable({ type: 'number', min: 0, max: 2 }),
  top_p: nullable({ type: 'number', min: 0, max: 1 }),
  top_logprobs: nullable({ ...integer, min: 0, max: 20 }),
  truncation: nullable(oneOf('auto', 'disabled')),
  context_management: nullable(list(object({ ...kind('compaction'), compact_threshold: nullable({ ...integer, min: 1000 }) }, ['type']))),
  prompt: nullable(object({ id: text, version: nullable(text), variables: nullable(map()) }, ['id'])),
  prompt_cache_key: nullable({ ...text, max: 64 }),
  prompt_cache_options: object({ comparison_response_id: nullable(text), mode: oneOf('implicit', 'explicit'), prewarm: flag, ttl: oneOf('30m', '12h') }),
  prompt_cache_retention: nullable(oneOf('in_memory', '24h')),
  safety_identifier: nullable({ ...text, max: 128 }),
  service_tier: nullable(oneOf('auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast')),
  moderation: nullable(object({ model: text, policy: nullable(map()) }, ['model'])),
  access_programs: map(),
  image: object({ context_compression: oneOf('auto', 'enabled', 'disabled') }),
  user: text,
});
