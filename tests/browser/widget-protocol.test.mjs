// The stand-in widget speaks ChatKit's server protocol: its requests, repeats, stops, errors and client tools.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../support/until.mjs';
import { useWidget } from './widget.mjs';

const { open, chat } = useWidget();

/** The latest request of a type. @param {string} type */
const latest = (type) => chat().requests.findLast((request) => request.type === type);

describe('a message', () => {
  test('creates a thread, then is added to it, with the headers and fields of the real widget', async () => {
    const { context, messages, answer, send, heard, troubles } = await open("locale: 'es-MX'");
    await send('First');
    await answer.getByText('You said: First', { exact: true }).waitFor();
    await send('Second');
    await answer.getByText('You said: Second', { exact: true }).waitFor();
    assert.equal(await messages.count(), 4);

    assert.deepEqual(chat().types(), ['threads.list', 'threads.create', 'threads.add_user_message']);
    const [list, create, add] = chat().requests;
    assert.deepEqual(list.params, { limit: 9999, order: 'desc' });
    const first = [{ type: 'input_text', text: 'First' }];
    assert.deepEqual(create.params, { input: { content: first, attachments: [], inference_options: {} } });
    assert.equal(add.params.thread_id, [...chat().threads.keys()][0]);
    assert.equal(create.headers.accept, 'text/event-stream');
    assert.equal(create.headers['content-type'], 'application/json');
    assert.equal(create.headers['accept-language'], 'es-MX');
    assert.match(String(create.headers['chatkit-frame-instance-id']), /^[\w-]{16,}$/);
    assert.equal(add.headers['chatkit-frame-instance-id'], create.headers['chatkit-frame-instance-id']);

    const types = (await heard()).map(([type]) => type);
    const turn = ['response.start', 'response.end'];
    assert.deepEqual(types, ['ready', 'thread.change', ...turn, ...turn]);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test('is sent again five times, later each time, while the server answers 5xx or no event stream', async () => {
    chat().refuse({ status: 200, body: { data: [], has_more: false } }, { status: 503 }, { status: 200 }, { status: 502 }, { status: 500 }, { status: 500 });
    const api = `api: { url: '${chat().url}/chatkit', domainKey: 'key', fetch(url, init) { calls.push([Date.now(), init.body]); return fetch(url, init); } }`;
    const { context, page, answer, send, calls } = await open(api, { prepare: (page) => page.clock.install() });
    await send('Patience');
    for (let sent = 2; sent <= 7; sent++) {
      await until(async () => (await calls()).length >= sent, `request ${sent}`);
      await until(() => chat().requests.length >= sent, `request ${sent} at the server`);
      // The answer must have arrived before the clock moves on.
      await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
      for (let step = 0; step < 20 && (await calls()).length === sent; step++) await page.clock.runFor(500);
    }
    await answer.getByText('You said: Patience').waitFor();
    const [, ...repeats] = await calls();
    assert.equal(repeats.length, 6, 'one request and five repeats');
    assert.equal(new Set(repeats.map(([, body]) => body)).size, 1, 'the same bytes');
    const gaps = repeats.slice(1).map(([at], i) => at - repeats[i][0]);
    for (const [i, gap] of gaps.entries()) {
      const most = Math.min(10_000, 1000 * 2 ** i);
      assert.ok(gap >= most / 2 - 50 && gap <= most + 1500, `repeat ${i + 1} after ${gap} ms`);
    }
    assert.equal([...chat().threads.values()].length, 1);
    await context.close();
  });

  test('comes back to the composer if the server refuses it, without a repeat', async () => {
    const { context, page, composer, messages, notice, send, heard } = await open();
    await until(() => chat().requests.length === 1, 'the list of threads');
    chat().refuse({ status: 400, body: { message: 'The field thread_id is missing.' } });
    await send('Refused');
    await notice.getByText('The field thread_id is missing.').waitFor();
    assert.equal(await composer.inputValue(), 'Refused');
    assert.equal(await messages.count(), 0);
    chat().refuse({ status: 429, headers: { 'Retry-After': '30' } });
    await composer.press('Enter');
    await notice.getByText('Try again in 30 seconds.').waitFor();
    assert.deepEqual(chat().types(), ['threads.list', 'threads.create', 'threads.create']);
    assert.deepEqual((await heard()).filter(([type]) => type === 'error').length, 2);
    assert.equal(await page.locator('.send').getAttribute('aria-disabled'), 'false');
    await context.close();
  });
});

describe('an error in the stream', () => {
  test('is shown word for word, with a retry that asks for another answer to the same message', async () => {
    chat().answer(({ say, send }) => {
      say('Half an ans');
      send({ type: 'error', code: 'custom', message: 'The model is busy. Try again in 20 seconds.', allow_retry: true });
    });
    const { context, messages, answer, notice, send, heard } = await open();
    await send('Hello');
    await notice.getByText('The model is busy. Try again in 20 seconds.', { exact: true }).waitFor();
    assert.equal(await answer.innerText(), 'Half an ans');
    assert.deepEqual((await heard()).find(([type]) => type === 'error'), ['error', 'The model is busy. Try again in 20 seconds.']);

    chat().answer(({ say }) => say('A whole answer'));
    await notice.getByRole('button', { name: 'Try again' }).click();
    await answer.getByText('A whole answer').waitFor();
    assert.equal(await messages.count(), 2, 'the first answer is gone');
    assert.equal(await notice.count(), 0);
    const [thread] = chat().threads.values();
    assert.deepEqual(latest('threads.retry_after_item')?.params, { thread_id: thread.id, item_id: thread.items[0].id });
    await context.close();
  });

  test('has no retry unless the server allows one, and a text of its own if the server sends none', async () => {
    chat().answer(({ send }) => send({ type: 'error', code: 'stream.error', allow_retry: false }));
    const { context, notice, send } = await open();
    await send('Hello');
    await notice.getByText('Something went wrong.').waitFor();
    assert.equal(await notice.getByRole('button').count(), 0);
    await context.close();
  });

  test('for a message that the server did not store gives the words back, and a retry sends them again', async () => {
    const { context, composer, messages, answer, notice, send } = await open();
    await send('One');
    await answer.getByText('You said: One', { exact: true }).waitFor();
    chat().busy('Still answering.');
    await send('Two');
    await notice.getByText('Still answering.').waitFor();
    await until(async () => (await composer.inputValue()) === 'Two', 'the words to be back');
    assert.equal(await messages.count(), 2);
    await notice.getByRole('button', { name: 'Try again' }).click();
    await answer.getByText('You said: Two', { exact: true }).waitFor();
    assert.equal(await composer.inputValue(), '');
    assert.equal(await messages.count(), 4);
    await context.close();
  });

  test('is told from a connection that breaks, which is not repeated', async () => {
    /** @type {PromiseWithResolvers<void>} */
    const shown = Promise.withResolvers();
    chat().answer(async ({ say, destroy }) => {
      say('Almost');
      await shown.promise;
      destroy();
    });
    const { context, notice, answer, send } = await open();
    await send('Hello');
    await answer.getByText('Almost').waitFor();
    shown.resolve();
    await notice.getByText('The reply was interrupted.').waitFor();
    assert.equal(await answer.innerText(), 'Almost');
    assert.equal(chat().types().length, 2);
    await context.close();
  });
});

test('the stop button aborts the request and keeps the text, if the stream can be cancelled', async () => {
  /** @type {PromiseWithResolvers<void>} */
  const gone = Promise.withResolvers();
  chat().answer(
    ({ say, left }) => {
      say('So far');
      left.addEventListener('abort', () => gone.resolve());
      return gone.promise;
    },
    async ({ send, say, thread }) => {
      send({ type: 'stream_options', stream_options: { allow_cancel: false } });
      say('Not to be stopped');
      await until(() => thread.title === 'on', 'the test');
    },
  );
  const { context, page, answer, send, heard } = await open();
  await send('Go on');
  await answer.getByText('So far').waitFor();
  await page.getByRole('button', { name: 'Stop the answer' }).click();
  await gone.promise;
  await page.getByRole('button', { name: 'Send message' }).waitFor();
  assert.equal(await answer.innerText(), 'So far');
  assert.equal(await page.locator('.waiting').count(), 0);
  assert.deepEqual((await heard()).at(-1), ['response.end', null]);

  await send('And this');
  await answer.getByText('Not to be stopped').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Stop the answer' }).count(), 0);
  const [thread] = chat().threads.values();
  thread.title = 'on';
  await until(async () => (await heard()).filter(([type]) => type === 'response.end').length === 2, 'the end');
  await context.close();
});

test('a client tool runs when the stream has ended, and its result continues the answer', async () => {
  chat().answer(
    ({ done, say }) => {
      say('Let me look.');
      done({ type: 'client_tool_call', status: 'pending', call_id: 'call_1', name: 'show_on_map', arguments: { city: 'Rome' } });
    },
    ({ say }) => say('There it is.'),
    ({ done }) => done({ type: 'client_tool_call', status: 'pending', call_id: 'call_2', name: 'fails', arguments: {} }),
  );
  const tool = `onClientTool(call) { calls.push(call); if (call.name === 'fails') throw new Error('no map'); return { shown: true }; }`;
  const { context, answer, notice, send, calls, heard } = await open(tool);
  await send('Where is Rome?');
  await answer.getByText('There it is.').waitFor();
  assert.deepEqual(await calls(), [{ name: 'show_on_map', params: { city: 'Rome' } }]);
  assert.deepEqual(latest('threads.add_client_tool_output')?.params, { thread_id: [...chat().threads.keys()][0], result: { shown: true } });
  assert.deepEqual((await heard()).map(([type]) => type), ['ready', 'thread.change', 'response.start', 'response.end']);

  await send('Again');
  await notice.getByText('fails: no map').waitFor();
  assert.equal(chat().types().filter((type) => type === 'threads.add_client_tool_output').length, 1);
  await context.close();
});

test('models, tools and quotes go out with the message', async () => {
  const options = `composer: {
    models: [{ id: 'small', label: 'Small' }, { id: 'large', label: 'Large', default: true }],
    tools: [{ id: 'search', label: 'Search', icon: 'globe' }],
  }`;
  const { context, page, answer, send } = await open(options);
  await page.getByLabel('Tool').selectOption('Search');
  await send('Look it up');
  await answer.getByText('You said: Look it up').waitFor();
  assert.deepEqual(latest('threads.create')?.params.input.inference_options, { tool_choice: { id: 'search' }, model: 'large' });
  assert.equal(await page.getByLabel('Tool').inputValue(), '', 'a tool is for one message');

  await page.evaluate(() =>
    /** @type {any} */ (document.querySelector('openai-chatkit')).sendUserMessage({ text: 'This?', reply: 'look it up', model: 'small' }),
  );
  const { input } = latest('threads.add_user_message')?.params;
  assert.equal(input.quoted_text, 'look it up');
  assert.deepEqual(input.inference_options, { model: 'small' });
  assert.equal(await page.locator('blockquote').innerText(), 'look it up');
  await context.close();
});

describe('the history', () => {
  test('lists, renames and deletes threads', async () => {
    const { context, page, answer, send, heard } = await open();
    for (const text of ['Older', 'Newer']) {
      await page.getByRole('button', { name: 'New chat' }).click();
      await send(text);
      await answer.getByText(`You said: ${text}`).waitFor();
    }
    const [older, newer] = chat().threads.keys();
    await page.getByRole('button', { name: 'Chat history' }).click();
    await page.locator('.thread').nth(1).waitFor();
    await page.getByRole('button', { name: /^Rename/ }).first().click();
    await page.getByLabel('Title', { exact: true }).fill('My second chat');
    await page.keyboard.press('Enter');
    await page.locator('.thread', { hasText: 'My second chat' }).waitFor();
    assert.deepEqual(latest('threads.update')?.params, { thread_id: newer, title: 'My second chat' });

    await page.getByRole('button', { name: 'Delete: My second chat' }).click();
    await until(() => !chat().threads.has(newer), 'the deletion');
    await page.locator('.thread', { hasText: 'My second chat' }).waitFor({ state: 'detached' });
    await page.locator('.thread').click();
    await answer.getByText('You said: Older').waitFor();
    assert.deepEqual((await heard()).findLast(([type]) => type === 'thread.change'), ['thread.change', { threadId: older }]);
    await context.close();
  });

  test('opens a long thread whole, page by page', async () => {
    const items = Array.from({ length: 130 }, (_, i) => ({
      id: `msg_${i}`, type: 'assistant_message', created_at: '2026-11-28T07:12:35.357479Z', content: [{ type: 'output_text', text: `Line ${i}`, annotations: [] }],
    }));
    chat().threads.set('thread_long', { id: 'thread_long', created_at: '2026-11-28T07:12:35.357479Z', status: { type: 'locked', reason: 'Closed by the shop.' }, items });
    const { context, page, messages, composer } = await open("initialThread: 'thread_long'");
    await until(async () => (await messages.count()) === 130, 'all items');
    assert.deepEqual(chat().types(), ['threads.list', 'threads.get_by_id', 'items.list', 'items.list']);
    assert.equal(await messages.last().locator('.text').innerText(), 'Line 129');
    await page.getByText('Closed by the shop.').waitFor();
    assert.ok(await composer.isDisabled());
    await context.close();
  });

  test('is not asked for if the page turns it off', async () => {
    const { context, page, answer, send } = await open('history: { enabled: false }');
    await send('Hello');
    await answer.getByText('You said: Hello').waitFor();
    assert.deepEqual(chat().types(), ['threads.create']);
    assert.equal(await page.getByRole('button', { name: 'Chat history' }).count(), 0);
    await context.close();
  });
});

test('fetchUpdates shows what the server has stored meanwhile', async () => {
  const { context, page, messages, answer, send } = await open();
  await send('Hello');
  await answer.getByText('You said: Hello').waitFor();
  const [thread] = chat().threads.values();
  thread.items.push({ id: 'msg_late', type: 'assistant_message', content: [{ type: 'output_text', text: 'A late word', annotations: [] }] });
  await page.evaluate(() => /** @type {any} */ (document.querySelector('openai-chatkit')).fetchUpdates());
  await answer.getByText('A late word').waitFor();
  assert.equal(await messages.count(), 3);
  await context.close();
});
