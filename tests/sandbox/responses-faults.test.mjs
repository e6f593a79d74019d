// Every fault of the Responses API as a client sees it, chosen by a question or set for the next call.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { RESPONSES_FAULTS } from '../../sandbox/responses-faults.mjs';
import { startSandbox } from '../../sandbox/openai.mjs';
import { until } from '../support/until.mjs';
import { apiHeaders, callModel, eventsIn, eventsOf } from './helpers.mjs';

/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
before(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
after(() => sandbox.close());

/** Reads until the body ends or the condition is true, and says how it ended. */
async function readUntil(response, enough = (/** @type {string} */ _) => false) {
  const reader = response.body.getReader();
  let text = '';
  try {
    while (!enough(text)) {
      const { done, value } = await reader.read();
      if (done) return { text, ended: 'whole' };
      text += new TextDecoder().decode(value);
    }
    await reader.cancel();
    return { text, ended: 'open' };
  } catch {
    return { text, ended: 'cut' };
  }
}

const isWhole = (events) => ['response.completed', 'response.failed', 'response.incomplete', 'error'].includes(events.at(-1)?.type);
const statusAndCode = async (response) => [response.status, (await response.json()).error.code];
/** Ends as the last event says, after so many others. */
const endsWith = (type, check) => async (response) => {
  const events = await eventsOf(response);
  assert.equal(events.at(-1).type, type);
  assert.deepEqual(events.map(({ sequence_number }) => sequence_number), events.map((_, i) => i));
  check(events.at(-1), events);
};
const failsWith = (code) => endsWith('response.failed', ({ response }, events) => {
  assert.deepEqual([response.status, response.error.code, events.length], ['failed', code, 7]);
});
const incompleteFor = (reason) => endsWith('response.incomplete', ({ response }) => {
  assert.deepEqual([response.status, response.incomplete_details.reason], ['incomplete', reason]);
  assert.equal(response.output[0].content[0].text, 'You asked:');
});

/** @type {Record<string, (response: any, fetched: Promise<Response>) => Promise<void>>} */
const CHECKS = {
  'no-access': async (response) => assert.deepEqual(await statusAndCode(response), [403, 'model_not_found']),
  'model-not-found': async (response) => assert.deepEqual(await statusAndCode(response), [404, 'model_not_found']),
  'model-unknown': async (response) => assert.deepEqual(await statusAndCode(response), [400, 'model_not_found']),
  'context-too-long': async (response) => assert.deepEqual(await statusAndCode(response), [400, 'context_length_exceeded']),
  'quota-exhausted': async (response) => assert.deepEqual(await statusAndCode(response), [429, 'insufficient_quota']),
  'html-error': async (response) => {
    assert.deepEqual([response.status, response.headers.get('content-type')], [502, 'text/html; charset=utf-8']);
    assert.match(await response.text(), /^<!doctype html>/);
  },
  'hang-up': async (_, fetched) => assert.rejects(fetched),
  drip: async (response) => {
    const { text, ended } = await readUntil(response, (seen) => seen.length > 20);
    assert.match(text, /^(: waiting\n\n)+$/);
    assert.equal(ended, 'open');
  },
  'not-streamed': async (response) => {
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.equal((await response.json()).status, 'completed');
  },
  failed: failsWith('server_error'),
  'failed-rate-limited': failsWith('rate_limit_exceeded'),
  'failed-context': failsWith('context_length_exceeded'),
  'failed-prompt': failsWith('invalid_prompt'),
  incomplete: incompleteFor('max_output_tokens'),
  filtered: incompleteFor('content_filter'),
  'error-event': endsWith('error', ({ code, message, param }) => {
    assert.deepEqual([code, param], ['server_error', null]);
    assert.match(message, /The server had an error/);
  }),
  'error-event-nested': endsWith('error', ({ error }) => assert.equal(error.code, 'rate_limit_exceeded')),
  cut: async (response) => {
    const { ended } = await readUntil(response);
    // A client may lose what it had not read yet.
    assert.deepEqual([sandbox.requests[0].answer?.events, ended], [6, 'cut']);
  },
  'end-of-file': async (response) => {
    const { text, ended } = await readUntil(response);
    assert.deepEqual([eventsIn(text).length, ended], [6, 'whole']);
  },
  'done-only': async (response) => {
    const { text, ended } = await readUntil(response);
    assert.deepEqual([eventsIn(text).length, ended], [6, 'whole']);
    assert.match(text, /\n\ndata: \[DONE\]\n\n$/);
  },
  stall: async (response) => {
    const { text } = await readUntil(response, (seen) => eventsIn(seen).length === 6);
    assert.equal(isWhole(eventsIn(text)), false);
    await until(() => sandbox.requests[0].answer?.left, 'the client to leave');
    assert.equal(sandbox.requests[0].answer?.events, 6);
  },
  malformed: async (response) => {
    const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
    const broken = lines.filter((line) => {
      try {
        JSON.parse(line.slice(6));
        return false;
      } catch {
        return true;
      }
    });
    assert.deepEqual([broken.length, lines.indexOf(broken[0])], [1, 6]);
  },
  huge: async (response) => {
    const events = await eventsOf(response);
    assert.equal(events[6].delta.length, 5 * 1024 * 1024);
    assert.ok(isWhole(events));
  },
  'done-marker': async (response) => {
    const text = await response.text();
    assert.ok(isWhole(eventsIn(text)));
    assert.ok(text.endsWith('\n\ndata: [DONE]\n\n'));
  },
  crlf: async (response) => {
    const text = await response.text();
    assert.ok(isWhole(eventsIn(text)));
    assert.doesNotMatch(text, /(?<!\r)\n/);
  },
  split: async (response) => assert.ok(isWhole(await eventsOf(response))),
};

test('every fault of the Responses API has a test', () => {
  assert.deepEqual([...RESPONSES_FAULTS].sort(), Object.keys(CHECKS).sort());
});

test('a question chooses a fault by its name', { timeout: 20_000 }, async (t) => {
  for (const [name, check] of Object.entries(CHECKS)) {
    await t.test(name, async () => {
      sandbox.reset();
      const fetched = callModel(sandbox, `Hello, Fault: ${name}`);
      await check(name === 'hang-up' ? undefined : await fetched, fetched);
      await until(() => sandbox.answers.open === 0, 'the answer to end');
    });
  }
});

test('a fault can be set for the next call that it affects', async () => {
  sandbox.fail('cut', { after: 3, only: 'stream' });
  sandbox.fail('server-error', { only: 'whole', retryAfter: 7 });
  const whole = await callModel(sandbox, { input: 'Hi' });
  assert.deepEqual([whole.status, whole.headers.get('retry-after')], [500, '7']);
  assert.equal((await readUntil(await callModel(sandbox, 'Hi'))).ended, 'cut');
  assert.equal(sandbox.requests[1].answer?.events, 3);
  assert.ok(isWhole(await eventsOf(await callModel(sandbox, 'Hi'))));
  assert.equal((await callModel(sandbox, { input: 'Hi' })).status, 200);
});

test('a fault over HTTP has the same options, and a wrong one is rejected', async () => {
  const set = (body) => fetch(`${sandbox.url}/sandbox/faults`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  assert.equal((await set({ fault: 'end-of-file', after: 2 })).status, 200);
  assert.equal((await eventsOf(await callModel(sandbox, 'Hi'))).length, 2);
  for (const body of [{ fault: 'cut', after: -1 }, { fault: 'cut', only: 'session-request' }, { fault: 'cuts' }]) {
    assert.equal((await set(body)).status, 400, JSON.stringify(body));
  }
});

test('the faults of sessions apply to answers, except a corrupted session', async () => {
  for (const [name, status] of [['invalid-key', 401], ['beta-unavailable', 403], ['bad-request', 400], ['rate-limited', 429], ['unavailable', 503], ['html', 200]]) {
    const response = await callModel(sandbox, `fault: ${name} retry 3`);
    assert.deepEqual([response.status, response.headers.get('retry-after')], [status, '3'], String(name));
  }
  await assert.rejects(callModel(sandbox, 'fault: reset'));
  sandbox.fail('odd');
  sandbox.fail('stall');
  const session = await fetch(`${sandbox.baseUrl}/chatkit/sessions`, {
    method: 'POST', headers: apiHeaders(), body: JSON.stringify({ workflow: { id: 'wf_sandbox' }, user: 'visitor-1' }),
  });
  assert.equal((await session.json()).object, 'chatkit.session.v9');
  const { text } = await readUntil(await callModel(sandbox, 'Hi'), (seen) => eventsIn(seen).length === 6);
  assert.equal(eventsIn(text).length, 6);
});

test('a question can say after how many events, how often, and for which call', async () => {
  const countOf = async (question) => {
    await readUntil(await callModel(sandbox, question));
    return sandbox.requests.at(-1)?.answer?.events;
  };
  assert.equal(await countOf('fault: cut after 0'), 0);
  assert.equal(await countOf('fault: CUT after 9'), 9);
  const all = (await eventsOf(await callModel(sandbox, 'fault: done-marker after 5000'))).length;
  assert.equal(await countOf('fault: end-of-file after 5000'), all - 1);

  const twice = 'fault: unavailable times 2';
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await callModel(sandbox, twice)).status);
  assert.deepEqual(statuses, [503, 503, 200]);

  const title = { input: 'title fault: unavailable' };
  assert.equal((await callModel(sandbox, { ...title, stream: true })).status, 200);
  assert.equal((await callModel(sandbox, title)).status, 503);
  assert.equal((await callModel(sandbox, { input: 'fault: unavailable' })).status, 200);

  const unknown = await callModel(sandbox, 'fault: gremlins');
  assert.match((await unknown.json()).error.message, /^No fault is named 'gremlins'\. There are: .*end-of-file/);
});

test('a response in the background survives the cut of its stream', async () => {
  const { ended } = await readUntil(await callModel(sandbox, { input: 'fault: cut after 4', stream: true, background: true }));
  assert.equal(ended, 'cut');
  const { id } = sandbox.requests[0].answer ?? assert.fail('no answer was recorded');
  const rest = await fetch(`${sandbox.baseUrl}/responses/${id}?stream=true&starting_after=3`, { headers: apiHeaders() });
  const events = await eventsOf(rest);
  assert.deepEqual([events[0].sequence_number, events.at(-1).type], [4, 'response.completed']);

  sandbox.fail('end-of-file', { only: 'replay', after: 2 });
  const replay = await fetch(`${sandbox.baseUrl}/responses/${id}?stream=true`, { headers: apiHeaders() });
  assert.equal((await eventsOf(replay)).length, 2);
});
