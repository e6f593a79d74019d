// What the stand-in for the Responses API accepts and rejects: as strict as OpenAI's types, in OpenAI's words.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSandbox } from '../../sandbox/openai.mjs';
import { seal } from '../../sandbox/reasoning-seal.mjs';
import { apiHeaders, callModel, eventsOf } from './helpers.mjs';

/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
before(async () => {
  sandbox = await startSandbox({ contextTokens: 2000 });
});
after(() => sandbox.close());

const user = (text = 'Hi') => ({ role: 'user', content: [{ type: 'input_text', text }] });
const said = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello', annotations: [] }] };
const call = { type: 'function_call', call_id: 'call_1', name: 'get_order', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'call_1', output: '7' };
const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: seal('rs_1') };
const tool = { type: 'function', name: 'get_order', parameters: { type: 'object', properties: { id: { type: 'string' } } } };
const input = (...items) => ({ input: items, store: false });
const hi = (more) => ({ input: 'Hi', ...more });
const part = (role, type) => ({ role, content: [{ type, text: 'x' }] });
const manyPairs = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v']));

/** @type {[string, object, number, string | null, string | null, RegExp][]} */
const REJECTED = [
  ['no model', { model: undefined, input: 'Hi' }, 400, 'model', 'missing_required_parameter', /'model'/],
  ['an unknown model', hi({ model: 'gpt-9' }), 404, 'model', 'model_not_found', /'gpt-9' does not exist/],
  ['no input', {}, 400, 'input', 'missing_required_parameter', /'input'/],
  ['an empty text', { input: '' }, 400, 'input', 'empty_string', /empty/],
  ['an empty list', { input: [] }, 400, 'input', 'empty_array', /empty/],
  ['an unknown field', hi({ tempo: 1 }), 400, 'tempo', 'unknown_parameter', /^Unknown parameter: 'tempo'\.$/],
  ['a wrong type', hi({ store: 'no' }), 400, 'store', 'invalid_type', /expected a boolean, but got a string/],
  ['an unknown field of a message', input({ ...user(), id: 'msg_1' }), 400, 'input[0].id', 'unknown_parameter', /input\[0\]\.id/],
  ['an unknown field of a call', input(user(), { ...call, output: 1 }, output), 400, 'input[1].output', 'unknown_parameter', /Unknown/],
  ['an unknown item', input({ type: 'thought' }), 400, 'input[0].type', 'invalid_value', /'thought'\. Supported values are/],
  ['an unknown role', input({ role: 'tool', content: 'x' }), 400, 'input[0].role', 'invalid_value', /'tool'/],
  ['input_text of an assistant', input(user(), part('assistant', 'input_text')), 400, 'input[1].content[0]', 'invalid_value', /'output_text', 'refusal'/],
  ['output_text of a user', input(part('user', 'output_text')), 400, 'input[0].content[0]', 'invalid_value', /'input_text', 'input_image'/],
  ['an image without an address', input({ role: 'user', content: [{ type: 'input_image', detail: 'auto' }] }), 400, 'input[0].content[0].image_url', 'missing_required_parameter', /image_url/],
  ['arguments that are no text', input(user(), { ...call, arguments: {} }, output), 400, 'input[1].arguments', 'invalid_type', /expected a string/],
  ['an id of another kind', input(user(), { ...said, id: 'x1' }), 400, 'input[1].id', 'invalid_value', /begins with 'msg'/],
  ['a call without its output', input(user(), call), 400, 'input', null, /^No tool output found for function call call_1\.$/],
  ['an output without its call', input(user(), output), 400, 'input', null, /^No tool call found for function call output with call_id call_1\.$/],
  ['an output before its call', input(user(), output, call), 400, 'input', null, /No tool call found/],
  ['an id twice', input(user(), { ...said, id: 'msg_1' }, { ...said, id: 'msg_1' }), 400, 'input', null, /^Duplicate item found with id msg_1\./],
  ['a call_id twice', input(user(), call, call, output), 400, 'input', null, /Duplicate item/],
  ['reasoning at the end', input(user(), reasoning), 400, 'input', null, /^Item 'rs_1' of type 'reasoning' was provided without its required following item\.$/],
  ['reasoning before a user message', input(reasoning, user()), 400, 'input', null, /required following item/],
  ['reasoning without encrypted_content', input(user(), { ...reasoning, encrypted_content: null }, said), 404, 'input', null, /^Item with id 'rs_1' not found\. Items are not persisted when `store` is set to false\./],
  ['encrypted_content of another item', input(user(), { ...reasoning, id: 'rs_2' }, said), 400, null, 'invalid_encrypted_content', /could not be verified/],
  ['encrypted_content of an item that has only started', input(user(), { ...reasoning, encrypted_content: seal('rs_1', false) }, said), 400, null, 'invalid_encrypted_content', /could not be verified/],
  ['a reference to an item that is not stored', input({ type: 'item_reference', id: 'msg_9' }), 404, 'input', null, /'msg_9' not found/],
  ['an unknown field of a tool', hi({ tools: [{ ...tool, url: 'https://shop.example' }] }), 400, 'tools[0].url', 'unknown_parameter', /tools\[0\]\.url/],
  ['an unknown tool', hi({ tools: [{ type: 'browser' }] }), 400, 'tools[0].type', 'invalid_value', /'browser'/],
  ['a strict function whose schema is not strict', hi({ tools: [{ ...tool, strict: true }] }), 400, 'tools[0].parameters', 'invalid_function_parameters', /'additionalProperties' is required/],
  ['an MCP server without an address', hi({ tools: [{ type: 'mcp', server_label: 'a' }] }), 400, 'tools[0].server_url', 'missing_required_parameter', /server_url/],
  ['tool_choice of a tool that is not there', hi({ tools: [tool], tool_choice: { type: 'function', name: 'other' } }), 400, 'tool_choice', null, /'other' not found in 'tools'/],
  ['tool_choice required without tools', hi({ tool_choice: 'required' }), 400, 'tool_choice', null, /'tools'/],
  ['an unknown value of include', hi({ include: ['usage'] }), 400, 'include[0]', 'invalid_value', /reasoning\.encrypted_content/],
  ['17 pairs of metadata', hi({ metadata: manyPairs }), 400, 'metadata', 'object_above_max_properties', /16/],
  ['a long value of metadata', hi({ metadata: { a: 'x'.repeat(513) } }), 400, 'metadata.a', 'string_above_max_length', /512/],
  ['a long safety_identifier', hi({ safety_identifier: 'x'.repeat(129) }), 400, 'safety_identifier', 'string_above_max_length', /128/],
  ['too few output tokens', hi({ max_output_tokens: 15 }), 400, 'max_output_tokens', 'integer_below_min_value', />= 16/],
  ['too much input', hi({ input: 'x'.repeat(9000) }), 400, 'input', 'context_length_exceeded', /exceeds the context window/],
  ['background without store', hi({ background: true, store: false }), 400, 'background', null, /'store'/],
  ['encrypted reasoning of a model without reasoning', hi({ model: 'gpt-4.1-mini', include: ['reasoning.encrypted_content'] }), 400, 'include', null, /^Encrypted content is not supported with this model\.$/],
  ['effort of a model without reasoning', hi({ model: 'gpt-4.1-mini', reasoning: { effort: 'low' } }), 400, 'reasoning.effort', 'unsupported_parameter', /not supported with this model/],
  ['a temperature with reasoning', hi({ temperature: 0.2, reasoning: { effort: 'low' } }), 400, 'temperature', 'unsupported_parameter', /not supported/],
  ['a prompt object', hi({ prompt: { id: 'pmpt_1' } }), 404, 'prompt', null, /'pmpt_1' not found/],
  ['an unknown previous response', hi({ previous_response_id: 'resp_1' }), 400, 'previous_response_id', 'previous_response_not_found', /'resp_1'/],
];

test("an invalid request gets OpenAI's error, which names the field", async (t) => {
  for (const [name, body, status, param, code, message] of REJECTED) {
    await t.test(name, async () => {
      const response = await callModel(sandbox, { stream: true, ...body });
      const { error } = await response.json();
      assert.deepEqual([response.status, error.param, error.code, error.type], [status, param, code, 'invalid_request_error'], error.message);
      assert.match(error.message, message);
    });
  }
  assert.equal(sandbox.answers.total, 0);
});

test('a request without the API key gets 401', async () => {
  const wrong = await callModel(sandbox, 'Hi', { headers: { Authorization: 'Bearer sk-other-key-1234567890' } });
  assert.equal(wrong.status, 401);
  assert.equal((await wrong.json()).error.code, 'invalid_api_key');
  assert.equal((await callModel(sandbox, 'Hi', { headers: { Authorization: '' } })).status, 401);
});

test('a wrong method, path or content type is rejected', async () => {
  const statusOf = async (path) => (await fetch(`${sandbox.baseUrl}${path}`, { headers: apiHeaders() })).status;
  assert.equal(await statusOf('/responses'), 405);
  assert.equal(await statusOf('/responses/resp_1/cancel'), 405);
  assert.equal(await statusOf('/responses/resp_1/items/1'), 404);
  assert.equal((await callModel(sandbox, 'Hi', { headers: { 'Content-Type': 'text/plain' } })).status, 400);
});

test('every item of an answer is accepted as input, with the reasoning that belongs to it', async () => {
  const tools = [tool, { type: 'mcp', server_label: 'shop', server_url: 'https://shop.example/mcp' }];
  const include = ['reasoning.encrypted_content', 'web_search_call.action.sources', 'file_search_call.results', 'code_interpreter_call.outputs'];
  const items = [user('think, search files code mcp unknown')];
  for (const next of [user('now think and get_order'), undefined]) {
    const events = await eventsOf(await callModel(sandbox, { input: items, store: false, stream: true, include, tools }));
    const { type, response } = events.at(-1);
    assert.equal(type, 'response.completed');
    items.push(...response.output, ...(next ? [next] : []));
  }
  const called = items.at(-1);
  assert.equal(called.type, 'function_call');
  items.push({ type: 'function_call_output', call_id: called.call_id, output: 'on its way' });
  const last = await eventsOf(await callModel(sandbox, { input: items, store: false, stream: true, include, tools }));
  assert.match(last.at(-1).response.output.at(-1).content[0].text, /get_order returned: on its way/);

  const without = await callModel(sandbox, { input: items.filter(({ type }) => type !== 'reasoning'), store: false, stream: true });
  assert.match((await without.json()).error.message, /^Item 'ws_\w+' of type 'web_search_call' was provided without its required 'reasoning' item: 'rs_/);
});

test('an item that is stored can be sent as a reference, and its reasoning without encrypted_content', async () => {
  const { output: [thought, message] } = await (await callModel(sandbox, { input: 'think' })).json();
  assert.equal(thought.encrypted_content, undefined);
  const again = await callModel(sandbox, { input: [user(), thought, { type: 'item_reference', id: message.id }, user()] });
  assert.equal(again.status, 200);
});

test('truncation "auto" accepts what is too long', async () => {
  const response = await callModel(sandbox, { input: 'x'.repeat(9000), truncation: 'auto' });
  assert.equal(response.status, 200);
});
