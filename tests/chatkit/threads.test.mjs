// Threads: what chatkit-python's server tests say of them, asked of the Worker. docs/parity.md has the list.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChat } from './chat.mjs';
import { TITLE } from './recorded-responses.mjs';
import { message } from './requests.mjs';

/** @type {Awaited<ReturnType<typeof startChat>>} */
let chat;
before(async () => {
  chat = await startChat();
});
after(() => chat?.close());

/** The events of a stream, as they come. @param {ReadableStream<Uint8Array>} body */
async function* eventsOf(body) {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const frames = (rest + text).split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) if (frame.startsWith('data: ')) yield JSON.parse(frame.slice(6));
  }
}

test('a new thread begins with its user message, which has the quoted text', async () => {
  const { events, thread } = await chat.visitor().create('Hello, world!', { quoted_text: 'Quoted text' });
  assert.deepEqual(events.slice(0, 3).map(({ type }) => type), ['thread.created', 'thread.item.done', 'stream_options']);
  assert.deepEqual(thread.items, { data: [], has_more: false });
  const { item } = events[1];
  assert.equal(item.type, 'user_message');
  assert.deepEqual(item.content, [{ type: 'input_text', text: 'Hello, world!' }]);
  assert.equal(item.quoted_text, 'Quoted text');
});

test('a thread that shows no images of other sites has no field for them', async () => {
  const visitor = chat.visitor();
  const { thread, thread_id } = await visitor.create('Hello');
  const { result } = await visitor.read('threads.update', { thread_id, title: 'Updated title' });
  for (const each of [thread, result]) assert.ok(!('allowed_image_domains' in each), JSON.stringify(each));
});

test('a title is stored', async () => {
  const visitor = chat.visitor();
  const { thread_id } = await visitor.create('Where is my parcel?');
  const { result } = await visitor.read('threads.update', { thread_id, title: 'New title, 日本' });
  assert.equal(result.title, 'New title, 日本');
  assert.equal((await visitor.read('threads.get_by_id', { thread_id })).result.title, 'New title, 日本');
  assert.equal((await visitor.read('threads.list', {})).result.data[0].title, 'New title, 日本');
});

test('a title by the model comes in the middle of the answer, and is stored', async () => {
  const titled = await startChat({ vars: { THREAD_TITLES: 'on' } });
  try {
    const visitor = titled.visitor();
    await visitor.create('Hello');
    const { body } = await titled.worker.fetch('/chatkit', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...visitor.headers },
      body: JSON.stringify({ type: 'threads.create', params: { input: message('Hold on') } }),
    });
    assert.ok(body);
    const events = [];
    let released = false;
    for await (const event of eventsOf(body)) {
      events.push(event);
      if (event.type !== 'thread.updated') continue;
      assert.equal(event.thread.title, TITLE);
      // The answer is still held, so the title did not wait for its end.
      titled.responses.calls.at(-1)?.release();
      released = true;
    }
    assert.ok(released);
    assert.equal(events.at(-1).item.type, 'assistant_message');
    const { result } = await visitor.read('threads.get_by_id', { thread_id: events[0].thread.id });
    assert.equal(result.title, TITLE);
  } finally {
    await titled.close();
  }
});

test('threads come newest first, in pages of 20', async () => {
  const visitor = chat.visitor();
  const ids = [];
  for (let i = 0; i < 25; i++) ids.unshift((await visitor.create(`Thread ${i}`)).thread_id);
  const { result: first } = await visitor.read('threads.list', { limit: 20 });
  const { result: rest } = await visitor.read('threads.list', { after: first.after });
  assert.deepEqual([...first.data, ...rest.data].map(({ id }) => id), ids);
  assert.deepEqual([first.data.length, first.has_more, first.after], [20, true, ids[19]]);
  assert.deepEqual([rest.data.length, rest.has_more, 'after' in rest], [5, false, false]);
  const { result: oldest } = await visitor.read('threads.list', { limit: 2, order: 'asc' });
  assert.deepEqual(oldest.data.map((/** @type {any} */ { id }) => id), ids.slice(-2).reverse());
  // The widget asks for 9999.
  assert.equal((await visitor.read('threads.list', { limit: 9999, order: 'desc' })).result.data.length, 25);
});

test('a thread is returned with its first items', async () => {
  const visitor = chat.visitor();
  const { thread_id, thread } = await visitor.create('Test thread');
  const { result } = await visitor.read('threads.get_by_id', { thread_id });
  assert.equal(result.id, thread.id);
  assert.equal(result.created_at, thread.created_at);
  assert.deepEqual(result.items.data.map((/** @type {any} */ { type }) => type), ['user_message', 'assistant_message']);
  assert.equal(result.items.data[0].content[0].text, 'Test thread');
});

test('a deleted thread is gone', async () => {
  const visitor = chat.visitor();
  const { thread_id } = await visitor.create('Thread to delete');
  await visitor.read('threads.delete', { thread_id });
  for (const type of ['threads.get_by_id', 'items.list']) {
    const { status, text } = await visitor.report(type, { thread_id });
    assert.equal(status, 404, type);
    assert.equal(JSON.parse(text ?? '').code, 'not_found');
  }
  assert.deepEqual((await visitor.read('threads.list', {})).result, { data: [], has_more: false });
});

test('a thread and its feedback belong to the visitor who started it', async () => {
  const [owner, other] = [chat.visitor(), chat.visitor()];
  const { thread_id, events } = await owner.create('Hello');
  await other.create('My own');
  const item_id = events[1].item.id;
  const feedback = { thread_id, item_ids: [item_id], kind: 'positive' };
  await owner.read('items.feedback', feedback);
  for (const [type, params] of /** @type {const} */ ([
    ['items.feedback', feedback], ['threads.get_by_id', { thread_id }], ['threads.delete', { thread_id }],
  ])) {
    assert.equal((await other.report(type, params)).status, 404, type);
  }
  assert.equal((await other.read('threads.list', {})).result.data.length, 1);
});
