// The same recorded streams of the Responses API through chatkit-python and through the Worker. Their events differ only where the
// recording says so, and each difference is an improvement that docs/parity.md lists.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CLIENT_TOOL, newVisitor, startChat } from './chat.mjs';
import { comparable, differencesOf } from './compared-events.mjs';
import { startModelCheck, startOfficialServer } from './programs.mjs';
import { readStream, startRecordedResponses, streamNames } from './recorded-responses.mjs';
import { message } from './requests.mjs';

/** @type {Awaited<ReturnType<typeof startChat>>} */
let chat;
/** @type {Awaited<ReturnType<typeof startRecordedResponses>>} */
let responses;
/** @type {Awaited<ReturnType<typeof startOfficialServer>>} */
let official;
/** @type {Awaited<ReturnType<typeof startModelCheck>>} */
let check;
before(async () => {
  responses = await startRecordedResponses();
  [check, official, chat] = await Promise.all([
    startModelCheck(),
    startOfficialServer({ responses: responses.url, clientTools: [CLIENT_TOOL] }),
    startChat(),
  ]);
});
after(() => Promise.all([check, official, chat, responses].map((each) => each?.close())));

/** The events of both servers for a recorded stream, as they can be compared. @param {string} name */
async function eventsOf(name) {
  const [reference, worker] = await Promise.all([
    newVisitor(check, official.url, {}).create(`Play ${name}`),
    chat.visitor().create(`Play ${name}`),
  ]);
  const events = comparable(reference.events);
  const error = events.filter(({ type }) => type === 'error');
  // How much of a failing answer chatkit-python sends before the error depends on timing, so only the error is compared.
  return { reference: error.length ? error : events, worker: comparable(worker.events) };
}

describe('the events of a recorded stream differ only as it says:', () => {
  for (const name of streamNames()) {
    test(name, async () => {
      const { reference, worker } = await eventsOf(name);
      const expected = readStream(name).differences ?? [];
      assert.deepEqual(differencesOf(reference, worker), expected.map(({ improvements: _, ...events }) => events));
    });
  }
});

describe('the Worker keeps what chatkit-python changes at the end of a message:', () => {
  /** What is wrong with chatkit-python's stream by the Worker's promises. @param {string} name */
  const problemsOf = async (name) => {
    const request = { type: 'threads.create', params: { input: message(`Play ${name}`) } };
    return (await check.report(official.url, request, { strict: true })).problems.join('\n');
  };

  test('the time of its creation', async () => {
    assert.match(await problemsOf('text'), /created_at was .+, and is/);
    // `create` checks the Worker's.
    await chat.visitor().create('Play text');
  });

  test('its annotations', async () => {
    assert.match(await problemsOf('annotations'), /the annotations differ from those that were streamed/);
    await chat.visitor().create('Play annotations');
  });
});
