// Visitors who leave in the middle of an answer: what chatkit-python's tests of a cancelled stream ask for. docs/parity.md has the
// list.
//
// In plain workerd, because the test harness does not tell the Worker that a client is gone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/until.mjs';
import { startWorkerd } from '../support/workerd.mjs';
import { AGENT, newVisitor, textOf } from './chat.mjs';
import { startModelCheck } from './programs.mjs';
import { startRecordedResponses } from './recorded-responses.mjs';

/** @type {Awaited<ReturnType<typeof startRecordedResponses>>} */
let responses;
/** @type {Awaited<ReturnType<typeof startModelCheck>>} */
let check;
/** @type {Awaited<ReturnType<typeof startWorkerd>>} */
let worker;
before(async () => {
  responses = await startRecordedResponses();
  const variables = {
    AGENT: JSON.stringify(AGENT), OPENAI_BASE_URL: responses.url, OPENAI_API_KEY: 'sk-unused', RATE_LIMITS: 'off', THREAD_TITLES: 'off',
  };
  [check, worker] = await Promise.all([startModelCheck(), startWorkerd(variables)]);
});
after(() => Promise.all([check, worker, responses].map((each) => each?.close())));

const visitor = () => newVisitor(check, `${worker.url}/chatkit`);

test('a visitor who leaves stops the answer, the text so far is stored, and the next answer knows of it', async () => {
  const someone = visitor();
  // The events up to the first delta.
  const { thread_id, events } = await someone.create('Hold on', {}, { leaveAfter: 6 });
  const call = responses.calls.at(-1);
  const shown = events.filter(({ update }) => update?.delta).map(({ update }) => update.delta).join('');
  await until(() => call?.left, 'the end of the call to the model');
  await until(async () => (await someone.items(thread_id)).length === 2, 'the stored answer');
  const [answer, asked] = await someone.items(thread_id);
  assert.deepEqual([answer.type, asked.type], ['assistant_message', 'user_message']);
  assert.match(shown, /^Answer \d+ to: $/);
  assert.equal(textOf(answer), shown);

  await someone.send(thread_id, 'Go on');
  const input = JSON.stringify(responses.calls.at(-1)?.body.input);
  assert.match(input, /cancelled|stopped/);
  assert.match(input, /Answer \d+ to: /);
});

test('a visitor who leaves before the first word leaves no empty answer', async () => {
  const someone = visitor();
  const { thread_id } = await someone.create('Hold back', {}, { leaveAfter: 3 });
  await until(() => responses.calls.at(-1)?.left, 'the end of the call to the model');
  await someone.send(thread_id, 'Go on');
  assert.deepEqual((await someone.items(thread_id)).map(textOf).slice(1), ['Go on', 'Hold back']);
  assert.match(JSON.stringify(responses.calls.at(-1)?.body.input), /cancelled|stopped/);
});
