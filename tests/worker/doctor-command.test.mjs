// `npm run doctor` against the built Worker: what it prints, and its exit status.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startWorkerWithSandbox } from '../support/worker.mjs';

const TOKEN = 'admin-token-for-tests';
const script = fileURLToPath(new URL('../../scripts/doctor.mjs', import.meta.url));

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({ secrets: { ADMIN_TOKEN: TOKEN } });
});
beforeEach(() => worker.sandbox.reset());
after(() => worker.close());

async function doctor(/** @type {string[]} */ args, token = TOKEN) {
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ADMIN_TOKEN: token } });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const [printed, complained] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await ended, printed, complained };
}

test('all is well: a line for each check, no colour where it is piped, and 0', async () => {
  const { status, printed } = await doctor([worker.url]);
  assert.equal(status, 0);
  assert.match(printed, /^ok {7}session: OpenAI created a session\.$/m);
  assert.match(printed, /Nothing failed\./);
  assert.match(printed, /domain allow-list/);
  assert.ok(!printed.includes('\x1b'));
});

test('something failed: what to do about it, and 1', async () => {
  worker.sandbox.fail('workflow-not-found');
  const { status, printed } = await doctor([worker.url]);
  assert.equal(status, 1);
  assert.match(printed, /^failed {3}session: Workflow not found.*\n +\S.*never published\. .*docs\/agent-builder\.md.*$/m);
});

test('--json prints the report alone', async () => {
  const { status, printed } = await doctor([worker.url, '--json']);
  assert.equal(status, 0);
  assert.equal(JSON.parse(printed).ok, true);
});

test('a Worker that cannot be asked: why, and 2', async () => {
  for (const [args, token, why] of /** @type {[string[], string, RegExp][]} */ ([
    [[worker.url], 'wrong', /another ADMIN_TOKEN/],
    [['http://localhost:1'], TOKEN, /No Worker answers .* npm start/],
    [['http://chatkit.example'], TOKEN, /not sent without encryption/],
    [[`${worker.sandbox.url}`], TOKEN, /no ChatKit Edge at that address/],
  ])) {
    const { status, complained } = await doctor(args, token);
    assert.equal(status, 2, complained);
    assert.match(complained, why);
    assert.ok(!complained.includes(TOKEN));
  }
});
