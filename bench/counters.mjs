// Acknowledged events that a counter loses: ours, and one that reads, changes and writes a number in KV as snippets do.
//
// Both run under `wrangler dev` with storage on disk. Events arrive over 64 connections while the whole process group is killed
// (SIGKILL) several times. Every event with the response `tracked` must be counted.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { freePort } from '../tests/support/port.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const TOKEN = 'admin-token-for-bench';

const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Sends one request. Resolves to its body, or to null unless the status is 200.
 * @param {http.Agent} agent @param {number} port @param {string} method @param {string} where
 * @returns {Promise<string | null>}
 */
function request(agent, port, method, where) {
  return new Promise((resolve) => {
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const options = { agent, host: '127.0.0.1', port, method, path: where, timeout: 5000, headers };
    const sent = http.request(options, (answer) => {
      let body = '';
      answer.on('data', (text) => (body += text));
      answer.on('end', () => resolve(answer.statusCode === 200 ? body : null));
      answer.on('error', () => resolve(null));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(null));
    sent.end();
  });
}

/** Starts a `wrangler dev` that can be killed and restarted with the same storage. */
async function startCounter(/** @type {string[]} */ args) {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatkit-edge-bench-'));
  const port = await freePort();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  /** @type {import('node:child_process').ChildProcess} */
  let child;
  let publications = 0;
  const env = { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false' };
  async function start() {
    child = spawn(
      process.execPath,
      [path.join(root, 'node_modules/wrangler/bin/wrangler.js'), 'dev', '--port', String(port), '--ip', '127.0.0.1',
        '--persist-to', folder, '--show-interactive-dev-session=false', ...args],
      { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'ignore'], env },
    );
    child.stdout?.on('data', (text) => (publications += String(text).split('"counters.published"').length - 1));
    const deadline = Date.now() + 60_000;
    while ((await request(agent, port, 'GET', '/health')) === null) {
      if (Date.now() > deadline) throw new Error('wrangler dev did not start');
      await wait(100);
    }
  }
  async function kill() {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-(/** @type {number} */ (child.pid)), 'SIGKILL');
    await ended;
  }
  await start();
  return {
    publications: () => publications,
    ask: (/** @type {string} */ method, /** @type {string} */ where) => request(agent, port, method, where),
    async restart() {
      await kill();
      await start();
    },
    async close() {
      await kill();
      agent.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Sends events over 64 connections, and kills the process group at even intervals.
 * @param {Awaited<ReturnType<typeof startCounter>>} counter @param {number} events @param {number} kills
 * @param {() => Promise<number | null>} count
 * @returns {Promise<{ sent: number, tracked: number, counted: number }>}
 */
async function storm(counter, events, kills, count) {
  let sent = 0;
  let tracked = 0;
  let killed = 0;
  /** @type {Promise<void> | null} */
  let restarting = null;
  const connection = async () => {
    while (sent < events) {
      sent += 1;
      if (killed < kills && sent >= ((killed + 1) * events) / (kills + 1)) {
        killed += 1;
        restarting = counter.restart().finally(() => (restarting = null));
      }
      const body = await counter.ask('POST', '/api/analytics/message');
      if (body?.includes('tracked')) tracked += 1;
      await restarting;
    }
  };
  await Promise.all(Array.from({ length: 64 }, connection));
  // Wait for the publication after the last event: until the number has not changed for longer than the publish interval.
  const deadline = Date.now() + 30_000;
  let counted = -1;
  for (let still = 0; still < 8 && Date.now() < deadline; await wait(500)) {
    const now = (await count()) ?? 0;
    still = now === counted ? still + 1 : 0;
    counted = now;
  }
  return { sent, tracked, counted };
}

/** Measures our counter with this many events and kills. */
export async function measureOurs(/** @type {number} */ events, /** @type {number} */ kills) {
  const counter = await startCounter([
    '--var', `ADMIN_TOKEN:${TOKEN}`, 'RATE_LIMITS:off', 'COUNTER_PUBLISH_SECONDS:1',
  ]);
  try {
    return await storm(counter, events, kills, async () => {
      const stats = await counter.ask('GET', '/api/chatkit/stats');
      return stats && JSON.parse(stats).totals.messages;
    });
  } finally {
    await counter.close();
  }
}

/** Measures how often our counter writes to KV for this many events with the default publish interval. */
async function measureWrites(/** @type {number} */ events) {
  const counter = await startCounter(['--var', `ADMIN_TOKEN:${TOKEN}`, 'RATE_LIMITS:off']);
  try {
    const started = Date.now();
    await storm(counter, events, 0, async () => 0);
    return { seconds: Math.round((Date.now() - started) / 1000), writes: counter.publications() };
  } finally {
    await counter.close();
  }
}

/** Measures the counter that reads, changes and writes a number in KV. */
async function measureReadChangeWrite(/** @type {number} */ events, /** @type {number} */ kills) {
  const counter = await startCounter(['--config', 'bench/read-change-write/wrangler.toml']);
  try {
    return await storm(counter, events, kills, async () => Number(await counter.ask('GET', '/count')));
  } finally {
    await counter.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [events, kills] = [10_000, 5];
  console.log(`${events} events over 64 connections, SIGKILL ${kills} times`);
  const rows = {
    'ChatKit Edge': await measureOurs(events, kills),
    'read, change, write in KV': await measureReadChangeWrite(events, kills),
  };
  console.table(rows);
  const { seconds, writes } = await measureWrites(events);
  console.log(`KV writes for ${events} events in ${seconds} s with the defaults (at most one per 120 s and shard): ${writes}`);
}
