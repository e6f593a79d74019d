// <chatkit-edge> and an answer that is being written: a stop of the visitor ends it; a reload, another thread, a moved element
// or a broken connection does not, and the answer goes on growing in view.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../support/until.mjs';
import { useAgent } from './agent.mjs';

const { open, worker, runRequests } = useAgent();

/** An answer that a test writes word by word. */
function longAnswer() {
  /** @type {PromiseWithResolvers<import('../support/chat-worker.mjs').Turn>} */
  const started = Promise.withResolvers();
  /** @type {PromiseWithResolvers<void>} */
  const ended = Promise.withResolvers();
  worker().answer(async (turn) => {
    turn.say('One');
    started.resolve(turn);
    turn.stopped.addEventListener('abort', () => ended.resolve());
    await ended.promise;
  });
  return {
    turn: started.promise,
    say: async (/** @type {string} */ text) => (await started.promise).say(text),
    end: () => ended.resolve(),
  };
}

test('a stop of the visitor is told to the Worker, and the text so far stays', async () => {
  const { turn } = longAnswer();
  const { page, answer, send, done } = await open();
  await send('Count');
  await answer.getByText('One', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Stop the answer' }).click();
  const { run, stopped } = await turn;
  await until(() => stopped.aborted, 'the stop');
  assert.deepEqual(runRequests(), [`DELETE ${run}`]);
  assert.equal(worker().requests.at(-1)?.headers['x-chatkit-visitor-token'], 'visitor-token-1');
  assert.equal(await answer.innerText(), 'One');
  await page.reload();
  await page.locator('chatkit-edge textarea').waitFor();
  await until(() => worker().types().at(-1) === 'threads.list', 'the start after the reload');
  assert.deepEqual(runRequests(), [`DELETE ${run}`], 'a stopped answer is not followed');
  await done();
});

test('after a reload the thread opens with the answer, which goes on growing, at most one update a second', async () => {
  const { turn, say, end } = longAnswer();
  const { page, answer, send, done } = await open();
  await send('Count');
  await answer.getByText('One', { exact: true }).waitFor();
  await page.reload();
  await answer.getByText('One', { exact: true }).waitFor();
  const { run } = await turn;
  await until(() => runRequests().length === 1, 'the re-attachment');
  assert.deepEqual(runRequests(), [`GET ${run}`]);

  /** @type {number[]} */
  const updates = [];
  page.on('request', (request) => {
    if (request.postData()?.includes('threads.get_by_id')) updates.push(Date.now());
  });
  const words = [' two', ' three', ' four', ' five', ' six', ' seven'];
  for (const word of words) {
    await say(word);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await answer.getByText('One two', { exact: false }).waitFor();
  end();
  await answer.getByText(`One${words.join('')}`, { exact: true }).waitFor();
  await until(async () => (await page.evaluate('sessionStorage.length === 0 || Object.values(sessionStorage).every((text) => text === "[]")')), 'the run to be forgotten');
  assert.ok(updates.length >= 2 && updates.length <= 4, `${updates.length} updates`);
  assert.ok(updates.slice(1).every((at, i) => at - updates[i] > 900), 'a second apart');

  await page.reload();
  await page.locator('.greeting').waitFor();
  assert.deepEqual(runRequests(), [`GET ${run}`], 'an answer that has ended is not followed');
  await done();
});

test('another thread is no stop: the answer is there when its thread is opened again', async () => {
  const { turn, say, end } = longAnswer();
  const { page, answer, send, done } = await open();
  await send('Count');
  await answer.getByText('One', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'New chat' }).click();
  await send('Meanwhile');
  await answer.getByText('You said: Meanwhile').waitFor();
  const { run, stopped } = await turn;
  assert.equal(stopped.aborted, false);
  await say(' two');
  await page.getByRole('button', { name: 'Chat history' }).click();
  await page.locator('.thread').last().click();
  await answer.getByText('One two', { exact: true }).waitFor();
  await until(() => runRequests().length === 1, 'the re-attachment');
  await say(' three');
  end();
  await answer.getByText('One two three', { exact: true }).waitFor();
  assert.deepEqual(runRequests(), [`GET ${run}`]);
  await done();
});

test('an element that is moved in the page goes on with the answer, and one that is removed does not stop it', async () => {
  const { turn, say } = longAnswer();
  const { page, answer, send, done } = await open();
  await send('Count');
  await answer.getByText('One', { exact: true }).waitFor();
  await page.evaluate(() => document.body.prepend(/** @type {Element} */ (document.querySelector('chatkit-edge'))));
  await until(() => runRequests().length === 1, 'the re-attachment');
  await say(' two');
  await answer.getByText('One two', { exact: true }).waitFor();
  await page.evaluate(() => document.querySelector('chatkit-edge')?.remove());
  // Longer than the element waits before it tells a stop.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
  const { run, stopped } = await turn;
  assert.deepEqual(runRequests(), [`GET ${run}`]);
  assert.equal(stopped.aborted, false);
  await done();
});

test('a connection that breaks is no end: the rest of the answer appears all the same', async () => {
  const { turn, say, end } = longAnswer();
  const { context, page, answer, send } = await open();
  await send('Count');
  await answer.getByText('One', { exact: true }).waitFor();
  (await turn).destroy();
  await page.locator('openai-chatkit .notice').waitFor();
  await until(() => runRequests().length === 1, 'the re-attachment');
  await say(' two');
  end();
  await answer.getByText('One two', { exact: true }).waitFor();
  await context.close();
});
