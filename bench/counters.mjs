// How many events a counter keeps: ours, and one that reads, changes and writes KV as snippets do.
//
// Both run under `wrangler dev` with storage on disk. Events come over 64 connections while the whole
// process group is killed (SIGKILL) again and again. An event that was answered as tracked must be counted.
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

/** One request; resolves to its body, or null where there is no answer of 200. */
function request(/** @type {http.Agent} */ agent, /** @type {number} */ port, /** @type {string} */ method, /** @type {string} */ where) {
  return new Promise((/** @type {(body: string | null) => void} */ resolve) => {
    const sent = http.request({ agent, host: '127.0.0.1', port, method, path: where, timeout: 5000, headers: { Authorization: `Bearer ${TOKEN}` } }, (answer) => {
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

/** A `wrangler dev` that can be killed and started again on the same storage. */
async function startCounter(/** @type {string[]} */ args) {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatkit-edge-bench-'));
  const port = await freePort();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  /** @type {import('node:child_process').ChildProcess} */
  let child;
  let publications = 0;
  async function start() {
    child = spawn(
      process.execPath,
      [path.join(root, 'node_modules/wrangler/bin/wrangler.js'), 'dev', '--port', String(port), '--ip', '127.0.0.1',
        '--persist-to', folder, '--show-interactive-dev-session=false', ...args],
      { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false' } },
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
 * Sends events over 64 connections, with kills spread evenly between them.
 * @returns {Promise<{ sent: number, tracked: number, counted: number }>}
 */
async function storm(/** @type {Awaited<ReturnType<typeof startCounter>>} */ counter, /** @type {number} */ events, /** @type {number} */ kills, /** @type {() => Promise<number | null>} */ count) {
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
  // The publication after the last event: the number stands still for longer than the pause between two.
  const deadline = Date.now() + 30_000;
  let counted = -1;
  for (let still = 0; still < 8 && Date.now() < deadline; await wait(500)) {
    const now = (await count()) ?? 0;
    still = now === counted ? still + 1 : 0;
    counted = now;
  }
  return { sent, tracked, counted };
}

/** Our counter, with `events` events and `kills` kills. */
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

/** How often our counter writes to KV for `events` events with the default pause between publications. */
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

/** The counter that reads, changes and writes. */
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
  console.log(`${events} events over 64 connections, ${kills} times SIGKILL`);
  const rows = {
    'ChatKit Edge': await measureOurs(events, kills),
    'read, change, write in KV': await measureReadChangeWrite(events, kills),
  };
  console.table(rows);
  const { seconds, writes } = await measureWrites(events);
  console.log(`KV writes for ${events} events in ${seconds} s at the defaults (one per 120 s and shard at most): ${writes}`);
}
