// Faults of OpenAI and of the network, one row each: the response to the page, its delay, that the next session succeeds, and
// that no secret leaks. Each row has its own Worker, sandbox and ledger.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { startKv } from '../support/kv.mjs';
import { freePort } from '../support/port.mjs';
import { until } from '../support/until.mjs';
import { startWorkerd } from '../support/workerd.mjs';

const TIMEOUT_SECONDS = 3;
const KEY = 'sk-proj-uV7dQ2mXw9KfT4hLzR8nYc3PbE6sJa1GoZi5';
/** The minimum total delay, in seconds, before the second and the third try. */
const MIN_DELAY = 1.125;
const ADMIN = { Authorization: 'Bearer admin-token-for-tests' };

/**
 * @typedef {object} Expected
 * @property {number} status
 * @property {string | null} code
 * @property {number} tries requests for a session that OpenAI receives
 * @property {boolean} [isCancelled] whether OpenAI then receives one that cancels the session
 * @property {string} [retryAfter] the Retry-After header
 * @property {number} [seconds] minimum duration
 */

/** @type {[name: string, options: object, expected: Expected][]} */
const faults = [
  ['bad-request', {}, { status: 502, code: 'openai_rejected', tries: 1 }],
  ['invalid-key', {}, { status: 502, code: 'openai_key_rejected', tries: 1 }],
  ['echo-secrets', {}, { status: 502, code: 'openai_rejected', tries: 1 }],
  ['beta-unavailable', {}, { status: 502, code: 'openai_key_rejected', tries: 1 }],
  ['workflow-not-found', {}, { status: 502, code: 'workflow_not_found', tries: 1 }],
  ['request-timeout', {}, { status: 502, code: 'openai_rejected', tries: 3, seconds: MIN_DELAY }],
  ['conflict', {}, { status: 502, code: 'openai_rejected', tries: 3, seconds: MIN_DELAY }],
  ['rate-limited', {}, { status: 429, code: 'openai_rate_limited', tries: 3, seconds: MIN_DELAY }],
  ['rate-limited', { retryAfter: 1 }, { status: 429, code: 'openai_rate_limited', tries: 3, retryAfter: '1', seconds: 2 }],
  ['rate-limited', { retryAfterMs: 40 }, { status: 429, code: 'openai_rate_limited', tries: 3, retryAfter: '1', seconds: 0.08 }],
  ['rate-limited', { retryAfter: 60 }, { status: 429, code: 'openai_rate_limited', tries: 1, retryAfter: '60' }],
  ['server-error', {}, { status: 502, code: 'openai_unavailable', tries: 3, seconds: MIN_DELAY }],
  ['bad-gateway', {}, { status: 502, code: 'openai_unavailable', tries: 3, seconds: MIN_DELAY }],
  ['unavailable', {}, { status: 502, code: 'openai_unavailable', tries: 3, seconds: MIN_DELAY }],
  ['unavailable', { headers: { 'x-should-retry': 'false' } }, { status: 502, code: 'openai_unavailable', tries: 1 }],
  ['bad-request', { headers: { 'x-should-retry': 'true' } },
    { status: 502, code: 'openai_rejected', tries: 3, seconds: MIN_DELAY }],
  ['gateway-timeout', {}, { status: 502, code: 'openai_unavailable', tries: 3, seconds: MIN_DELAY }],
  ['unavailable', { times: 2 }, { status: 200, code: null, tries: 3, seconds: MIN_DELAY }],
  ['reset', {}, { status: 502, code: 'openai_unavailable', tries: 3, seconds: MIN_DELAY }],
  ['reset', { times: 1 }, { status: 200, code: null, tries: 2 }],
  ['html', {}, { status: 502, code: 'openai_bad_response', tries: 1 }],
  ['empty', {}, { status: 502, code: 'openai_bad_response', tries: 1 }],
  ['no-secret', {}, { status: 502, code: 'openai_bad_response', tries: 1, isCancelled: true }],
  ['huge', {}, { status: 502, code: 'openai_bad_response', tries: 1 }],
  ['cut', {}, { status: 502, code: 'openai_bad_response', tries: 1 }],
  ['odd', {}, { status: 200, code: null, tries: 1 }],
  ['drip', {}, { status: 504, code: 'openai_timeout', tries: 1, seconds: TIMEOUT_SECONDS }],
  ['silence', {}, { status: 504, code: 'openai_timeout', tries: 1, seconds: TIMEOUT_SECONDS }],
];

/** Everything that the Workers sent or stored, labelled by row. @type {[label: string, text: string][]} */
const outputs = [];

/** Starts the Worker with this address for OpenAI, and a KV. */
async function startWorker(/** @type {string} */ baseUrl) {
  const kv = await startKv();
  const worker = await startWorkerd(
    {
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: baseUrl,
      OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
      OPENAI_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS),
      ADMIN_TOKEN: 'admin-token-for-tests',
      COUNTER_PUBLISH_SECONDS: '1',
      DAILY_SESSION_LIMIT: '100',
      RATE_LIMITS: 'off',
    },
    { kv: kv.address },
  );
  return {
    worker,
    kv,
    async close() {
      await worker.close();
      await kv.close();
    },
  };
}

/** Starts a session and checks what the row expects. */
async function check(/** @type {import('node:test').TestContext} */ t, /** @type {any} */ worker, /** @type {Expected} */ expected) {
  const started = performance.now();
  const response = await worker.fetch('/api/chatkit/session', { method: 'POST' });
  const body = await response.json();
  const seconds = (performance.now() - started) / 1000;
  const retryAfter = response.headers.get('retry-after');
  t.diagnostic(`${response.status} ${body.code ?? 'a session'}, Retry-After ${retryAfter ?? 'none'}, ${seconds.toFixed(2)} s`);
  assert.equal(response.status, expected.status);
  assert.equal(body.code ?? null, expected.code);
  assert.equal(retryAfter, expected.retryAfter ?? null);
  assert.ok(seconds >= (expected.seconds ?? 0) && seconds < TIMEOUT_SECONDS + 1, `took ${seconds} s`);
  const line = worker.logs().find((/** @type {any} */ { request_id }) => request_id === response.headers.get('x-request-id'));
  assert.equal(line.tries, expected.tries);
  if (expected.code) {
    assert.match(body.detail, /^Error creating ChatKit session: /);
    assert.equal(body.request_id, line.request_id);
    assert.equal(line.code, expected.code);
    assert.ok(line.cause, 'the log has the cause');
  }
  return { line, text: JSON.stringify([...response.headers]) + JSON.stringify({ ...body, client_secret: undefined }) };
}

/**
 * Calls the other endpoints that store or show something, with secrets where a careless page would put them; then collects
 * all output.
 * @param {string} row
 * @param {Awaited<ReturnType<typeof startWorker>>} started
 * @param {string} sent
 */
async function collect(row, { worker, kv }, sent) {
  const leaked = { message: `failed with ek_page_0123456789 and ${KEY}`, stack: `at https://a.example/?token=ek_page_0123456789` };
  /** @type {[string, RequestInit][]} */
  const others = [
    ['/api/errors', { method: 'POST', body: JSON.stringify([leaked, { error: leaked }]) }],
    ['/api/analytics/message', { method: 'POST', body: JSON.stringify({ client_secret: 'ek_page_0123456789' }) }],
    ['/api/chatkit/refresh?token=ek_page_0123456789', { method: 'POST', body: '{"currentClientSecret":"ek_page_0123456789"}' }],
    ['/api/errors', { headers: ADMIN }],
    ['/api/chatkit/stats', { headers: ADMIN }],
    ['/metrics', { headers: ADMIN }],
    ['/api/chatkit/config', {}],
  ];
  for (const [where, init] of others) {
    const response = await worker.fetch(where, init);
    sent += `\n${where.split('?', 1)[0]} ${JSON.stringify([...response.headers])} ${await response.text()}`;
  }
  const files = await readdir(worker.storage, { recursive: true, withFileTypes: true });
  const objects = files.filter((file) => file.isFile()).map((file) => readFile(path.join(file.parentPath, file.name), 'latin1'));
  const stored = (await Promise.all(objects)).join('');
  assert.ok(stored.includes('failed with [redacted]'), 'the files of the objects are readable');
  await until(() => kv.values.size > 0, 'counters in KV');
  outputs.push([`${row}: responses`, sent], [`${row}: log`, worker.printed()], [`${row}: objects`, stored],
    [`${row}: KV`, [...kv.values].join('\n')]);
}

describe('when OpenAI responds with', { concurrency: 4 }, () => {
  for (const [name, options, expected] of faults) {
    const row = `${name} ${JSON.stringify(options)}`;
    test(`${row}, the page gets ${expected.code ?? 'a session'}`, async (t) => {
      const sandbox = await startSandbox({ apiKey: KEY });
      const all = await startWorker(sandbox.baseUrl);
      try {
        sandbox.fail(name, { times: Infinity, ...options });
        const { line, text } = await check(t, all.worker, expected);
        const cancelled = sandbox.requests.splice(expected.tries).map(({ path: where }) => where);
        const id = sandbox.requests.at(-1)?.session;
        assert.deepEqual(cancelled, expected.isCancelled ? [`/v1/chatkit/sessions/${id}/cancel`] : []);
        if (!['reset', 'silence', 'echo-secrets'].includes(name)) {
          assert.equal(line.openai_request_id, sandbox.requests.at(-1)?.requestId, "the log has OpenAI's request id");
        }
        // OpenAI echoes the key with asterisks in the middle.
        if (name === 'invalid-key') assert.match(line.cause, /^Incorrect API key provided: \[redacted\] /);
        sandbox.reset();
        await check(t, all.worker, { status: 200, code: null, tries: 1 });
        await collect(row, all, text);
      } finally {
        await all.close();
        await sandbox.close();
      }
    });
  }
});

const unreachable = { status: 502, code: 'openai_unavailable', tries: 3, seconds: MIN_DELAY };

describe('when OpenAI cannot be reached because', { concurrency: 3 }, () => {
  test('the connection is refused, the page gets openai_unavailable, and a session once OpenAI listens', async (t) => {
    const port = await freePort();
    const all = await startWorker(`http://127.0.0.1:${port}/v1`);
    try {
      const { text } = await check(t, all.worker, unreachable);
      const sandbox = await startSandbox({ apiKey: KEY, port });
      try {
        await check(t, all.worker, { status: 200, code: null, tries: 1 });
        await collect('refused', all, text);
      } finally {
        await sandbox.close();
      }
    } finally {
      await all.close();
    }
  });

  for (const [row, address] of [
    ['its host name cannot be resolved', async () => 'https://openai.invalid/v1'],
    ['it does not speak TLS', async (/** @type {number} */ port) => `https://127.0.0.1:${port}/v1`],
  ]) {
    test(`${row}, the page gets openai_unavailable`, async (t) => {
      const sandbox = await startSandbox({ apiKey: KEY });
      const all = await startWorker(await address(sandbox.port));
      try {
        const { text } = await check(t, all.worker, unreachable);
        await collect(row, all, text);
      } finally {
        await all.close();
        await sandbox.close();
      }
    });
  }
});

test('no response, header, log line, KV value or stored object contains part of the key or a client secret', () => {
  assert.equal(outputs.length, 4 * (faults.length + 3), 'every row was collected');
  const pieces = Array.from({ length: KEY.length - 8 - 7 }, (_, i) => KEY.slice(8 + i, 8 + i + 8));
  for (const [where, text] of outputs) {
    for (const piece of [...pieces, 'ek_sandbox', 'ek_page', 'ek_echoed']) {
      assert.ok(!text.includes(piece), `${where} contains ${piece}`);
    }
  }
});
