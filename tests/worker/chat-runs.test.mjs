// Answers as runs, in plain workerd: a client that stops, leaves, comes back or repeats itself. What a model call costs is what the
// sandbox received.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { SANDBOX_KEY, startSandbox } from '../../sandbox/openai.mjs';
import { answerOf, chatVisitor, eventsOf, message, readStream } from '../support/chat.mjs';
import { until } from '../support/until.mjs';
import { startWorkerd } from '../support/workerd.mjs';

/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
/** @type {Awaited<ReturnType<typeof startWorkerd>>} */
let worker;
/** @type {ReturnType<typeof chatVisitor>} */
let visitor;
/** A thread of the visitor's with one answer. */
let thread = '';

before(async () => {
  sandbox = await startSandbox();
  worker = await startWorkerd({
    OPENAI_API_KEY: SANDBOX_KEY,
    OPENAI_BASE_URL: sandbox.baseUrl,
    AGENT: JSON.stringify({ model: 'gpt-5.2', instructions: 'Answer briefly.' }),
    RATE_LIMITS: 'off',
    THREAD_TITLES: 'off',
  });
});
beforeEach(async () => {
  visitor = chatVisitor(worker.fetch);
  ({ thread } = await visitor.create('Hello'));
  sandbox.requests.length = 0;
});
after(async () => {
  await worker.close();
  await sandbox.close();
});

const slowly = { thread_id: '', input: message('a long answer, pace 10') };
const askSlowly = async (init = {}) => readStream(await visitor.request('threads.add_user_message', { ...slowly, thread_id: thread }, init));
const calls = () => sandbox.requests.filter(({ path }) => path === '/v1/responses').length;
const texts = async () => (await visitor.items(thread)).map(({ type, content }) => [type, content?.[0]?.text]);
/** What the next message sends to the model. */
async function nextInput() {
  await visitor.say(thread, 'Next');
  return sandbox.requests.at(-1)?.body.input;
}

test('a client that leaves ends the call of the model within a second, and what it had read is kept', async () => {
  const controller = new AbortController();
  const stream = await askSlowly({ signal: controller.signal });
  await stream.until('"delta":" word7"');
  const left = Date.now();
  controller.abort();
  await until(() => sandbox.answers.open === 0, 'the end of the call');
  assert.ok(Date.now() - left < 1_000);
  await until(async () => (await texts()).length === 4, 'the text so far');
  const [type, text] = (await texts())[3];
  assert.equal(type, 'assistant_message');
  assert.match(text, /word7/);
  const input = await nextInput();
  assert.deepEqual(input.slice(-4).map((/** @type {any} */ { role }) => role), ['user', 'assistant', 'developer', 'user']);
  assert.match(input.at(-2).content[0].text, /stopped/);
});

test('with X-ChatKit-On-Disconnect: finish the answer goes on without its client, and is stored whole', async () => {
  const controller = new AbortController();
  const stream = await askSlowly({ signal: controller.signal, headers: { 'X-ChatKit-On-Disconnect': 'finish' } });
  await stream.until('"delta"');
  controller.abort();
  await assert.rejects(stream.end());
  const attached = readStream(await visitor.run('GET', stream.run));
  const events = eventsOf(await attached.end());
  assert.equal(events[0].type, 'thread.item.done');
  assert.deepEqual((await texts())[3], ['assistant_message', answerOf(events)]);
  assert.equal(calls(), 1);
});

test('DELETE stops an answer, and says so again when it is repeated', async () => {
  const stream = await askSlowly({ headers: { 'X-ChatKit-On-Disconnect': 'finish' } });
  await stream.until('"delta"');
  for (let times = 0; times < 2; times++) {
    const stopped = await visitor.run('DELETE', stream.run);
    assert.equal(stopped.status, 200);
    assert.deepEqual(await stopped.json(), { id: stream.run, status: 'stopped' });
  }
  await until(() => sandbox.answers.open === 0, 'the end of the call');
  const events = eventsOf(await stream.end());
  assert.equal(events.at(-1)?.type, 'thread.item.done');
  assert.deepEqual((await texts())[3], ['assistant_message', answerOf(events)]);
});

test('nobody else can read or stop a run', async () => {
  const stream = await askSlowly();
  const stranger = chatVisitor(worker.fetch);
  await stranger.create('Hello');
  for (const method of ['GET', 'DELETE']) {
    const response = await stranger.run(method, stream.run);
    assert.equal(response.status, 404);
    assert.equal((await response.json()).code, 'not_found');
    assert.equal((await worker.fetch(`/chatkit/runs/${stream.run}`, { method })).status, 401);
  }
  assert.equal((await visitor.run('DELETE', stream.run)).status, 200);
});

test('six equal requests at once are one message and one call of the model, and all get the same answer', async () => {
  const headers = { 'chatkit-frame-instance-id': 'frame-1' };
  const streams = await Promise.all(
    Array.from({ length: 6 }, () => visitor.request('threads.add_user_message', { thread_id: thread, input: message('Once') }, { headers })),
  );
  const bodies = await Promise.all(streams.map((response) => response.text()));
  assert.equal(new Set(bodies.map((body) => JSON.stringify(eventsOf(body)))).size, 1);
  assert.equal(new Set(streams.map((response) => response.headers.get('X-ChatKit-Run'))).size, 1);
  assert.equal(calls(), 1);
  assert.equal((await texts()).length, 4);
  // Another tab, or the same one after it had its answer, asks anew.
  await visitor.say(thread, 'Once', { headers: { 'chatkit-frame-instance-id': 'frame-2' } });
  await visitor.say(thread, 'Once', { headers });
  assert.equal(calls(), 3);
});

test('a request that is repeated after its client left begins again for the same message', async () => {
  const controller = new AbortController();
  const stream = await askSlowly({ signal: controller.signal });
  await stream.until('"delta":" word7"');
  controller.abort();
  await until(() => sandbox.answers.open === 0, 'the end of the call');
  const again = eventsOf(await (await askSlowly()).end());
  assert.equal(calls(), 2);
  const items = await visitor.items(thread);
  assert.deepEqual(items.map(({ type }) => type), ['user_message', 'assistant_message', 'user_message', 'assistant_message']);
  assert.equal(items[3].content[0].text, answerOf(again));
  assert.equal(again[0].item.id, items[2].id);
});

test('a second message while an answer goes on is an error in its stream, and is stored nowhere', async () => {
  const stream = await askSlowly();
  await stream.until('"delta"');
  const [error, ...others] = await visitor.say(thread, 'Me too');
  assert.equal(error.type, 'error');
  assert.match(error.message, /still/i);
  assert.deepEqual(others, []);
  // Another thread of the same visitor answers meanwhile.
  assert.notEqual(answerOf((await visitor.create('Elsewhere')).events), '');
  await visitor.run('DELETE', stream.run);
  await stream.end();
  assert.equal((await visitor.items(thread)).length, 4);
});

test('deleting a thread while its answer goes on ends the call, and nothing of the thread is left', async () => {
  const stream = await askSlowly();
  await stream.until('"delta"');
  assert.deepEqual(await visitor.json('threads.delete', { thread_id: thread }), {});
  await stream.end();
  await until(() => sandbox.answers.open === 0, 'the end of the call');
  assert.equal((await visitor.run('GET', stream.run)).status, 404);
  assert.deepEqual((await visitor.json('threads.list', {})).data, []);
});
