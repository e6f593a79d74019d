// Who is compared, each started against the same stand-in for OpenAI.
import { cookiesFrom, requestFor } from './requests.mjs';
import { startFastApi, startNext } from './servers.mjs';
import { startCompared } from './workers.mjs';

const PATHS = { session: '/api/chatkit/session', message: '/api/analytics/message', health: '/health' };
const MOST_CONNECTIONS = 256;

/** @typedef {import('./requests.mjs').Endpoint} Endpoint */
/** @typedef {{ url: string, pid?: number, startMs?: number, close: () => Promise<void> }} Started */

/** @type {{ name: string, start: (baseUrl: string) => Promise<Started>, paths: Partial<Record<Endpoint, string>>,
 *   worker?: 'ours' | 'javascript' | 'hono' }[]} */
const CONTESTANTS = [
  { name: 'ChatKit Edge', worker: 'ours', start: (url) => startCompared('ours', url), paths: PATHS },
  { name: 'JavaScript Worker', worker: 'javascript', start: (url) => startCompared('javascript', url), paths: PATHS },
  { name: 'Hono Worker', worker: 'hono', start: (url) => startCompared('hono', url), paths: PATHS },
  { name: 'FastAPI', start: startFastApi, paths: PATHS },
  { name: 'Next.js', start: startNext, paths: { session: '/api/chatkit/start' } },
];

/** @typedef {Awaited<ReturnType<typeof startContestant>>} Contestant */

/** @param {(typeof CONTESTANTS)[number]} contestant @param {string} baseUrl */
async function startContestant({ name, worker, start, paths }, baseUrl) {
  const { url, pid, startMs, close } = await start(baseUrl);
  const { host, port } = new URL(url);
  const cookies = await cookiesFrom(url, paths.session ?? '/', MOST_CONNECTIONS);
  return {
    name,
    worker,
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

/** Starts them, one after the other. `only`: the Workers alone. */
export async function startContestants(/** @type {string} */ baseUrl, { workersOnly = false } = {}) {
  /** @type {Contestant[]} */
  const started = [];
  try {
    for (const contestant of CONTESTANTS) {
      if (workersOnly && !contestant.worker) continue;
      started.push(await startContestant(contestant, baseUrl));
    }
  } catch (error) {
    await Promise.all(started.map(({ close }) => close()));
    throw error;
  }
  return started;
}
