// Concurrent clients that start and refresh sessions, some of which leave before the answer: is every answer the right one, and
// does the Worker's memory come back to where it was? tests/worker/load.test.mjs and bench/load.mjs use it.
import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { openInspector } from '../../bench/inspector.mjs';
import { SANDBOX_KEY, SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { freePort } from './port.mjs';
import { startKv } from './kv.mjs';
import { startSlowOpenAi } from './slow-openai.mjs';
import { startWorkerd } from './workerd.mjs';

const WARM_UP_SECONDS = 4;
const UPSTREAM_MS = 200;
/** One in so many requests to OpenAI fails, and one in so many clients leaves: 5 %. */
const ONE_IN = 20;
/** An answer that takes longer is missing. On a busy machine 500 answers take their time. */
const PATIENCE_MS = 120_000;
const MB = 1024 * 1024;

/** The code of the answer to a request whose last attempt at OpenAI had this outcome. @type {Record<string, string>} */
const CODES = {
  rejected: 'openai_rejected',
  unusable: 'openai_bad_response',
  unavailable: 'openai_unavailable',
  reset: 'openai_unavailable',
};

/** @typedef {{ rss: number, heap: number, wasm: number }} Memory in MB: the process, V8's heap, WebAssembly's memory */
/** @typedef {{ status: number, body: any, cookie: string | undefined }} Answer */

/**
 * Runs this many clients for so long, after a warm-up with as many.
 * @param {{ clients: number, seconds: number, build?: string }} options
 */
export async function measureLoad({ clients, seconds, build }) {
  const openAi = await startSlowOpenAi({ delayMs: UPSTREAM_MS, faultEvery: ONE_IN });
  const kv = await startKv();
  const inspectorPort = await freePort();
  const worker = await startWorkerd({
    OPENAI_API_KEY: SANDBOX_KEY,
    OPENAI_BASE_URL: openAi.baseUrl,
    OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
    OPENAI_TIMEOUT_SECONDS: '40',
    STATE_VARIABLES: 'ticket',
    RATE_LIMITS: 'off',
  }, { build, kv: kv.address, inspector: `127.0.0.1:${inspectorPort}`, quiet: true });
  const wake = async () => (await worker.fetch('/health')).text();
  const inspector = await openInspector(`127.0.0.1:${inspectorPort}`, wake);
  const contextId = await inspector.contextId();
  const { port } = new URL(worker.url);
  /** The clients' connections. @type {Agent} */
  let agent;

  /** How often something went wrong, in words. @type {Record<string, number>} */
  const wrong = {};
  const blame = (/** @type {string} */ what) => (wrong[what] = (wrong[what] ?? 0) + 1);
  /** The tickets of requests whose client left. @type {Set<string>} */
  const left = new Set();
  /** The sessions that were answered. @type {Set<string>} */
  const answered = new Set();
  /** The users of all clients. @type {Set<string>} */
  const visitors = new Set();
  const counts = { answered: 0, failed: 0, left: 0 };
  let requests = 0;

  /**
   * Sends one request and returns its answer; without one if the client leaves.
   * @param {string} ticket @param {string | undefined} cookie @param {boolean} leaves
   * @returns {Promise<Answer | undefined>}
   */
  const send = (ticket, cookie, leaves) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ thread_id: `cthr_${ticket}`, state_variables: { ticket } });
      const request = httpRequest({
        port,
        agent,
        method: 'POST',
        path: cookie && requests % 2 ? '/api/chatkit/refresh' : '/api/chatkit/session',
        headers: { 'Content-Type': 'application/json', 'Content-Length': body.length, ...(cookie && { Cookie: cookie }) },
        timeout: PATIENCE_MS,
      });
      request.on('response', async (response) => {
        try {
          const value = response.headers['set-cookie']?.[0]?.split(';', 1)[0];
          resolve({ status: response.statusCode ?? 0, body: await json(response), cookie: value });
        } catch (error) {
          reject(error);
        }
      });
      request.on('timeout', () => request.destroy(new Error('no answer')));
      request.on('error', (error) => (left.has(ticket) ? resolve(undefined) : reject(error)));
      if (leaves) {
        openAi.onArrival(ticket, () => {
          left.add(ticket);
          request.socket?.resetAndDestroy();
        });
      }
      request.end(body);
    });

  /** Says what is wrong with an answer, if anything is. @param {string} ticket @param {Answer} answer @param {string} user */
  function fault(ticket, { status, body, cookie }, user) {
    const last = openAi.attempts.get(ticket)?.at(-1);
    if (!last) return `status ${status} without a request to OpenAI`;
    if (user && last.user !== user) return `a session for ${last.user}`;
    if (last.outcome !== 'created') {
      return status === 502 && body.code === CODES[last.outcome] ? '' : `${status} ${body.code} after ${last.outcome}`;
    }
    if (status !== 200) return `${status} ${body.code} after a session was created`;
    if (body.client_secret !== last.secret || body.session_id !== last.id) return 'the secret of another request';
    if (body.thread_id !== `cthr_${ticket}`) return 'the thread of another request';
    if (cookie && !cookie.includes(last.user.slice('visitor_'.length))) return 'the cookie of another visitor';
    return '';
  }

  /** One visitor after another: who leaves is followed by a new one. @param {number} until */
  async function client(until) {
    let cookie;
    let user = '';
    while (Date.now() < until) {
      const number = ++requests;
      const ticket = `t${number}`;
      try {
        const answer = await send(ticket, cookie, number % ONE_IN === 0);
        if (!answer) {
          counts.left += 1;
          cookie = undefined;
          user = '';
          continue;
        }
        const what = fault(ticket, answer, user);
        if (what) blame(what);
        if (answer.status !== 200) {
          counts.failed += 1;
          continue;
        }
        counts.answered += 1;
        answered.add(answer.body.session_id);
        cookie = answer.cookie ?? cookie;
        if (!user) {
          user = openAi.attempts.get(ticket)?.at(-1)?.user ?? '';
          if (visitors.has(user)) blame('two clients are one visitor');
          visitors.add(user);
        }
      } catch (error) {
        blame(String(error));
      }
    }
  }

  const run = async (/** @type {number} */ duration) => {
    const until = Date.now() + duration * 1000;
    agent = new Agent({ keepAlive: true });
    await Promise.all(Array.from({ length: clients }, () => client(until)));
    // workerd closes connections that are idle for five seconds, and a request that meets this gets no answer.
    agent.destroy();
  };

  /** The sessions that OpenAI created and nobody got, by whether they were cancelled. */
  function unanswered() {
    const sessions = { cancelled: 0, open: 0, ofOthers: 0 };
    for (const [ticket, made] of openAi.attempts) {
      for (const { id } of made) {
        if (id === undefined || answered.has(id)) continue;
        if (!left.has(ticket)) sessions.ofOthers += 1;
        sessions[openAi.cancelled.has(id) ? 'cancelled' : 'open'] += 1;
      }
    }
    return sessions;
  }

  /** The memory once nothing runs any more and garbage is collected. @returns {Promise<Memory>} */
  async function memory() {
    await pause(1_500);
    for (let i = 0; i < 3; i++) await inspector.call('HeapProfiler.collectGarbage');
    const { usedSize } = await inspector.call('Runtime.getHeapUsage');
    const expression = 'WebAssembly.Memory.prototype';
    const { result: prototype } = await inspector.call('Runtime.evaluate', { contextId, expression });
    const { objects: memories } = await inspector.call('Runtime.queryObjects', { prototypeObjectId: prototype.objectId });
    const { result: bytes } = await inspector.call('Runtime.callFunctionOn', {
      objectId: memories.objectId,
      functionDeclaration: 'function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }',
    });
    await inspector.call('Runtime.releaseObject', memories);
    const status = readFileSync(`/proc/${worker.pid}/status`, 'utf8');
    return { rss: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024, heap: usedSize / MB, wasm: bytes.value / MB };
  }

  try {
    await run(WARM_UP_SECONDS);
    const before = await memory();
    const started = Date.now();
    Object.assign(counts, { answered: 0, failed: 0, left: 0 });
    await run(seconds);
    const took = (Date.now() - started) / 1000;
    // A session whose client left is cancelled once OpenAI has answered.
    for (let tries = 0; unanswered().open && tries < 100; tries++) await pause(100);
    const after = await memory();
    return { ...counts, took, wrong, unanswered: unanswered(), before, after };
  } finally {
    inspector.close();
    await worker.close();
    await kv.close();
    await openAi.close();
  }
}
