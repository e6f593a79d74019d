// Many visitors who chat at once, with a model that fails now and then and clients that leave: each thread is its own script, in
// order, nothing of another's is in it, and nothing stays in memory.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openInspector } from '../../bench/inspector.mjs';
import { SANDBOX_KEY, startSandbox } from '../../sandbox/openai.mjs';
import { chatVisitor, eventsOf, message } from '../support/chat.mjs';
import { freePort } from '../support/port.mjs';
import { until } from '../support/until.mjs';
import { startWorkerd } from '../support/workerd.mjs';

/** CHAT_LOAD_VISITORS=200 is the whole load. */
const VISITORS = Number(process.env.CHAT_LOAD_VISITORS ?? 20);
const MESSAGES = 10;
/** One message in so many fails, and one in so many clients leaves: 5 %. */
const ONE_IN = 20;
/** Visitors who wait for an answer at the same time. */
const AT_ONCE = 20;
const MB = 1024 * 1024;

/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
/** @type {Awaited<ReturnType<typeof startWorkerd>>} */
let worker;
/** @type {Awaited<ReturnType<typeof openInspector>>} */
let inspector;

/** @typedef {'answered' | 'failed' | 'left'} Fate */

before(async () => {
  sandbox = await startSandbox();
  const address = `127.0.0.1:${await freePort()}`;
  worker = await startWorkerd({
    OPENAI_API_KEY: SANDBOX_KEY,
    OPENAI_BASE_URL: sandbox.baseUrl,
    AGENT: JSON.stringify({ model: 'gpt-5.2' }),
    RATE_LIMITS: 'off',
    THREAD_TITLES: 'off',
  }, { inspector: address, quiet: true });
  inspector = await openInspector(address, async () => (await worker.fetch('/health')).text());
});
after(async () => {
  inspector.close();
  await worker.close();
  await sandbox.close();
});

/** The memory in MB once garbage is collected. */
async function memory() {
  for (let i = 0; i < 3; i++) await inspector.call('HeapProfiler.collectGarbage');
  const { usedSize } = await inspector.call('Runtime.getHeapUsage');
  const status = readFileSync(`/proc/${worker.pid}/status`, 'utf8');
  return { heap: usedSize / MB, rss: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024 };
}

/** What happens to a message. Of every second visitor the fifth fails; of the others its client leaves. @returns {Fate} */
function fateOf(/** @type {number} */ visitor, /** @type {number} */ number) {
  const place = visitor * MESSAGES + number;
  if (place % ONE_IN === 4) return 'failed';
  return place % ONE_IN === 14 ? 'left' : 'answered';
}

/** @param {Fate} fate @param {string} name */
const questionOf = (fate, name) => ({ answered: name, failed: `${name} fault: failed-prompt`, left: `${name} long, pace 50` })[fate];

const lastOf = (/** @type {any[]} */ input) => input.at(-1).content[0].text;

/** Sends a visitor's messages one after the other. @param {number} number */
async function chat(number) {
  const visitor = chatVisitor(worker.fetch);
  let thread = '';
  for (let index = 0; index < MESSAGES; index++) {
    const fate = fateOf(number, index);
    const question = questionOf(fate, `Visitor ${number}, message ${index}`);
    const controller = new AbortController();
    const type = thread ? 'threads.add_user_message' : 'threads.create';
    const params = { ...(thread && { thread_id: thread }), input: message(question) };
    const response = await visitor.request(type, params, { signal: controller.signal });
    if (fate === 'left') {
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      let text = '';
      while (!text.includes('text_delta')) text += Buffer.from((await reader.read()).value ?? []).toString();
      controller.abort();
      // Until the Worker knows that the client left, the thread is busy.
      await until(() => sandbox.requests.some(({ answer, body }) => answer?.left && lastOf(body.input) === question), 'the end of the call');
      continue;
    }
    const events = eventsOf(await response.text());
    thread ||= events[0].thread.id;
    const error = events.find((event) => event.type === 'error');
    assert.equal(error?.message, fate === 'failed' ? 'The content filter stopped the answer. Ask in other words.' : undefined);
  }
  return { number, visitor, thread };
}

/** Lets the visitors chat, some at a time. @param {number} first @param {number} count */
async function chats(first, count) {
  /** @type {Awaited<ReturnType<typeof chat>>[]} */
  const done = [];
  let next = first;
  const lane = async () => {
    while (next < first + count) done.push(await chat(next++));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  await until(() => sandbox.answers.open === 0, 'the end of all answers');
  return done;
}

describe(`${VISITORS} visitors with ${MESSAGES} messages each`, () => {
  /** @type {Awaited<ReturnType<typeof chats>>} */
  let done;
  /** @type {Awaited<ReturnType<typeof memory>>} */
  let start;
  /** @type {Awaited<ReturnType<typeof memory>>} */
  let end;
  before(async () => {
    await chats(1_000_000, AT_ONCE / 2);
    await pause(1_500);
    start = await memory();
    sandbox.requests.length = 0;
    done = await chats(0, VISITORS);
    await pause(1_500);
    end = await memory();
  });

  test('every thread is its own script in order, and has nothing of another one', async () => {
    const users = new Set(done.map(({ visitor }) => visitor.cookie));
    assert.equal(users.size, VISITORS);
    for (const { number, visitor, thread } of done) {
      assert.deepEqual((await visitor.json('threads.list', {})).data.map((/** @type {any} */ { id }) => id), [thread]);
      const items = await visitor.items(thread);
      const script = Array.from({ length: MESSAGES }, (_, index) => questionOf(fateOf(number, index), `Visitor ${number}, message ${index}`));
      assert.deepEqual(items.filter(({ type }) => type === 'user_message').map(({ content }) => content[0].text), script);
      assert.equal(items.length, 2 * MESSAGES);
      for (const [index, question] of script.entries()) {
        const { type, content } = items[2 * index + 1];
        assert.equal(type, 'assistant_message');
        const expected = { answered: `You asked: “${question}”`, failed: 'You asked:', left: 'word' }[fateOf(number, index)];
        assert.ok(content[0].text.includes(expected), `${content[0].text} has no ${expected}`);
      }
    }
  });

  test('each message is one valid call of the model, with the messages of its thread alone', () => {
    const calls = sandbox.requests.filter(({ path }) => path === '/v1/responses');
    assert.equal(calls.length, VISITORS * MESSAGES);
    assert.deepEqual([...new Set(calls.map(({ status }) => status))], [200]);
    for (const { body } of calls) {
      const asked = body.input.filter((/** @type {any} */ { role }) => role === 'user').map((/** @type {any} */ { content }) => content[0].text);
      const number = Number(/^Visitor (\d+),/.exec(asked.at(-1))?.[1]);
      assert.deepEqual(asked, asked.map((/** @type {string} */ _, /** @type {number} */ index) => questionOf(fateOf(number, index), `Visitor ${number}, message ${index}`)));
    }
  });

  // The heap grows by 0.3 MB at most. Each visitor has an object with a database of its own, whose 0.4 MB stay in the process until
  // workerd evicts the object.
  test('memory is back near where it was', (context) => {
    const grown = { heap: end.heap - start.heap, rss: end.rss - start.rss };
    context.diagnostic(`heap ${start.heap.toFixed(1)} MB, ${grown.heap.toFixed(2)} MB more; process ${start.rss.toFixed(0)} MB, ${grown.rss.toFixed(1)} MB more`);
    assert.ok(grown.heap < 1, `the heap grew by ${grown.heap.toFixed(2)} MB`);
    assert.ok(grown.rss < 20 + 0.6 * VISITORS, `the process grew by ${grown.rss.toFixed(1)} MB`);
  });
});
