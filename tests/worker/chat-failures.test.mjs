// Every way in which the model's server can fail, before and after the first event of an answer: what the visitor reads, what is
// kept, and that the next message works. docs/troubleshooting.md has the same table.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startSandbox } from '../../sandbox/openai.mjs';
import { readPage } from '../docs/page.mjs';
import { answerOf, chatVisitor, eventsOf, message } from '../support/chat.mjs';
import { until } from '../support/until.mjs';
import { startWorkerd } from '../support/workerd.mjs';

const KEY = 'sk-proj-Zq7vK2mT9xR4wB8nL3hJ6dF1';
const TIMEOUT_SECONDS = 4;
const STALL_SECONDS = 2;
/** Nothing listens there. A free port of the system's choice may be taken by another test meanwhile. */
const NO_SERVER = 'http://127.0.0.1:9/v1';
/** What a busy machine may add. */
const SLACK_MS = 6_000;
/** OpenAI's words in events, which only the log may have. Those of its error responses are taken from the log. */
const WORDS_OF_EVENTS = ['Sorry about that', 'Please try again in 7s', 'potentially violating our usage policy'];

/**
 * The faults of each row of the page's table, in its order; `calls` of the model, and how many seconds it takes at least.
 * @type {{ faults: string[], calls: number, seconds?: number, text?: boolean }[]}
 */
const ROWS = [
  { faults: ['invalid-key', 'beta-unavailable'], calls: 1 },
  { faults: ['no-access', 'model-not-found', 'model-unknown'], calls: 1 },
  { faults: ['context-too-long'], calls: 1 },
  { faults: ['bad-request', 'echo-secrets'], calls: 1 },
  { faults: ['request-timeout', 'conflict'], calls: 3 },
  { faults: ['rate-limited retry 1', 'quota-exhausted'], calls: 3 },
  {
    faults: [
      'server-error', 'bad-gateway', 'unavailable', 'gateway-timeout', 'html-error', 'reset', 'hang-up', 'cut after 0',
      'end-of-file after 0', 'no-server',
    ],
    calls: 3,
  },
  { faults: ['html', 'empty', 'not-streamed', 'malformed after 0'], calls: 1 },
  { faults: ['silence', 'drip', 'stall after 0'], calls: 1, seconds: TIMEOUT_SECONDS },
  { faults: ['cut', 'end-of-file', 'done-only'], calls: 1, text: true },
  { faults: ['stall'], calls: 1, seconds: STALL_SECONDS, text: true },
  { faults: ['malformed'], calls: 1, text: true },
  { faults: ['failed', 'error-event'], calls: 1, text: true },
  { faults: ['failed-rate-limited', 'error-event-nested'], calls: 1, text: true },
  { faults: ['failed-context'], calls: 1, text: true },
  { faults: ['failed-prompt', 'filtered'], calls: 1, text: true },
];
const table = readPage('troubleshooting.md').rows('An answer ends with an error');

/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
/** @type {Awaited<ReturnType<typeof startWorkerd>>} */
let worker;
/** All streams that visitors got. */
let streams = '';

before(async () => {
  sandbox = await startSandbox({ apiKey: KEY });
  worker = await startWorkerd({
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: sandbox.baseUrl,
    OPENAI_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS),
    OPENAI_STALL_SECONDS: String(STALL_SECONDS),
    AGENT: JSON.stringify({ model: 'gpt-5.2' }),
    AGENTS: JSON.stringify({ unreachable: { model: 'gpt-5.2', base_url: NO_SERVER } }),
    RATE_LIMITS: 'off',
    THREAD_TITLES: 'off',
  });
});
after(async () => {
  await worker.close();
  await sandbox.close();
});

const textOf = (/** @type {any} */ { content }) => content[0].text;
/** The calls of the model whose last message is this. @param {string} question */
const callsFor = (question) =>
  sandbox.requests.filter(({ body }) => body?.input?.at(-1)?.content?.[0]?.text === question).length;
/** Everything in the files of the Durable Objects. */
const stored = () =>
  readdirSync(worker.storage, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(path.join(parentPath, name), 'latin1')).join('\n');

/** The line of the log about the end of a request's answer. @param {string} requestId */
async function endInLog(requestId) {
  const find = () => worker.logs().find(({ event, request_id }) => request_id === requestId && event.startsWith('answer.'));
  await until(find, 'the end of the answer in the log');
  return find();
}

/** A visitor asks in a new thread, and gets the stream's events. @param {string} question @param {string} [query] */
async function ask(question, query) {
  const visitor = chatVisitor(worker.fetch);
  const began = Date.now();
  const response = await visitor.request('threads.create', { input: message(question) }, { query });
  assert.equal(response.status, 200);
  const text = await response.text();
  streams += text;
  const events = eventsOf(text);
  const thread = events[0].thread.id;
  return { visitor, thread, events, took: Date.now() - began, log: await endInLog(response.headers.get('X-Request-Id') ?? '') };
}

test('the page has a row for each kind of failure', () => {
  assert.equal(table.length, ROWS.length);
});

describe('when the model fails, the visitor reads why and the chat goes on', { concurrency: 8 }, () => {
  for (const [index, { faults, calls, seconds = 0, text = false }] of ROWS.entries()) {
    const [cause, sentence, retry, code] = table[index] ?? [];
    for (const fault of faults) {
      test(`${fault}: ${cause}`, async () => {
        const question = fault === 'no-server' ? 'Is anybody there?' : `fault: ${fault}`;
        const { visitor, thread, events, took, log } = await ask(question, fault === 'no-server' ? '?agent=unreachable' : '');
        const error = events.at(-1);
        assert.equal(error?.type, 'error');
        const expected = fault === 'conflict' ? sentence?.replace('408', '409') : sentence;
        assert.equal(`"${error?.message}"`, expected);
        assert.equal(error?.allow_retry, retry === 'yes');
        assert.equal(`\`${log.code}\``, code);
        assert.equal(log.tries, calls);
        assert.ok(took >= seconds * 1000 && took < seconds * 1000 + SLACK_MS, `${took} ms`);

        const items = await visitor.items(thread);
        assert.deepEqual(items.map(({ type }) => type), text ? ['user_message', 'assistant_message'] : ['user_message']);
        assert.equal(textOf(items[0]), question);
        if (text) assert.equal(textOf(items[1]), 'You asked:');
        if (fault === 'no-server') return;

        assert.equal(callsFor(question), calls);
        const next = await visitor.say(thread, 'Next');
        assert.equal(next.find(({ type }) => type === 'error'), undefined);
        assert.match(answerOf(next), /“Next”/);
        const both = await visitor.items(thread);
        assert.deepEqual(both.slice(0, items.length), items);
        assert.deepEqual(both.slice(items.length).map(({ type }) => type), ['user_message', 'assistant_message']);
      });
    }
  }
});

test('the button answers the same message again', async () => {
  const { visitor, thread, events } = await ask('fault: unavailable times 3');
  assert.equal(events.at(-1)?.allow_retry, true);
  const [{ id }] = await visitor.items(thread);
  const again = await visitor.events('threads.retry_after_item', { thread_id: thread, item_id: id });
  assert.match(answerOf(again), /“fault: unavailable times 3”/);
  assert.deepEqual((await visitor.items(thread)).map(({ type }) => type), ['user_message', 'assistant_message']);
});

test('an answer at its maximum length is kept with a notice, and has not failed', async () => {
  const { visitor, thread, events, log } = await ask('fault: incomplete');
  assert.equal(log.event, 'answer.completed');
  assert.equal(events.find(({ type }) => type === 'error'), undefined);
  assert.equal(events.find(({ type }) => type === 'notice')?.message, 'The answer was cut off because it reached its maximum length.');
  assert.equal(textOf((await visitor.items(thread))[1]), 'You asked:');
});

test('a line of 5 MB does not end an answer', async () => {
  const { visitor, thread, events, log } = await ask('fault: huge');
  assert.equal(log.event, 'answer.completed');
  assert.match(answerOf(events), /“fault: huge”/);
  assert.equal(textOf((await visitor.items(thread))[1]), answerOf(events));
});

test('the key is in no stream, log line or file, and the words of OpenAI are in the log alone', async () => {
  // A file that is read while workerd changes it may lack something.
  await worker.kill();
  const files = stored();
  assert.ok(files.includes('You asked:'), 'the files are those of the chats');
  for (const [where, text] of Object.entries({ streams, log: worker.printed(), files })) {
    // A message of OpenAI's quotes the end of the key.
    for (const part of [KEY, KEY.slice(-8)]) assert.ok(!text.includes(part), `the key is in the ${where}`);
  }
  const causes = worker.logs().filter(({ event, openai_status }) => event === 'answer.failed' && openai_status >= 400).map(({ cause }) => cause);
  assert.ok(causes.length > 15);
  for (const words of [...WORDS_OF_EVENTS, ...causes.flatMap((cause) => cause.split('[redacted]'))]) {
    if (words.length < 10) continue;
    assert.ok(!streams.includes(words), `a stream has ${words}`);
    assert.ok(!files.includes(words), `a file has ${words}`);
  }
});
