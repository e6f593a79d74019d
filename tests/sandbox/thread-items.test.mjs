// How the stand-in widget reads a stream, and applies its events to the items of a thread.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readEvents } from '../../sandbox/widget/event-reader.js';
import { ECHO_ID, ThreadItems } from '../../sandbox/widget/thread-items.js';

/** The events in a text that arrives in pieces of this many bytes. */
async function eventsOf(/** @type {string} */ text, size = 1) {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream({
    start(controller) {
      for (let i = 0; i < bytes.length; i += size) controller.enqueue(bytes.slice(i, i + size));
      controller.close();
    },
  });
  return Array.fromAsync(readEvents(body));
}

describe('a stream', () => {
  const text = ': \n\ndata: {"type":"a","text":"Tïtle 日本 🌧"}\n\n: still here\n\nevent: x\r\nid: 7\r\ndata: {"type":\r\ndata: "b"}\r\n\r\ndata:{"type":"c"}\n\n';

  test('is the same events in pieces of any size, without its comments and other fields', async () => {
    const expected = [{ type: 'a', text: 'Tïtle 日本 🌧' }, { type: 'b' }, { type: 'c' }];
    for (const size of [1, 2, 3, 7, 64, 4096]) assert.deepEqual(await eventsOf(text, size), expected, `${size} bytes`);
  });

  test('that is cut off loses the event that is not complete', async () => {
    assert.deepEqual(await eventsOf('data: {"type":"a"}\n\ndata: {"type":"b"}\n'), [{ type: 'a' }]);
  });

  test('ends its request when the reader stops early', async () => {
    let cancelled = false;
    const bytes = new TextEncoder().encode('data: {"type":"a"}\n\n');
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(bytes),
      cancel: () => void (cancelled = true),
    });
    for await (const event of readEvents(body)) {
      assert.equal(event.type, 'a');
      break;
    }
    assert.ok(cancelled);
  });
});

const message = (/** @type {string} */ id, text = '') => ({ id, type: 'assistant_message', content: text ? [part(text)] : [] });
const part = (/** @type {string} */ text, /** @type {any[]} */ ...annotations) => ({ type: 'output_text', text, annotations });

describe('the items', () => {
  test('of an answer grow by its updates, and a changed item is a new object', () => {
    const items = new ThreadItems();
    items.put(message('m'));
    const [first] = items.list;
    const update = (/** @type {string} */ type, /** @type {object} */ fields) =>
      items.update('m', { type: `assistant_message.content_part.${type}`, content_index: 0, ...fields });
    update('added', { content: part('') });
    update('text_delta', { delta: 'Hé ' });
    update('text_delta', { delta: '"q"' });
    update('annotation_added', { annotation_index: 0, annotation: { type: 'annotation', source: { type: 'url', url: 'https://e.com' } } });
    assert.deepEqual(items.list[0].content, [part('Hé "q"', { type: 'annotation', source: { type: 'url', url: 'https://e.com' } })]);
    assert.notEqual(items.list[0], first);
    assert.deepEqual(first.content, []);
    update('done', { content: part('Hé "q".') });
    assert.deepEqual(items.list[0].content, [part('Hé "q".')]);
    const before = items.list;
    items.update('m', { type: 'assistant_message.sung', tune: 'la' });
    items.update('unknown', { type: 'widget.root.updated', widget: {} });
    assert.equal(items.list, before, 'unknown updates and items change nothing');
  });

  test('of a workflow, a widget and an image take their updates', () => {
    const items = new ThreadItems();
    items.put({ id: 'w', type: 'workflow', workflow: { type: 'reasoning', tasks: [] } });
    items.update('w', { type: 'workflow.task.added', task_index: 0, task: { type: 'thought', content: 'a' } });
    items.update('w', { type: 'workflow.task.updated', task_index: 0, task: { type: 'thought', content: 'ab' } });
    assert.deepEqual(items.list[0].workflow.tasks, [{ type: 'thought', content: 'ab' }]);

    const inner = { type: 'Row', children: [{ id: 't', type: 'Text', value: 'a' }] };
    items.put({ id: 'g', type: 'widget', widget: { type: 'Card', children: [inner, { type: 'Transition', children: { id: 'u', type: 'Text', value: 'x' } }] } });
    items.update('g', { type: 'widget.streaming_text.value_delta', component_id: 't', delta: 'b', done: false });
    items.update('g', { type: 'widget.component.updated', component_id: 'u', component: { id: 'u', type: 'Text', value: 'y' } });
    assert.equal(items.list[1].widget.children[0].children[0].value, 'ab');
    assert.equal(items.list[1].widget.children[1].children.value, 'y');
    items.update('g', { type: 'widget.root.updated', widget: { type: 'Basic', children: [] } });
    assert.deepEqual(items.list[1].widget, { type: 'Basic', children: [] });

    items.put({ id: 'i', type: 'generated_image' });
    items.update('i', { type: 'generated_image.updated', image: { id: 'i', url: 'data:,' }, progress: 0.5 });
    assert.deepEqual(items.list[2].image, { id: 'i', url: 'data:,' });
  });

  test("replace the visitor's echo by the stored message, once, and keep what a reload has not changed", () => {
    const items = new ThreadItems();
    const user = (/** @type {string} */ id) => ({ id, type: 'user_message', content: [{ type: 'input_text', text: 'Hi' }] });
    items.put(user(ECHO_ID));
    assert.equal(items.lastUserMessage(), null);
    items.put(user('u1'));
    items.put(user('u1'));
    items.put(user('u2'));
    assert.deepEqual(items.list.map(({ id }) => id), ['u1', 'u2']);
    assert.equal(items.lastUserMessage()?.id, 'u2');

    const [kept] = items.list;
    items.replaceAll([user('u1'), message('m', 'New'), user('u2')]);
    assert.equal(items.list[0], kept);
    items.removeAfter('u1');
    assert.deepEqual(items.list.map(({ id }) => id), ['u1']);
    items.remove('u1');
    assert.deepEqual(items.list, []);
  });
});
