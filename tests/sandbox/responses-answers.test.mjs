// What the stand-in for the Responses API answers: the scripts that words choose, the events they stream as, and responses in
// the background, which can be read again, cancelled and deleted.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startSandbox } from '../../sandbox/openai.mjs';
import { until } from '../support/until.mjs';
import { apiHeaders, callModel, eventsIn, eventsOf } from './helpers.mjs';

/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
before(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
after(() => sandbox.close());

const typesOf = (events) => events.map(({ type }) => type.replace('response.', ''));
const textOf = (events) => events.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta).join('');
const ask = async (input, more = {}) => eventsOf(await callModel(sandbox, { input, stream: true, store: false, ...more }));
const stored = (id, path = '', init = {}) => fetch(`${sandbox.baseUrl}/responses/${id}${path}`, { headers: apiHeaders(), ...init });
const tool = (name) => ({ type: 'function', name, parameters: { type: 'object', properties: { id: { type: 'string' }, n: { type: 'integer' } } } });

/** Removes ids and times. */
const stable = (events) => JSON.stringify(events).replace(/\b[a-z]+_[0-9a-f]{32,}\b/g, 'ID').replace(/"(created|completed)_at":\d+/g, '');

test('a text streams as OpenAI sends it: item, part and deltas, each with its number, and the whole response at the end', async () => {
  const response = await callModel(sandbox, { input: 'Where is my parcel?', stream: true, instructions: 'Be short.', metadata: { a: 'b' } });
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.match(response.headers.get('x-request-id') ?? '', /^req_/);
  const events = await eventsOf(response);
  assert.deepEqual(events.map(({ sequence_number }) => sequence_number), events.map((_, i) => i));
  assert.deepEqual([...new Set(typesOf(events))], [
    'created', 'in_progress', 'output_item.added', 'content_part.added', 'output_text.delta', 'output_text.done',
    'content_part.done', 'output_item.done', 'completed',
  ]);
  const text = textOf(events);
  assert.match(text, /^You asked: “Where is my parcel\?”/);
  const [first, last] = [events[0].response, events.at(-1).response];
  assert.deepEqual([first.status, first.output, first.usage, first.instructions, first.metadata], ['in_progress', [], null, 'Be short.', { a: 'b' }]);
  assert.equal(last.status, 'completed');
  assert.equal(last.output[0].content[0].text, text);
  const deltas = events.filter(({ type }) => type === 'response.output_text.delta');
  assert.deepEqual(last.usage, {
    input_tokens: last.usage.input_tokens,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: deltas.length,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: last.usage.input_tokens + deltas.length,
  });
  for (const { delta, obfuscation } of deltas) assert.equal((delta.length + obfuscation.length) % 16, 0);
  const [, , { obfuscation }] = (await ask('Hi', { stream_options: { include_obfuscation: false } })).filter(({ delta }) => delta);
  assert.equal(obfuscation, undefined);
});

test('an answer depends only on the last question and the outputs after it', async () => {
  const question = { role: 'user', content: [{ type: 'input_text', text: 'think and search' }] };
  const earlier = [{ role: 'user', content: 'long' }, { role: 'assistant', content: 'word1' }, { role: 'developer', content: 'The last answer was stopped.' }];
  const outputOf = async (input) => stable((await ask(input)).slice(2, -1));
  assert.equal(await outputOf([question]), await outputOf([...earlier, question]));
  assert.equal(await outputOf([question]), await outputOf('think and search'));
});

test('"think" has two parts of summary, and encrypted_content when it is asked for', async () => {
  const events = await ask('think', { include: ['reasoning.encrypted_content'] });
  const parts = events.filter(({ type }) => type === 'response.reasoning_summary_text.done');
  assert.deepEqual(parts.map(({ summary_index }) => summary_index), [0, 1]);
  const [started, done] = ['added', 'done'].map((when) => events.find(({ type }) => type === `response.output_item.${when}`).item);
  assert.notEqual(started.encrypted_content, done.encrypted_content);
  assert.deepEqual(done.summary.map(({ text }) => text), parts.map(({ text }) => text));
  const { usage, output } = events.at(-1).response;
  assert.deepEqual(output.map(({ type }) => type), ['reasoning', 'message']);
  assert.ok(usage.output_tokens_details.reasoning_tokens > 0);
  assert.deepEqual((await ask('think', { model: 'gpt-4.1' })).at(-1).response.output.map(({ type }) => type), ['message']);
});

test('"search" has sources when they are asked for, and citations at their places in the text', async () => {
  const events = await ask('¿Busca? search', { include: ['web_search_call.action.sources'] });
  const { action, status } = events.find(({ type, item }) => type === 'response.output_item.done' && item.type === 'web_search_call').item;
  assert.deepEqual([action.type, action.query, status], ['search', '¿Busca? search', 'completed']);
  assert.deepEqual(action.sources[0], { type: 'url', url: 'https://shop.example/help' });
  const cited = events.filter(({ type }) => type === 'response.output_text.annotation.added').map(({ annotation }) => annotation);
  assert.equal(cited.length, 2);
  const characters = [...textOf(events)];
  for (const { url, start_index, end_index } of cited) {
    assert.equal(characters.slice(start_index, end_index).join(''), `([shop.example](${url}))`);
  }
  assert.deepEqual(events.at(-1).response.output[1].content[0].annotations, cited);
  assert.equal((await ask('search')).find(({ item }) => item?.action).item.action.sources, undefined);
});

test('"files", "code" and "mcp" have their calls, with results when they are asked for', async () => {
  const include = ['file_search_call.results', 'code_interpreter_call.outputs'];
  const itemsOf = async (more) => (await ask('files code mcp', more)).at(-1).response.output;
  const [files, code, list, call, message] = await itemsOf({ include, tools: [{ type: 'mcp', server_label: 'shop', server_url: 'https://shop.example/mcp' }] });
  assert.equal(files.results[0].filename, 'return-policy.pdf');
  assert.deepEqual(code.outputs, [{ type: 'logs', logs: '42\n' }]);
  assert.match(code.code, /^steps = /);
  assert.deepEqual([list.type, list.server_label, list.tools[0].name], ['mcp_list_tools', 'shop', 'track_parcels']);
  assert.deepEqual([call.type, call.arguments, call.output], ['mcp_call', '{"all":true}', 'All parcels are on their way.']);
  assert.deepEqual(message.content[0].annotations.map(({ type }) => type), ['file_citation', 'container_file_citation']);
  const [bareFiles, bareCode] = await itemsOf({});
  assert.deepEqual([bareFiles.results, bareCode.outputs], [null, null]);
  const types = typesOf(await ask('files code mcp'));
  for (const type of ['file_search_call.searching', 'code_interpreter_call_code.delta', 'code_interpreter_call.interpreting', 'mcp_list_tools.completed', 'mcp_call_arguments.done', 'mcp_call.completed']) {
    assert.ok(types.includes(type), type);
  }
});

test('"mcp approval" asks before the call, and calls only if it is approved', async () => {
  const question = { role: 'user', content: 'mcp approval' };
  const [list, request] = (await ask([question])).at(-1).response.output;
  assert.deepEqual([request.type, request.name, request.server_label], ['mcp_approval_request', 'track_parcels', 'sandbox']);
  const typesWith = async (approve) => {
    const answer = { type: 'mcp_approval_response', approval_request_id: request.id, approve };
    return (await ask([question, list, request, answer])).at(-1).response.output.map(({ type }) => type);
  };
  assert.deepEqual(await typesWith(true), ['mcp_call', 'message']);
  assert.deepEqual(await typesWith(false), ['message']);
});

test('a question that names a function calls it, and the next answer quotes its output', async () => {
  const tools = [tool('get_order'), tool('get_user'), tool('other')];
  const question = { role: 'user', content: 'get_order {"id":"7"} and get_user, please' };
  const events = await ask([question], { tools });
  const calls = events.at(-1).response.output;
  assert.deepEqual(calls.map(({ name, arguments: given }) => [name, JSON.parse(given)]), [['get_order', { id: '7' }], ['get_user', { id: 'get_order {"id":"7"} and get_user, please', n: 1 }]]);
  const deltas = events.filter(({ type, output_index }) => type === 'response.function_call_arguments.delta' && output_index === 0);
  assert.equal(deltas.map(({ delta }) => delta).join(''), calls[0].arguments);

  const outputs = calls.map(({ call_id, name }) => ({ type: 'function_call_output', call_id, output: `the ${name}` }));
  assert.match(textOf(await ask([question, ...calls, ...outputs], { tools })), /get_order returned: the get_order\n\nget_user returned: the get_user$/);

  const namesOf = async (text, more) => (await ask(text, { tools, ...more })).at(-1).response.output.map(({ name, type }) => name ?? type);
  assert.deepEqual(await namesOf('get_order get_user', { parallel_tool_calls: false }), ['get_order']);
  assert.deepEqual(await namesOf('get_order', { tool_choice: 'none' }), ['message']);
  assert.deepEqual(await namesOf('Hi', { tool_choice: { type: 'function', name: 'other' } }), ['other']);
  const again = { role: 'user', content: 'get_order endlessly' };
  assert.deepEqual(await namesOf([again, calls[0], outputs[0]]), ['get_order']);
});

test('"refuse", "long" and "unknown" have their events', async () => {
  const refused = await ask('refuse');
  const { refusal } = refused.at(-1).response.output[0].content[0];
  assert.equal(refused.filter(({ type }) => type === 'response.refusal.delta').map(({ delta }) => delta).join(''), refusal);
  assert.equal(typesOf(await ask('long')).filter((type) => type === 'output_text.delta').length, 200);
  const odd = await ask('unknown');
  assert.ok(['keepalive', 'sandbox_note.started'].every((type) => typesOf(odd).includes(type)));
  assert.deepEqual(odd.at(-1).response.output.map(({ type }) => type), ['sandbox_note', 'message']);
});

test('max_output_tokens ends an answer as incomplete, with the text so far', async () => {
  const events = await ask('long', { max_output_tokens: 16 });
  const { type, response } = events.at(-1);
  assert.deepEqual([type, response.incomplete_details], ['response.incomplete', { reason: 'max_output_tokens' }]);
  assert.deepEqual([response.output[0].status, response.output[0].content[0].text], ['incomplete', textOf(events)]);
  assert.deepEqual(typesOf(events).slice(-4), ['output_text.done', 'content_part.done', 'output_item.done', 'incomplete']);
});

test('a call that is not streamed gets a title or JSON of a schema, if it asks for one', async () => {
  const textFor = async (more) => (await (await callModel(sandbox, { input: 'Where is my blue parcel now, please?', ...more })).json()).output[0].content[0].text;
  assert.equal(await textFor({ instructions: 'Write a short title.' }), 'Where is my blue parcel now');
  const schema = { type: 'object', properties: { title: { type: 'string' }, tags: { type: 'array', items: { enum: ['a', 'b'] } } } };
  const format = { type: 'json_schema', name: 'title', schema };
  assert.deepEqual(JSON.parse(await textFor({ text: { format } })), { title: 'Where is my blue parcel now', tags: ['a'] });
  assert.match(await textFor({}), /^You asked/);
});

test('an input that begins like the one before finds it in the prompt cache', async () => {
  const cachedFor = async (more) => (await ask('Hi', { instructions: 'x'.repeat(6000), ...more })).at(-1).response.usage.input_tokens_details.cached_tokens;
  assert.equal(await cachedFor({}), 0);
  assert.equal(await cachedFor({}), 1408);
  assert.equal(await cachedFor({ prompt_cache_key: 'another' }), 0);
  assert.equal(await cachedFor({ instructions: `now ${'x'.repeat(6000)}` }), 0);
});

test('deltas come at the pace of the sandbox, or of the question', async () => {
  const started = performance.now();
  const deltas = (await ask('pace 5')).filter(({ type }) => type === 'response.output_text.delta');
  // A timer may fire a millisecond early.
  assert.ok(performance.now() - started > deltas.length * 4);
});

test('a response in the background goes on without its client, and can be read again from a number on', async () => {
  const resume = sandbox.pauseAnswers(8);
  const leave = new AbortController();
  const response = await callModel(sandbox, { input: 'Hi', stream: true, background: true }, { signal: leave.signal });
  const reader = response.body.getReader();
  let seen = '';
  while (eventsIn(seen).length < 8) seen += new TextDecoder().decode((await reader.read()).value);
  const [created, queued] = eventsIn(seen);
  assert.deepEqual([created.response.status, queued.type], ['queued', 'response.queued']);
  leave.abort();
  await until(() => sandbox.requests[0].answer.left, 'the client to leave');
  const { id } = created.response;
  assert.equal((await (await stored(id)).json()).status, 'in_progress');
  const rest = stored(id, '?stream=true&starting_after=5').then(eventsOf);
  const whole = stored(id, '?stream=true').then(eventsOf);
  resume();
  assert.deepEqual((await whole).map(({ sequence_number }) => sequence_number), (await whole).map((_, i) => i));
  assert.deepEqual(await rest, (await whole).slice(6));
  assert.equal((await whole).at(-1).type, 'response.completed');
  assert.deepEqual(await (await stored(id)).json(), (await whole).at(-1).response);
});

test('a response in the background can be cancelled and deleted; one with a client ends when the client leaves', async () => {
  sandbox.pauseAnswers(5);
  const { id, status } = await (await callModel(sandbox, { input: 'Hi', background: true })).json();
  assert.equal(status, 'queued');
  for (let i = 0; i < 2; i++) assert.equal((await (await stored(id, '/cancel', { method: 'POST' })).json()).status, 'cancelled');
  assert.deepEqual(await (await stored(id, '', { method: 'DELETE' })).json(), { id, object: 'response', deleted: true });
  for (const [path, method] of [['', 'GET'], ['', 'DELETE'], ['/cancel', 'POST']]) assert.equal((await stored(id, path, { method })).status, 404);

  const leave = new AbortController();
  const response = await callModel(sandbox, 'Hi', { signal: leave.signal });
  const asked = Date.now();
  assert.deepEqual([response.status, sandbox.answers.open], [200, 1]);
  leave.abort();
  await until(() => sandbox.answers.open === 0, 'the answer to end');
  const { answer, dropped } = sandbox.requests.at(-1);
  assert.deepEqual([answer.left, dropped], [true, true]);
  assert.ok(answer.leftAt >= asked);
});

test('only a stream of the background is streamed again, only for 5 minutes, and only such a response is cancelled', async () => {
  const messageOf = async (id, path, init) => (await (await stored(id, path, init)).json()).error.message;
  const { id } = await (await callModel(sandbox, { input: 'Hi' })).json();
  assert.match(await messageOf(id, '?stream=true'), /not created with background=true/);
  assert.match(await messageOf(id, '/cancel', { method: 'POST' }), /^Cannot cancel a synchronous response/);
  const [{ response }] = await ask('Hi', { background: true, store: true });
  assert.match(await messageOf(response.id, '?stream=true&starting_after=x'), /starting_after/);
  sandbox.responses.get(response.id).createdAt -= 301_000;
  assert.match(await messageOf(response.id, '?stream=true'), /more than 5 minutes old/);
  const [unstored] = await ask('Hi');
  assert.equal((await stored(unstored.response.id)).status, 404);
});

test('the sandbox records calls, how many events they got, and how many were open at once', async () => {
  const resume = sandbox.pauseAnswers(3);
  const answers = ['a', 'b', 'c'].map((text) => callModel(sandbox, text).then(eventsOf));
  await until(() => sandbox.answers.open === 3, 'three open answers');
  resume();
  const [first] = await Promise.all(answers);
  await until(() => sandbox.answers.open === 0, 'the answers to end');
  assert.deepEqual(sandbox.answers, { open: 0, mostOpen: 3, total: 3 });
  const record = sandbox.requests.find(({ body }) => body.input === 'a');
  assert.deepEqual([record.answer.events, record.answer.left, record.answer.id], [first.length, false, first[0].response.id]);
  assert.equal(record.body.model, 'gpt-5.2');
});
