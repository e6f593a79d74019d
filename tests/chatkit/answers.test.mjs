// Answers: tools, choices, forms, actions and failures, as chatkit-python's server tests ask for them. docs/parity.md has the list.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CLIENT_TOOL, done, startChat, textOf } from './chat.mjs';
import { message } from './requests.mjs';

/** @type {Awaited<ReturnType<typeof startChat>>} */
let chat;
before(async () => {
  chat = await startChat();
});
after(() => chat?.close());

const lastCall = () => chat.responses.calls.at(-1)?.body;

test('a workflow has each task once, in its events and in the store', async () => {
  const visitor = chat.visitor();
  const { events, thread_id } = await visitor.create('Play reasoning');
  const [workflow] = done(events, 'workflow');
  assert.deepEqual(workflow.workflow.tasks.map((/** @type {any} */ { content }) => content), ['**Compare** the prices']);
  assert.deepEqual((await visitor.items(thread_id)).find(({ type }) => type === 'workflow'), workflow);
});

test('the function of the page is called at the end of a stream, and its output gives the next answer', async () => {
  const visitor = chat.visitor();
  const { events, thread_id } = await visitor.create('Play function-call');
  assert.deepEqual(
    events.map(({ type }) => type), ['thread.created', 'thread.item.done', 'stream_options', 'thread.item.done'],
  );
  const { item: call } = events[3];
  assert.deepEqual([call.type, call.status, call.name, call.arguments], ['client_tool_call', 'pending', CLIENT_TOOL, { place: 'Zürich' }]);

  const result = { text: 'Wow!', nothing: null };
  const { events: next } = await visitor.read('threads.add_client_tool_output', { thread_id, result });
  assert.equal(next[0].type, 'stream_options');
  assert.match(textOf(done(next, 'assistant_message')[0]), /Wow!/);
  const output = lastCall().input.findLast((/** @type {any} */ item) => item.type === 'function_call_output');
  assert.deepEqual(JSON.parse(output.output), result);
  const stored = (await visitor.items(thread_id)).find(({ type }) => type === 'client_tool_call');
  assert.deepEqual(stored, { ...call, status: 'completed', output: result });
});

describe('the tool and the model that the page chooses are used', () => {
  const inference_options = { tool_choice: { id: 'web_search' }, model: 'gpt-5.2-mini' };

  test('for the first message', async () => {
    const { events } = await chat.visitor().create('Hello with tools', { inference_options });
    assert.deepEqual(events[1].item.inference_options, inference_options);
    assert.deepEqual([lastCall().tool_choice, lastCall().model], [{ type: 'web_search' }, 'gpt-5.2-mini']);
  });

  test('for a later message, and not for the one after it', async () => {
    const visitor = chat.visitor();
    const { thread_id } = await visitor.create('Start');
    await visitor.send(thread_id, 'Second', { inference_options });
    assert.deepEqual([lastCall().tool_choice, lastCall().model], [{ type: 'web_search' }, 'gpt-5.2-mini']);
    await visitor.send(thread_id, 'Third');
    assert.deepEqual([lastCall().tool_choice ?? 'auto', lastCall().model], ['auto', 'gpt-5.2']);
  });
});

test('an answer that fails ends with an error event', async () => {
  const visitor = chat.visitor();
  const { events, thread_id } = await visitor.create('Play failed');
  assert.deepEqual(events.slice(0, 3).map(({ type }) => type), ['thread.created', 'thread.item.done', 'stream_options']);
  const { message: sentence, ...error } = events.at(-1);
  assert.deepEqual(error, { type: 'error', code: 'custom', allow_retry: true });
  assert.match(sentence, /\w/);
  assert.doesNotMatch(sentence, /The server had an error/, "OpenAI's text is not relayed");
  // The next message works.
  assert.equal(done((await visitor.send(thread_id, 'Again')).events, 'assistant_message').length, 1);
});

test('a run is replayed as it was sent', async () => {
  const visitor = chat.visitor();
  const created = await visitor.create('Play reasoning-and-search');
  assert.deepEqual((await visitor.replay(created, 'threads.create')).events, created.events);
  const sent = await visitor.send(created.thread_id, 'Play annotations');
  assert.deepEqual((await visitor.replay(sent, 'threads.add_user_message')).events, sent.events);
});

describe('an action', () => {
  const action = { type: 'create_user', payload: { user_id: '123', nothing: null } };

  test('is told to the model, whose answer is streamed', async () => {
    const visitor = chat.visitor();
    const { thread_id } = await visitor.create('Show widget');
    const { events } = await visitor.read('threads.custom_action', { thread_id, action });
    assert.equal(events[0].type, 'stream_options');
    assert.equal(done(events, 'assistant_message').length, 1);
    const told = JSON.stringify(lastCall().input);
    assert.match(told, /create_user/);
    assert.match(told, /user_id/);
    // What the model is told is hidden from the page.
    const types = (await visitor.items(thread_id)).map(({ type }) => type);
    assert.deepEqual(types, ['assistant_message', 'assistant_message', 'user_message']);
  });

  test('that waits for no answer is told with the next message', async () => {
    const visitor = chat.visitor();
    const { thread_id } = await visitor.create('Show widget');
    const calls = chat.responses.calls.length;
    const { result } = await visitor.read('threads.sync_custom_action', { thread_id, action });
    assert.deepEqual(result, {});
    assert.equal(chat.responses.calls.length, calls);
    await visitor.send(thread_id, 'Next');
    assert.match(JSON.stringify(lastCall().input), /create_user/);
  });

  test('of an item that is no widget fails without a call to the model', async () => {
    const visitor = chat.visitor();
    const { thread_id, events: [, { item }] } = await visitor.create('Hello');
    const calls = chat.responses.calls.length;
    const { status, events, text } = await visitor.report('threads.custom_action', { thread_id, item_id: item.id, action });
    assert.ok(status === 200 ? events.length === 1 && !events[0].allow_retry : status === 400, `${status} ${text}`);
    assert.equal((await visitor.report('threads.sync_custom_action', { thread_id, item_id: item.id, action })).status, 400);
    assert.equal(chat.responses.calls.length, calls);
  });
});

test('speech is refused', async () => {
  const visitor = chat.visitor();
  await visitor.create('Hello');
  const { status, text } = await visitor.report('input.transcribe', { audio_base64: 'AAAA', mime_type: 'audio/webm;codecs=opus' });
  assert.ok(status >= 400 && status < 500, String(status));
  assert.match(JSON.parse(text ?? '').message, /speech/);
});

describe('without uploads', () => {
  test('an attachment cannot be created', async () => {
    const { status, text } = await chat.visitor().report('attachments.create', { name: 'a.txt', size: 1, mime_type: 'text/plain' });
    assert.ok(status >= 400 && status < 500, String(status));
    assert.match(JSON.parse(text ?? '').message, /file/);
  });

  test('an attachment cannot be deleted', async () => {
    const visitor = chat.visitor();
    await visitor.create('Hello');
    const { status, text } = await visitor.report('attachments.delete', { attachment_id: 'atc_unknown' });
    assert.equal(status, 404);
    assert.match(JSON.parse(text ?? '').message, /file/);
  });

  test('a message with an attachment stores nothing', async () => {
    const visitor = chat.visitor();
    const { thread_id } = await visitor.create('Hello');
    const before = await visitor.items(thread_id);
    const input = message('See this', { attachments: ['atc_unknown'] });
    const { status, events } = await visitor.report('threads.add_user_message', { thread_id, input });
    assert.ok(status === 404 || (status === 200 && events.length === 1 && events[0].type === 'error'), String(status));
    assert.deepEqual(await visitor.items(thread_id), before);
  });
});
