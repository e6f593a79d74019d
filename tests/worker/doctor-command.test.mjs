// `npm run doctor` against the built Worker: its output and exit status.
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
  const exited = new Promise((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await exited, stdout, stderr };
}

test('doctor prints one line per check, without colour when piped, and exits with 0', async () => {
  const { status, stdout } = await doctor([worker.url]);
  assert.equal(status, 0);
  assert.match(stdout, /^ok {7}session: OpenAI created a session\.$/m);
  assert.match(stdout, /Nothing failed\./);
  assert.match(stdout, /domain allow-list/);
  assert.ok(!stdout.includes('\x1b'));
});

test('doctor prints what to do about a failed check and exits with 1', async () => {
  worker.sandbox.fail('workflow-not-found');
  const { status, stdout } = await doctor([worker.url]);
  assert.equal(status, 1);
  assert.match(stdout, /^failed {3}session: Workflow not found.*\n +\S.*never published\. .*docs\/agent-builder\.md.*$/m);
});

test('doctor --json prints only the report', async () => {
  const { status, stdout } = await doctor([worker.url, '--json']);
  assert.equal(status, 0);
  assert.equal(JSON.parse(stdout).ok, true);
});

test('doctor says why it gets no report and exits with 2', async () => {
  for (const [args, token, reason] of /** @type {[string[], string, RegExp][]} */ ([
    [[worker.url], 'wrong', /does not match the one of the Worker/],
    [['http://localhost:1'], TOKEN, /No Worker responds .* npm start/],
    [['http://chatkit.example'], TOKEN, /sent over HTTPS only/],
    [[`${worker.sandbox.url}`], TOKEN, /no ChatKit Edge at that address/],
  ])) {
    const { status, stderr } = await doctor(args, token);
    assert.equal(status, 2, stderr);
    assert.match(stderr, reason);
    assert.ok(!stderr.includes(TOKEN));
  }
});
