// Items: lists, feedback and retries, as chatkit-python's server tests ask for them. docs/parity.md has the list.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CLIENT_TOOL, done, startChat, textOf } from './chat.mjs';

/** @type {Awaited<ReturnType<typeof startChat>>} */
let chat;
before(async () => {
  chat = await startChat();
});
after(() => chat?.close());

/** An answer's text without the number of the call. */
const answerOf = (/** @type {any} */ item) => textOf(item).replace(/^Answer \d+ to: /, '');

test('items come newest first, in pages of 20', async () => {
  const visitor = chat.visitor();
  const { thread_id } = await visitor.create('Say 25 messages');
  const { result: first } = await visitor.read('items.list', { thread_id });
  assert.deepEqual([first.data.length, first.has_more, first.after], [20, true, first.data[19].id]);
  const { result: rest } = await visitor.read('items.list', { thread_id, after: first.after });
  const all = [...first.data, ...rest.data];
  assert.deepEqual(all.map(textOf), [...Array.from({ length: 25 }, (_, i) => `Message ${25 - i}`), 'Say 25 messages']);
  assert.deepEqual([rest.has_more, 'after' in rest], [false, false]);
  const { result: oldest } = await visitor.read('items.list', { thread_id, limit: 2, order: 'asc' });
  assert.deepEqual(oldest.data.map(textOf), ['Say 25 messages', 'Message 1']);
});

test('feedback is taken for items of any kind', async () => {
  const visitor = chat.visitor();
  const { thread_id, events } = await visitor.create('Play reasoning');
  const [workflow] = done(events, 'workflow');
  const [answer] = done(events, 'assistant_message');
  await visitor.read('items.feedback', { thread_id, item_ids: [answer.id], kind: 'positive' });
  await visitor.read('items.feedback', { thread_id, item_ids: [workflow.id, answer.id], kind: 'negative' });
});

describe('a retry', () => {
  test('replaces the answer, for the same user message', async () => {
    const visitor = chat.visitor();
    const { thread_id } = await visitor.create('Hello, world!');
    const [answer, asked] = await visitor.items(thread_id);
    const { events } = await visitor.read('threads.retry_after_item', { thread_id, item_id: asked.id });
    assert.equal(events[0].type, 'stream_options');
    const [retried] = done(events, 'assistant_message');
    assert.notEqual(textOf(retried), textOf(answer));
    assert.equal(answerOf(retried), 'Hello, world!');
    assert.deepEqual(await visitor.items(thread_id), [retried, asked]);
  });

  test('after anything other than a user message fails, and changes nothing', async () => {
    const visitor = chat.visitor();
    const { thread_id } = await visitor.create('Hello');
    const before = await visitor.items(thread_id);
    const calls = chat.responses.calls.length;
    const { events, status, text } = await visitor.report('threads.retry_after_item', { thread_id, item_id: before[0].id });
    assert.ok(status === 200 ? events.length === 1 && events[0].type === 'error' : status === 400, `${status} ${text}`);
    assert.deepEqual(await visitor.items(thread_id), before);
    assert.equal(chat.responses.calls.length, calls);
  });

  test('leaves the messages before it as they are', async () => {
    const visitor = chat.visitor();
    const { thread_id } = await visitor.create('First message');
    await visitor.send(thread_id, 'Second message');
    const before = await visitor.items(thread_id);
    const { events } = await visitor.read('threads.retry_after_item', { thread_id, item_id: before[1].id });
    const [retried] = done(events, 'assistant_message');
    assert.equal(answerOf(retried), 'Second message');
    assert.notEqual(retried.id, before[0].id);
    assert.deepEqual(await visitor.items(thread_id), [retried, ...before.slice(1)]);
  });

  test('of an earlier message tells other pages which items are gone', async () => {
    const visitor = chat.visitor();
    const { thread_id } = await visitor.create('First message');
    await visitor.send(thread_id, 'Second message');
    const [answer2, asked2, answer1, asked1] = await visitor.items(thread_id);
    const { events } = await visitor.read('threads.retry_after_item', { thread_id, item_id: asked1.id });
    const removed = events.filter(({ type }) => type === 'thread.item.removed').map(({ item_id }) => item_id);
    assert.deepEqual(removed.sort(), [answer2.id, asked2.id, answer1.id].sort());
    assert.equal((await visitor.items(thread_id)).length, 2);
  });

  test('chooses the same tool and model as the message', async () => {
    const visitor = chat.visitor();
    const inference_options = { tool_choice: { id: CLIENT_TOOL }, model: 'gpt-5.2-mini' };
    const { thread_id, events: [, { item }] } = await visitor.create('Hello', { inference_options });
    const first = chat.responses.calls.at(-1)?.body;
    await visitor.read('threads.retry_after_item', { thread_id, item_id: item.id });
    const second = chat.responses.calls.at(-1)?.body;
    assert.notEqual(first, second);
    assert.deepEqual([second.tool_choice, second.model], [first.tool_choice, 'gpt-5.2-mini']);
    assert.equal(first.tool_choice.name, CLIENT_TOOL);
  });
});
