// workerd is killed in the middle of an answer and starts again on the same storage. The sandbox holds the answer after a number
// of events, so each place is exact: before the first event, between any two, and after the last.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SANDBOX_KEY, startSandbox } from '../../sandbox/openai.mjs';
import { answerOf, chatVisitor, eventsOf, message } from '../support/chat.mjs';
import { until } from '../support/until.mjs';
import { startWorkerd } from '../support/workerd.mjs';

/** The answer to this question has 56 events. The first 25 are of reasoning, and the words of the text are the 28th to the 52nd. */
const QUESTION = 'Please think, pace 70';
const FIRST_WORD = 28;
/** A place after the end of the answer. */
const COMPLETE = 56;
/** Growing text is stored once a second; the rest is for a busy machine. */
const LOST_MS = 1_250;
const AGENT = { model: 'gpt-5.2', instructions: 'Answer briefly.' };

/** @typedef {import('../support/chat.mjs').ChatEvent} ChatEvent */

/** Reads a stream until workerd is killed, and notes when each event arrived. @param {Response} response */
function watch(response) {
  /** @type {(ChatEvent & { at: number })[]} */
  const events = [];
  const reading = (async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const bytes of /** @type {AsyncIterable<Uint8Array>} */ (response.body)) {
      text += decoder.decode(bytes, { stream: true });
      const end = text.lastIndexOf('\n\n') + 2;
      events.push(...eventsOf(text.slice(0, end)).map((event) => ({ ...event, at: Date.now() })));
      text = text.slice(end);
    }
  })();
  return { events, run: response.headers.get('X-ChatKit-Run') ?? '', ended: reading.then(() => true, () => false) };
}

const textOf = (/** @type {any} */ item) => item.content.map((/** @type {{ text: string }} */ { text }) => text).join('');
/** The text that the deltas of a stream have. @param {ChatEvent[]} events */
const deltasOf = (events) => events.map(({ update }) => (update?.type === 'assistant_message.content_part.text_delta' ? update.delta : '')).join('');
/** An event without what differs in a replay. @param {ChatEvent & { at?: number }} event */
const withoutTime = ({ at: _, ...event }) => event;

/**
 * Kills workerd once the sandbox sent this many events of the second answer, and starts it again.
 * @param {number} place -1: before the model was called
 * @param {object} agent
 */
async function crashAt(place, agent) {
  const sandbox = await startSandbox();
  const variables = { OPENAI_API_KEY: SANDBOX_KEY, OPENAI_BASE_URL: sandbox.baseUrl, AGENT: JSON.stringify(agent), RATE_LIMITS: 'off', THREAD_TITLES: 'off' };
  let worker = await startWorkerd(variables);
  const visitor = chatVisitor((path, init) => worker.fetch(path, init));
  const { thread } = await visitor.create('Hello');
  sandbox.requests.length = 0;
  const release = place < 0 ? sandbox.hold() : sandbox.pauseAnswers(place);
  const response = await visitor.request('threads.add_user_message', { thread_id: thread, input: message(QUESTION) });
  const stream = watch(response);
  await until(() => stream.events.length > 0, 'the first event');
  if (place >= COMPLETE) await stream.ended;
  else await until(() => (place < 0 ? sandbox.requests.length === 1 : sandbox.requests[0]?.answer?.events === place), `event ${place}`);
  // A background answer can be continued once its first events are stored, which no event of the stream tells before the text.
  if (place > FIRST_WORD && place < COMPLETE) await until(() => deltasOf(stream.events), 'the first word');
  const killed = Date.now();
  await worker.kill();
  const wasComplete = await stream.ended;
  worker = await startWorkerd(variables, { storage: worker.storage });
  return {
    sandbox, visitor, thread, stream, killed, wasComplete, release,
    calls: () => sandbox.requests.filter(({ method, path }) => method === 'POST' && path === '/v1/responses').length,
    async close() {
      await worker.close();
      await sandbox.close();
    },
  };
}

/** The thread is whole, and its next message works. @param {Awaited<ReturnType<typeof crashAt>>} crash @param {any[]} before */
async function assertGoesOn({ visitor, thread, sandbox, release }, before) {
  release();
  const next = await visitor.say(thread, 'Next');
  assert.equal(next.find(({ type }) => type === 'error'), undefined);
  assert.match(answerOf(next), /“Next”/);
  const items = await visitor.items(thread);
  assert.deepEqual(items.slice(0, before.length), before);
  assert.deepEqual(items.slice(before.length).map(({ type }) => type), ['user_message', 'assistant_message']);
  assert.equal(new Set(items.map(({ id }) => id)).size, items.length);
  // The sandbox refuses an input that OpenAI would refuse. Each message is in it once.
  const call = sandbox.requests.findLast(({ method }) => method === 'POST');
  assert.equal(call?.status, 200);
  const questions = call?.body.input.filter((/** @type {any} */ { role }) => role === 'user').map((/** @type {any} */ { content }) => content[0].text);
  assert.deepEqual(questions, ['Hello', QUESTION, 'Next']);
}

describe('workerd is killed in the middle of an answer', { concurrency: 6 }, () => {
  for (const place of [-1, 0, 1, 2, 3, 4, 8, 13, 14, 20, 24, 25, 26, 27, FIRST_WORD, 34, 42, 51, 52, 53, 54, 55, COMPLETE]) {
    const name = place < 0 ? 'before the call of the model' : place < COMPLETE ? `after ${place} event${place === 1 ? '' : 's'}` : 'after its end';
    test(`${name}: the messages are kept, ${place < COMPLETE ? 'the run is interrupted' : 'so is the answer'}, and the chat goes on`, async () => {
      const crash = await crashAt(place, AGENT);
      const { visitor, thread, stream, killed, wasComplete } = crash;
      try {
        assert.equal(wasComplete, place >= COMPLETE);
        const items = await visitor.items(thread);
        assert.deepEqual(items.slice(0, 3).map(({ type }) => type), ['user_message', 'assistant_message', 'user_message']);
        assert.deepEqual(items[2], stream.events[0].item);
        const answers = items.slice(3).filter(({ type }) => type === 'assistant_message');
        assert.ok(answers.length <= 1);
        const kept = answers.map(textOf).join('');
        const shown = deltasOf(stream.events.filter(({ at }) => at <= killed - LOST_MS));
        assert.ok(kept.startsWith(shown), `${JSON.stringify(kept)} has less than ${JSON.stringify(shown)}`);
        if (wasComplete) assert.equal(kept, answerOf(stream.events));
        else assert.ok(deltasOf(stream.events).startsWith(kept));

        const replay = eventsOf(await (await visitor.run('GET', stream.run)).text());
        const seen = stream.events.map(withoutTime);
        if (wasComplete) {
          assert.deepEqual(replay, seen);
        } else {
          const { type, message: sentence, allow_retry } = /** @type {ChatEvent} */ (replay.pop());
          assert.deepEqual({ type, sentence, allow_retry }, { type: 'error', sentence: 'The answer broke off before its end. Try again.', allow_retry: true });
          assert.deepEqual(replay[0], seen[0]);
          const done = replay.filter(({ type }) => type === 'thread.item.done').map(({ item }) => item);
          assert.deepEqual(done, items.slice(2));
        }
        assert.equal(crash.calls(), 1);
        await assertGoesOn(crash, items);
        assert.equal(crash.calls(), 2);
      } finally {
        await crash.close();
      }
    });
  }

  for (const place of [29, 40, 53, 55]) {
    test(`after ${place} events of a background answer: it is continued where it broke off, and paid once`, async () => {
      const crash = await crashAt(place, { ...AGENT, background: true });
      const { visitor, thread, stream, release, sandbox } = crash;
      try {
        release();
        const replay = eventsOf(await (await visitor.run('GET', stream.run)).text());
        assert.equal(replay.find(({ type }) => type === 'error'), undefined);
        assert.match(answerOf(replay), new RegExp(`“${QUESTION}”`));
        assert.equal(deltasOf(replay), answerOf(replay));
        const items = await visitor.items(thread);
        assert.deepEqual(items.map(({ type }) => type), ['user_message', 'assistant_message', 'user_message', 'workflow', 'assistant_message']);
        assert.equal(textOf(items[4]), answerOf(replay));
        assert.equal(crash.calls(), 1);
        assert.match(sandbox.requests[1].path, /^\/v1\/responses\/resp_\w+\?stream=true&starting_after=\d+$/);
        await assertGoesOn(crash, items);
      } finally {
        await crash.close();
      }
    });
  }
});
