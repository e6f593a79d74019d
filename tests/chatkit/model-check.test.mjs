// The model check itself: it accepts all that the official server sends, and sees each way in which a server can be wrong.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startModelCheck, startOfficialServer } from './programs.mjs';
import { message } from './requests.mjs';

/** @type {Awaited<ReturnType<typeof startModelCheck>>} */
let check;
/** @type {Awaited<ReturnType<typeof startOfficialServer>>} */
let official;
before(async () => {
  [check, official] = await Promise.all([startModelCheck(), startOfficialServer()]);
});
after(async () => {
  await check?.close();
  await official?.close();
});

/** @param {string} type @param {unknown} params @param {Parameters<typeof check.read>[2]} [options] */
const read = (type, params, options) => check.read(official.url, { type, params }, options);

const typesOf = (/** @type {any[]} */ events) => events.map(({ type }) => type);

describe('the official server passes', () => {
  test('with every event and every update', async () => {
    const { events } = await read('threads.create', { input: message('everything') });
    assert.deepEqual(
      [...new Set(typesOf(events))].sort(),
      ['client_effect', 'notice', 'progress_update', 'stream_options', 'thread.created', 'thread.item.added', 'thread.item.done',
        'thread.item.removed', 'thread.item.replaced', 'thread.item.updated', 'thread.updated'],
    );
    assert.equal(new Set(events.filter(({ update }) => update).map(({ update }) => update.type)).size, 10);
    const { events: failed } = await read('threads.create', { input: message('fail') });
    assert.deepEqual(failed.at(-1), { type: 'error', code: 'stream.error', allow_retry: true });
  });

  test('with every request', async () => {
    const { events } = await read('threads.create', { input: message('ask') });
    const { id: thread_id } = events[0].thread;
    const { id: item_id } = events[1].item;
    const asked = events.at(-1).item;
    const input = { status: 'answered', answers: { color: { values: ['Blue', 'Red'] } } };
    const answered = await read('threads.add_structured_input', { thread_id, item_id: asked.id, input });
    assert.deepEqual(typesOf(answered.events).slice(0, 2), ['stream_options', 'thread.item.replaced']);
    await read('threads.add_user_message', { thread_id, input: message('call') });
    await read('threads.add_client_tool_output', { thread_id, result: { zoom: null } });
    const { events: acted } = await read('threads.custom_action', { thread_id, action: { type: 'show' } });
    const widget = acted.at(-1).item;
    await read('threads.custom_action', { thread_id, item_id: widget.id, action: { type: 'again', payload: { n: null } } });
    await read('threads.sync_custom_action', { thread_id, item_id: widget.id, action: { type: 'sync' } });
    const all = await read('items.list', { thread_id, limit: 100, order: 'asc' });
    assert.ok(all.result.data.length > 5);
    await read('threads.get_by_id', { thread_id });
    await read('threads.list', { limit: 9999, order: 'desc' });
    await read('items.feedback', { thread_id, item_ids: [item_id], kind: 'positive' });
    await read('threads.update', { thread_id, title: 'Café' });
    const { result: file } = await read('attachments.create', { name: 'a.txt', size: 1, mime_type: 'text/plain' });
    await read('attachments.create', { name: 'a.png', size: 1, mime_type: 'image/png' });
    await read('attachments.delete', { attachment_id: file.id });
    const audio = { audio_base64: Buffer.from('audio').toString('base64'), mime_type: 'audio/webm;codecs=opus' };
    assert.equal((await read('input.transcribe', audio)).result.text, '5 bytes of audio/webm');
    await read('threads.retry_after_item', { thread_id, item_id });
    await read('threads.delete', { thread_id });
  });

  test('up to the event after which the reader leaves', async () => {
    const { events } = await read('threads.create', { input: message('wait') }, { leaveAfter: 6 });
    assert.deepEqual(typesOf(events).slice(3), ['thread.item.added', 'thread.item.updated', 'thread.item.updated']);
  });
});

describe('a server fails that sends', () => {
  /** @param {string[]} faults @param {string} type @param {unknown} params */
  async function assertSeen(faults, type, params) {
    const unseen = [];
    for (const fault of faults) {
      const headers = { 'x-fault': encodeURIComponent(fault) };
      const { status, problems } = await check.report(official.url, { type, params }, { headers });
      if (status !== 200 || !problems.length) unseen.push(`${fault}: ${status}`);
    }
    assert.deepEqual(unseen, []);
  }

  test('a stream with a fault of any kind', async () => {
    assert.ok(official.faults.length > 25);
    await assertSeen(official.faults, 'threads.create', { input: message('everything') });
  });

  test('a list of items with a fault of any kind', async () => {
    assert.ok(official.resultFaults.length > 5);
    const { events } = await read('threads.create', { input: message('hello') });
    await assertSeen(official.resultFaults, 'items.list', { thread_id: events[0].thread.id });
  });

  test('a stream for a request whose result is JSON', async () => {
    const request = { type: 'threads.create', params: { input: message('hello') } };
    const { problems } = await check.report(official.url, request, { type: 'threads.list' });
    assert.match(problems.join('\n'), /the content type is text\/event-stream; charset=utf-8, not application\/json/);
  });
});

test('what only the Worker promises is checked on request: the official server has short ids and local times', async () => {
  const request = { type: 'threads.create', params: { input: message('hello') } };
  const { problems } = await check.report(official.url, request, { strict: true });
  assert.match(problems.join('\n'), /is not a UTC time with six digits/);
  assert.match(problems.join('\n'), /is not an id with 128 random bits/);
});
