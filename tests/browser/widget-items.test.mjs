// What the stand-in widget shows of each item and event of ChatKit's server protocol, and what a visitor can do with it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../support/until.mjs';
import { violations } from './axe.mjs';
import { useWidget } from './widget.mjs';

const { open, chat } = useWidget();

/** The latest request of a type. @param {string} type */
const latest = (type) => chat().requests.findLast((request) => request.type === type);

/** A source on the web. @param {string} title */
const source = (title) => ({ title, type: 'url', url: `https://example.com/${title}` });

/** A promise that a test resolves, for a script to wait for. */
const gate = () => /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());

test('annotations are numbers in the text with a list of sources, the same source with the same number', async () => {
  chat().answer(({ done }) => {
    const annotations = [
      { type: 'annotation', source: source('Two'), index: 13 },
      { type: 'annotation', source: source('One'), index: 6 },
      { type: 'annotation', source: { type: 'file', title: 'terms.pdf', filename: 'terms.pdf' } },
      { type: 'annotation', source: source('One'), index: 13 },
    ];
    done({ type: 'assistant_message', content: [{ type: 'output_text', text: 'Rain 🌧, wind. Then sun.', annotations }] });
  });
  const { context, page, answer, send } = await open();
  await send('Weather?');
  await answer.locator('.sources').waitFor();
  assert.equal((await answer.innerText()).split('\n')[0], 'Rain 🌧1, wind.21 Then sun.3');
  assert.deepEqual(await page.locator('.sources li').allInnerTexts(), ['One', 'Two', 'terms.pdf']);
  assert.equal(await page.locator('.sources a').first().getAttribute('href'), 'https://example.com/One');
  assert.equal(await page.locator('.marker').first().getAttribute('aria-label'), 'Source 1: One');
  await context.close();
});

test('a workflow is open while it runs, and one line with a summary when it is done', async () => {
  const thinking = gate();
  chat().answer(async ({ send, done, say }) => {
    const item = { id: 'wf_1', type: 'workflow', workflow: { type: 'reasoning', tasks: [], expanded: false } };
    const add = (/** @type {string} */ type, /** @type {number} */ task_index, /** @type {any} */ task) =>
      send({ type: 'thread.item.updated', item_id: 'wf_1', update: { type: `workflow.task.${type}`, task_index, task } });
    send({ type: 'thread.item.added', item });
    add('added', 0, { status_indicator: 'none', type: 'thought', title: 'Where', content: 'First' });
    add('updated', 0, { status_indicator: 'none', type: 'thought', title: 'Where', content: 'First the place' });
    add('added', 1, { status_indicator: 'loading', type: 'web_search', queries: ['rome weather'], sources: [] });
    await thinking.promise;
    const tasks = [
      { status_indicator: 'none', type: 'thought', title: 'Where', content: 'First the place' },
      { status_indicator: 'complete', type: 'web_search', title: 'Searched the web', queries: ['rome weather'], sources: [source('Weather')] },
    ];
    done({ ...item, workflow: { ...item.workflow, tasks, summary: { duration: 4 } } });
    say('Sunny.');
  });
  const { context, page, answer, send } = await open();
  await send('Weather in Rome?');
  await page.getByText('rome weather').waitFor();
  await page.getByText('First the place').waitFor();
  assert.equal(await page.locator('.workflow summary').innerText(), 'Thinking…');
  assert.equal(await page.locator('.step.loading').count(), 1);
  thinking.resolve();
  await answer.getByText('Sunny.').waitFor();
  assert.equal(await page.locator('.workflow summary').innerText(), 'Thought for 4 s');
  assert.equal(await page.getByText('First the place').isVisible(), false);
  await page.locator('.workflow summary').click();
  await page.getByRole('link', { name: 'Weather' }).waitFor();
  await context.close();
});

describe('a structured input', () => {
  const inputs = [
    { id: 'size', question: 'Which size?', type: 'multiple_choice', options: [{ value: 'Small' }, { value: 'Large' }], multiple: false },
    { id: 'extras', question: 'Any extras?', type: 'multiple_choice', options: [{ value: 'Milk' }, { value: 'Sugar' }, { value: 'Ice' }], multiple: true },
    { id: 'name', question: 'Your name?', type: 'freeform', description: 'For the cup' },
  ];
  const ask = (/** @type {import('../support/chat-worker.mjs').Turn} */ { done }) => {
    done({ id: 'si_1', type: 'structured_input', status: 'pending', inputs });
  };

  test('is a form whose answers go to the server', async () => {
    chat().answer(ask, ({ request, send, thread }) => {
      const answered = inputs.map((input) => ({ ...input, answer: request.params.input.answers[input.id] }));
      send({ type: 'thread.item.replaced', item: { ...thread.items[1], status: request.params.input.status, inputs: answered } });
    });
    const { context, page, send } = await open();
    await send('A coffee');
    await page.getByLabel('Large').check();
    await page.getByLabel('Milk').check();
    await page.getByLabel('Ice').check();
    assert.deepEqual(await violations(page), []);
    await page.getByRole('button', { name: 'Answer', exact: true }).click();
    await page.locator('dl.questions').waitFor();
    const { input, item_id } = latest('threads.add_structured_input')?.params;
    assert.equal(item_id, 'si_1');
    assert.deepEqual(input, {
      status: 'answered',
      answers: {
        size: { values: ['Large'], skipped: false },
        extras: { values: ['Milk', 'Ice'], skipped: false },
        name: { values: [], skipped: true },
      },
    });
    assert.deepEqual(await page.locator('dl.questions dd').allInnerTexts(), ['Large', 'Milk, Ice', 'Skipped']);
    await context.close();
  });

  test('can be skipped', async () => {
    chat().answer(ask);
    const { context, page, send } = await open();
    await send('A coffee');
    await page.getByRole('button', { name: 'Skip' }).click();
    await until(() => latest('threads.add_structured_input'), 'the request');
    assert.deepEqual(latest('threads.add_structured_input')?.params.input, { status: 'skipped', answers: {} });
    await context.close();
  });
});

test('progress, notices and effects are shown or passed on, and unknown items and events are skipped', async () => {
  const shown = gate();
  chat().answer(async ({ send, done, say }) => {
    send({ type: 'progress_update', icon: 'search', text: 'Looking through the catalogue' });
    send({ type: 'client_effect', name: 'highlight', data: { id: 7 } });
    send({ type: 'something.new', value: 1 });
    done({ type: 'hologram', shape: 'cube' });
    await shown.promise;
    say('Found it.');
    done({ type: 'task', task: { status_indicator: 'complete', type: 'custom', title: 'Order checked', content: 'No. 17' } });
    done({ type: 'generated_image', image: { id: 'img_1', url: 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=' } });
    done({ type: 'end_of_turn' });
    send({ type: 'notice', level: 'warning', title: 'Almost full', message: 'See [the plans](https://example.com/plans).' });
  });
  const { context, page, messages, notice, send, heard, troubles } = await open();
  await send('Find it');
  await page.getByRole('status').getByText('Looking through the catalogue').waitFor();
  shown.resolve();
  await notice.getByText('Almost full').waitFor();
  assert.equal(await notice.getByRole('link').getAttribute('href'), 'https://example.com/plans');
  assert.match(String(await notice.getAttribute('class')), /warning/);
  await page.locator('.progress').waitFor({ state: 'hidden' });
  assert.equal(await page.getByText('Looking through the catalogue').count(), 0);
  assert.equal(await messages.count(), 2);
  await page.getByText('Order checked').waitFor();
  assert.equal(await page.getByRole('img', { name: 'Image' }).count(), 1);
  assert.deepEqual((await heard()).find(([type]) => type === 'effect'), ['effect', { name: 'highlight', data: { id: 7 } }]);
  assert.deepEqual(troubles, []);
  await context.close();
});

describe('a widget', () => {
  const card = {
    type: 'Card',
    children: [
      { type: 'Title', value: 'Order 17' },
      { id: 'state', type: 'Text', value: 'On its ' },
      { type: 'Row', children: [{ type: 'Button', label: 'Track', onClickAction: { type: 'order.track', payload: { id: 17 } } }] },
      { type: 'Button', label: 'Open', onClickAction: { type: 'order.open', handler: 'client' } },
      { type: 'Button', label: 'Refresh', onClickAction: { type: 'order.refresh', streaming: false } },
      {
        type: 'Form',
        onSubmitAction: { type: 'note.add', payload: { order: 17 } },
        children: [{ type: 'Input', name: 'note.text', placeholder: 'Note' }, { type: 'Button', submit: true, label: 'Save note' }],
      },
    ],
  };
  const send = (/** @type {import('../support/chat-worker.mjs').Turn} */ turn) => {
    turn.send({ type: 'thread.item.added', item: { id: 'wig_1', type: 'widget', widget: card } });
    const update = { type: 'widget.streaming_text.value_delta', component_id: 'state', delta: 'way', done: true };
    turn.send({ type: 'thread.item.updated', item_id: 'wig_1', update });
    turn.done({ id: 'wig_1', type: 'widget', widget: { ...card, children: card.children.with(1, { id: 'state', type: 'Text', value: 'On its way' }) } });
  };

  test('shows its texts, and its actions go to the server, to the page, or for an update of the widget', async () => {
    chat().answer(send, ({ say }) => say('Tracking it.'), ({ say }) => say('Noted.'));
    const { context, page, answer, send: say, calls } = await open('widgets: { async onAction(...args) { calls.push(args); } }');
    await say('My order');
    await page.getByText('On its way').waitFor();
    const [thread] = chat().threads.keys();

    await page.getByRole('button', { name: 'Track' }).click();
    await answer.getByText('Tracking it.').waitFor();
    const track = { type: 'order.track', payload: { id: 17 } };
    assert.deepEqual(latest('threads.custom_action')?.params, { thread_id: thread, item_id: 'wig_1', action: track });

    await page.getByPlaceholder('Note').fill('Leave it at the door');
    await page.getByRole('button', { name: 'Save note' }).click();
    await answer.getByText('Noted.').waitFor();
    assert.deepEqual(latest('threads.custom_action')?.params.action.payload, { order: 17, note: { text: 'Leave it at the door' } });

    await page.getByRole('button', { name: 'Open' }).click();
    await until(async () => (await calls()).length === 1, 'the action in the page');
    const [[action, item]] = await calls();
    assert.equal(action.type, 'order.open');
    assert.equal(item.id, 'wig_1');

    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('Updated', { exact: true }).waitFor();
    assert.deepEqual(latest('threads.sync_custom_action')?.params.action, { type: 'order.refresh' });
    await context.close();
  });

  test("the page's own actions go to the server with the id of the item", async () => {
    chat().answer(send, ({ say }) => say('Cancelled.'));
    const { context, page, answer, send: say } = await open();
    await say('My order');
    await page.getByText('On its way').waitFor();
    await page.evaluate(() =>
      /** @type {any} */ (document.querySelector('openai-chatkit')).sendCustomAction({ type: 'order.cancel', payload: { id: 17 } }, 'wig_1'),
    );
    await answer.getByText('Cancelled.').waitFor();
    const { item_id, action } = latest('threads.custom_action')?.params;
    assert.deepEqual([item_id, action], ['wig_1', { type: 'order.cancel', payload: { id: 17 } }]);
    await context.close();
  });
});

test('an answer can be rated and asked for again, where the page allows it', async () => {
  const { context, page, answer, send } = await open('threadItemActions: { feedback: true, retry: true }');
  await send('One');
  await answer.getByText('You said: One').waitFor();
  await page.getByRole('button', { name: 'Good answer' }).click();
  await until(() => latest('items.feedback'), 'the rating');
  const [thread] = chat().threads.values();
  assert.deepEqual(latest('items.feedback')?.params, { thread_id: thread.id, item_ids: [thread.items[1].id], kind: 'positive' });
  assert.equal(await page.getByRole('button', { name: 'Good answer' }).getAttribute('aria-pressed'), 'true');
  chat().answer(({ say }) => say('Another answer'));
  await page.getByRole('button', { name: 'Answer again' }).click();
  await answer.getByText('Another answer').waitFor();
  assert.equal(await page.locator('.message').count(), 2);
  await context.close();
});

for (const [scheme, locale, stop] of [['light', 'en', 'Stop the answer'], ['dark', 'es', 'Detener la respuesta']]) {
  test(`every item is accessible in ${scheme} and in ${locale} on a phone`, async () => {
    const end = gate();
    chat().answer(async ({ send, done, say }) => {
      const tasks = [{ status_indicator: 'loading', type: 'web_search', title_query: 'news', queries: ['news'], sources: [source('News')] }];
      done({ type: 'workflow', workflow: { type: 'reasoning', tasks, expanded: true } });
      done({ type: 'widget', widget: { type: 'Card', children: [{ type: 'Title', value: 'Card' }, { type: 'Button', label: 'Do', onClickAction: { type: 'do' } }] } });
      done({ type: 'assistant_message', content: [{ type: 'output_text', text: 'Text', annotations: [{ type: 'annotation', source: source('News'), index: 4 }] }] });
      send({ type: 'notice', level: 'info', message: 'A notice' });
      send({ type: 'progress_update', text: 'Still going' });
      say('A-long-word-'.repeat(20));
      await end.promise;
    });
    const composer = "composer: { models: [{ id: 'a', label: 'A model' }, { id: 'b', label: 'Another model' }] }";
    const { context, page, send } = await open(`theme: '${scheme}', locale: '${locale}', ${composer}`, {
      context: { viewport: { width: 360, height: 740 }, colorScheme: /** @type {'light' | 'dark'} */ (scheme) },
    });
    await send('Hello');
    await page.getByText('Still going').waitFor();
    await page.getByRole('button', { name: stop }).waitFor();
    assert.deepEqual(await violations(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    end.resolve();
    await page.locator('.send[value=send]').waitFor();
    await context.close();
  });
}
