// Compares the Worker's memory and latency before and after 10,000 mixed requests, a third of which fail.
//
// It runs in plain workerd with the ledger on disk. Some failures are OpenAI's (errors, broken responses, resets, timeouts), some
// the clients' (bad bodies, forged visitors, connections closed while they wait).
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../sandbox/openai.mjs';
import { freePort } from '../tests/support/port.mjs';
import { startKv } from '../tests/support/kv.mjs';
import { startWorkerd } from '../tests/support/workerd.mjs';
import { openInspector } from './inspector.mjs';
import { figure } from './speed/figures.mjs';

const CONNECTIONS = 16;
const PROBES = 300;
const FAULTS = ['bad-request', 'invalid-key', 'workflow-not-found', 'html', 'empty', 'no-secret', 'cut', 'unavailable'];

/** The memory of the process in MB. It grows in steps and seldom shrinks. Linux only. */
function processMemory(/** @type {number | undefined} */ pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

/** The size of V8's heap after garbage collection, in MB. @param {Awaited<ReturnType<typeof openInspector>>} inspector */
async function heapOf(inspector) {
  await inspector.call('HeapProfiler.collectGarbage');
  return (await inspector.call('Runtime.getHeapUsage')).usedSize / 1024 / 1024;
}

/** @typedef {{ latency: number, heap: number, memory: number }} Figures milliseconds, MB and MB */

/**
 * Sends this many mixed requests, and measures before and after.
 * @param {number} requests
 * @returns {Promise<{ ok: number, failed: number, before: Figures, after: Figures }>}
 */
async function measureEndurance(requests) {
  const sandbox = await startSandbox();
  const kv = await startKv();
  const inspectorPort = await freePort();
  const worker = await startWorkerd(
    {
      OPENAI_API_KEY: SANDBOX_KEY,
      OPENAI_BASE_URL: sandbox.baseUrl,
      OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
      OPENAI_TIMEOUT_SECONDS: '1',
      RATE_LIMITS: 'off',
    },
    { kv: kv.address, inspector: `127.0.0.1:${inspectorPort}` },
  );
  const inspector = await openInspector(`127.0.0.1:${inspectorPort}`, () => worker.fetch('/health'));
  const port = Number(new URL(worker.url).port);
  const counts = { ok: 0, failed: 0 };

  /** Sends one request and reads the whole response. */
  async function ask(/** @type {string} */ where, /** @type {RequestInit} */ init = { method: 'POST' }) {
    const answer = await worker.fetch(where, init);
    await answer.arrayBuffer();
    counts[answer.ok ? 'ok' : 'failed'] += 1;
  }

  /** Sends a session request and disconnects before OpenAI responds. */
  async function breakOff() {
    sandbox.fail('silence');
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const gone = new Promise((resolve) => socket.once('close', resolve));
    const before = sandbox.requests.length;
    socket.write('POST /api/chatkit/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
    while (sandbox.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 1));
    socket.resetAndDestroy();
    await gone;
    counts.failed += 1;
  }

  /** Sends the i-th of the mixed requests. Four in twelve fail. */
  async function mixed(/** @type {number} */ i) {
    switch (i % 12) {
      case 0:
      case 1: {
        const name = FAULTS[Math.floor(i / 12) % FAULTS.length] ?? 'html';
        sandbox.fail(name, name === 'unavailable' ? { headers: { 'x-should-retry': 'false' } } : {});
        return ask('/api/chatkit/session');
      }
      case 2:
        return ask('/api/chatkit/session', { method: 'POST', body: '{"workflowId":' });
      case 3:
        if (i % 96 === 3) return breakOff();
        if (i % 480 === 15) sandbox.fail('silence');
        return ask('/api/chatkit/refresh', { method: 'POST', headers: { Cookie: '__Host-chatkit_visitor=v1.forged' } });
      case 4:
        return ask('/api/analytics/message', { method: 'POST', body: '[{"threadId":"cthr_1"},{}]' });
      case 5:
        return ask('/api/errors', { method: 'POST', body: '{"message":"boom","stack":"at main.js:1"}' });
      case 6:
        return ask('/health', {});
      case 7:
        return ask('/api/chatkit/config', {});
      default:
        return ask('/api/chatkit/session');
    }
  }

  /** The median time of sessions created one after another, in milliseconds. */
  async function latency() {
    const times = [];
    for (let i = 0; i < PROBES; i++) {
      const started = performance.now();
      await ask('/api/chatkit/session');
      times.push(performance.now() - started);
    }
    return figure(times).median;
  }

  const figures = async () => ({ latency: await latency(), heap: await heapOf(inspector), memory: processMemory(worker.pid) });

  async function run(/** @type {number} */ from, /** @type {number} */ to) {
    let next = from;
    const connection = async () => {
      while (next < to) await mixed(next++);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
    // A request may have ended before it met its fault. Clear the faults that are left.
    sandbox.reset();
  }

  try {
    // The first thousand warm up caches, pools and the compiler.
    await run(0, 1_000);
    const before = await figures();
    counts.ok = 0;
    counts.failed = 0;
    await run(0, requests);
    const { ok, failed } = counts;
    return { ok, failed, before, after: await figures() };
  } finally {
    inspector.close();
    await worker.close();
    await kv.close();
    await sandbox.close();
  }
}

const requests = Number(process.argv[2] ?? 10_000);
const { ok, failed, before, after } = await measureEndurance(requests);
console.log(`${requests} mixed requests over ${CONNECTIONS} connections: ${ok} succeeded, ${failed} failed`);
const row = (/** @type {keyof Figures} */ name) => ({
  before: before[name].toFixed(1),
  after: after[name].toFixed(1),
  ratio: (after[name] / before[name]).toFixed(2),
});
console.table({ 'median session, ms': row('latency'), "V8's heap, MB": row('heap'), 'process, MB': row('memory') });
