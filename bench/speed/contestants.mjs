// The contestants of the speed benchmark. All use the same stand-in for OpenAI.
import path from 'node:path';
import { cookiesFrom, requestFor } from './requests.mjs';
import { startFastApi, startNext } from './servers.mjs';
import { startCompared } from './workers.mjs';

const PATHS = { session: '/api/chatkit/session', message: '/api/analytics/message', health: '/health' };
const MOST_CONNECTIONS = 256;

/** @typedef {import('./requests.mjs').Endpoint} Endpoint */
/** @typedef {{ url: string, pid?: number, startMs?: number, close: () => Promise<void> }} Started */

/** `ratio`: whether the cost of ours is divided by its cost. */
/** @typedef {{ name: string, paths: Partial<Record<Endpoint, string>>, worker?: import('./workers.mjs').Worker, ratio?: boolean,
 *   start: (baseUrl: string) => Promise<Started> }} Entry */

/** @param {string} name @param {import('./workers.mjs').Worker} worker @returns {Entry} */
const workerEntry = (name, worker, ratio = false) =>
  ({ name, worker, ratio, start: (url) => startCompared(worker, url), paths: PATHS });

/** @type {Entry[]} */
const WORKERS = [
  workerEntry('ChatKit Edge', 'ours'),
  workerEntry('JavaScript Worker', 'javascript', true),
  workerEntry('Hono Worker', 'hono'),
];
/** @type {Entry[]} */
const SERVICES = [
  { name: 'FastAPI', start: startFastApi, paths: PATHS },
  { name: 'Next.js', start: startNext, paths: { session: '/api/chatkit/start' } },
];

/** @typedef {Awaited<ReturnType<typeof startContestant>>} Contestant */

/** @param {Entry} entry @param {string} baseUrl */
async function startContestant({ name, worker, ratio, start, paths }, baseUrl) {
  const { url, pid, startMs, close } = await start(baseUrl);
  const { host, port } = new URL(url);
  const cookies = await cookiesFrom(url, paths.session ?? '/', MOST_CONNECTIONS);
  return {
    name,
    worker,
    ratio,
    pid: /** @type {number} */ (pid),
    port: Number(port),
    startMs,
    close,
    has: (/** @type {Endpoint} */ endpoint) => paths[endpoint] !== undefined,
    /** One request for each connection. */
    requests: (/** @type {Endpoint} */ endpoint, /** @type {number} */ connections) =>
      Array.from({ length: connections }, (_, i) => requestFor(endpoint, paths[endpoint] ?? '/', host, cookies[i])),
  };
}

/**
 * Starts the contestants, one after the other; ours is the first.
 * @param {string} baseUrl
 * @param {{ workersOnly?: boolean, against?: string }} [options] `against`: the folder of another build of ours
 */
export async function startContestants(baseUrl, { workersOnly = false, against } = {}) {
  const other = against ? [workerEntry(`ChatKit Edge, ${against}`, path.resolve(against), true)] : [];
  const entries = [...WORKERS, ...other, ...(workersOnly ? [] : SERVICES)];
  /** @type {Contestant[]} */
  const started = [];
  try {
    for (const entry of entries) started.push(await startContestant(entry, baseUrl));
  } catch (error) {
    await Promise.all(started.map(({ close }) => close()));
    throw error;
  }
  return started;
}
