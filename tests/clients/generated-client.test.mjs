// A client generated from public/openapi.yaml. Generators differ in what they send for a field that is not set: nothing, as in
// TypeScript and Go; null, as in Java and Kotlin; an empty value, as from a form or a zero value. All of them are served.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';
import { call, emptyBody, exampleBody, headerOf } from './generated-client.mjs';

/** @typedef {import('./generated-client.mjs').Unset} Unset */
/** @type {[string, (operationId: string) => unknown][]} */
const bodies = [
  ['no body', () => undefined],
  ['a model whose unset fields are left out', (id) => emptyBody(id, 'omitted')],
  ['a model whose unset fields are null', (id) => emptyBody(id, 'null')],
  ['a model whose unset fields are empty', (id) => emptyBody(id, 'empty')],
  ["the document's example", exampleBody],
];

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox();
});
beforeEach(() => worker.sandbox.reset());
after(() => worker?.close());

const users = () => worker.sandbox.requests.filter(({ path }) => path.endsWith('/sessions')).map(({ body }) => body.user);

/** Starts a session and returns it with the header that identifies its visitor by each scheme of the document. */
async function start() {
  const { value, response } = await call(worker.url, 'createSession');
  const cookie = cookieOf(response) ?? '';
  const token = cookie.slice(cookie.indexOf('=') + 1);
  /** @type {Record<string, Record<string, string>>} */
  const proofs = { visitorCookie: { Cookie: cookie }, visitorHeader: { [headerOf('visitorHeader')]: token } };
  return { id: value.session_id, secret: value.client_secret, proofs };
}

for (const operation of ['createSession', 'startSession', 'createSessionAlias']) {
  describe(`${operation} of a generated client gets a session for`, () => {
    for (const [what, bodyOf] of bodies) {
      test(what, async () => {
        const { status, value } = await call(worker.url, operation, { body: bodyOf(operation) });
        assert.equal(status, 200, value.detail);
        assert.equal(value.client_secret, [...worker.sandbox.sessions.values()].at(-1)?.clientSecret);
        assert.equal(worker.sandbox.requests[0].body.workflow.id, SANDBOX_WORKFLOW);
      });
    }
  });
}

for (const scheme of ['visitorCookie', 'visitorHeader']) {
  describe(`a generated client with the scheme ${scheme}`, () => {
    for (const [what, bodyOf] of bodies) {
      test(`refreshes for the same visitor with ${what}`, async () => {
        const { secret, proofs } = await start();
        const given = { body: bodyOf('refreshSession'), headers: proofs[scheme] };
        const { status, value } = await call(worker.url, 'refreshSession', given);
        assert.equal(status, 200, value.detail);
        assert.notEqual(value.client_secret, secret);
        assert.equal(users().length, 2);
        assert.equal(new Set(users()).size, 1);
      });
    }

    test('reads and cancels its session', async () => {
      const { id, proofs } = await start();
      const given = { parameters: { id }, headers: proofs[scheme] };
      assert.equal((await call(worker.url, 'showSession', given)).value.status, 'active');
      assert.equal((await call(worker.url, 'cancelSession', given)).value.status, 'cancelled');
      assert.equal((await call(worker.url, 'showSession', given)).value.status, 'cancelled');
    });
  });
}

for (const [operation, expected] of [['trackMessage', 'tracked'], ['trackThreadChange', 'tracked'], ['reportError', 'logged']]) {
  describe(`${operation} of a generated client gets the status "${expected}" for`, () => {
    for (const [what, bodyOf] of bodies) {
      test(what, async () => {
        const { status, value } = await call(worker.url, operation, { body: bodyOf(operation) });
        assert.deepEqual([status, value], [200, { status: expected }]);
      });
    }
  });
}

test('health and config of a generated client get what the document describes', async () => {
  assert.equal((await call(worker.url, 'health')).value.status, 'healthy');
  assert.equal((await call(worker.url, 'config')).value.configured, true);
});
