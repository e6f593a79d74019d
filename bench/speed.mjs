// What a request costs: ChatKit Edge, the same Worker in JavaScript and with Hono, and a FastAPI and a Next.js service as
// guides show them. On one machine in one run, taking turns. The Workers run in plain workerd, and the ledger's object
// is a stand-in that keeps nothing, the same for all; the services check less than the Workers do and count nothing.
//
// --rounds=N --ms=N      how often each is measured, and for how long
// --after=N              instead: what a session costs the Workers before and after N more
// --picture              draws docs/bench.svg anew
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { inRoot } from '../scripts/setup/paths.mjs';
import { main } from '../scripts/setup/run.mjs';
import { startContestants } from './speed/contestants.mjs';
import { serverSizes, workerDeployment } from './speed/deploy.mjs';
import { figure, quantile, show, table } from './speed/figures.mjs';
import { drive } from './speed/load.mjs';
import { draw } from './speed/picture.mjs';
import { cpuSeconds, peakMemory } from './speed/process.mjs';
import { requestFor } from './speed/requests.mjs';
import { installServers } from './speed/servers.mjs';
import { startUpstream } from './speed/upstream.mjs';

/** @typedef {import('./speed/contestants.mjs').Contestant} Contestant */
/** @typedef {import('./speed/requests.mjs').Endpoint} Endpoint */
/** @typedef {{ cpu: number, rate: number, median: number, p99: number }} Sample µs per request, requests/s, ms and ms */

const CONNECTIONS = [1, 16, 64, 256];
/** At how many connections the endpoints other than session are measured. */
const USUAL = 64;
const WARM_UP_MS = 1500;
/** How often a cost is measured before and after many requests. */
const PROBES = 9;
const DIRECT = 'the stand-in for OpenAI itself';

/** @type {{ endpoint: Endpoint, connections: number }[]} */
const CELLS = [
  ...CONNECTIONS.map((connections) => ({ endpoint: /** @type {const} */ ('session'), connections })),
  { endpoint: 'message', connections: USUAL },
  { endpoint: 'health', connections: USUAL },
];

/**
 * One measurement.
 * @param {Contestant} contestant @param {Endpoint} endpoint @param {number} connections
 * @param {{ ms?: number, most?: number }} until
 * @returns {Promise<Sample>}
 */
async function measure(contestant, endpoint, connections, until) {
  const requests = contestant.requests(endpoint, connections);
  const before = cpuSeconds(contestant.pid);
  const { count, seconds, latencies } = await drive(contestant.port, requests, until);
  const cpu = ((cpuSeconds(contestant.pid) - before) / count) * 1e6;
  return { cpu, rate: count / seconds, median: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

async function measureDirect(/** @type {number} */ port, /** @type {number} */ ms) {
  const request = requestFor('session', '/v1/chatkit/sessions', `127.0.0.1:${port}`);
  const { latencies } = await drive(port, [request], { ms });
  return { cpu: NaN, rate: NaN, median: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

/** Every cell of every round; who begins changes from round to round. */
async function measureAll(/** @type {Contestant[]} */ contestants, /** @type {number} */ upstream, { rounds, ms }) {
  /** @type {Map<string, Sample[]>} */
  const samples = new Map();
  const note = (/** @type {string} */ name, /** @type {string} */ cell, /** @type {Sample} */ sample) => {
    const key = `${name}/${cell}`;
    samples.set(key, [...(samples.get(key) ?? []), sample]);
  };
  for (let round = 0; round < rounds; round++) {
    const turns = [...contestants.slice(round % contestants.length), ...contestants.slice(0, round % contestants.length)];
    for (const { endpoint, connections } of CELLS) {
      const cell = `${endpoint}/${connections}`;
      for (const contestant of turns) {
        if (contestant.has(endpoint)) note(contestant.name, cell, await measure(contestant, endpoint, connections, { ms }));
      }
      if (cell === 'session/1') note(DIRECT, cell, await measureDirect(upstream, ms));
    }
    console.error(`round ${round + 1} of ${rounds}; load average ${loadavg()[0].toFixed(1)}`);
  }
  return samples;
}

/** The figures of each contestant, and what is not measured in rounds. */
async function summarise(contestants, samples) {
  const of = (name, cell, pick) => {
    const taken = samples.get(`${name}/${cell}`);
    return taken && figure(taken.map(pick));
  };
  const direct = samples.get(`${DIRECT}/session/1`);
  const sizes = await serverSizes();
  const results = [];
  for (const { name, worker, pid, startMs } of contestants) {
    const added = (/** @type {'median' | 'p99'} */ what) =>
      figure(samples.get(`${name}/session/1`).map((sample, round) => sample[what] - direct[round][what]));
    const deployment = worker ? await workerDeployment(worker) : { size: sizes[name], start: startMs };
    results.push({
      name,
      cpu: Object.fromEntries(CELLS.map(({ endpoint, connections }) => {
        const cell = `${endpoint}/${connections}`;
        return [cell, of(name, cell, ({ cpu }) => cpu)];
      })),
      rate: Object.fromEntries(CELLS.map(({ endpoint, connections }) => {
        const cell = `${endpoint}/${connections}`;
        return [cell, of(name, cell, ({ rate }) => rate)];
      })),
      addedMedian: added('median'),
      addedP99: added('p99'),
      memory: peakMemory(pid),
      ...deployment,
    });
  }
  return results;
}

function report(results, environment) {
  const rows = (/** @type {(result: any) => any[]} */ cells) =>
    results.map((/** @type {any} */ result) => [result.name, ...cells(result).map(show)]);
  const sessions = CONNECTIONS.map((connections) => `session/${connections}`);
  console.log('\nMedians of the rounds, with the least and the most in parentheses.\n');
  console.log(`CPU time of a request, µs: a session over ${CONNECTIONS.join(', ')} connections, the others over ${USUAL}\n`);
  console.log(table(['', ...CONNECTIONS.map((n) => `session, ${n}`), 'message', 'health'],
    rows(({ cpu }) => [...sessions, `message/${USUAL}`, `health/${USUAL}`].map((cell) => cpu[cell]))));
  console.log('\nRequests per second\n');
  console.log(table(['', ...CONNECTIONS.map((n) => `session, ${n}`), 'message', 'health'],
    rows(({ rate }) => [...sessions, `message/${USUAL}`, `health/${USUAL}`].map((cell) => rate[cell]))));
  console.log('\nThe rest\n');
  const rest = ['added latency, median, ms', '99th percentile, ms', 'peak memory, MB', 'to deploy, KB gzip', 'CPU of a start, ms'];
  console.log(table(['', ...rest],
    rows(({ addedMedian, addedP99, memory, size, start }) => [addedMedian, addedP99, memory, size, start])));
  console.log('\nAdded latency: of a session over one connection, over asking the stand-in for OpenAI directly. To deploy: '
    + 'without Node and Python themselves. Start: of a Worker as "wrangler check startup" says, of a service until it answers.');
  console.log(`${environment.processors} × ${environment.processor}, Linux ${environment.kernel}, Node ${environment.node}; `
    + `load average before and after: ${environment.loadBefore}, ${environment.loadAfter}`);
}

/** What a session costs the Workers before and after many: whether it grows. */
async function measureAfter(/** @type {Contestant[]} */ contestants, /** @type {number} */ requests) {
  const rows = [];
  for (const contestant of contestants) {
    const probe = async () => {
      const costs = [];
      for (let i = 0; i < PROBES; i++) costs.push((await measure(contestant, 'session', 16, { most: 1000 })).cpu);
      return figure(costs);
    };
    const before = await probe();
    const memory = peakMemory(contestant.pid);
    await drive(contestant.port, contestant.requests('session', 16), { most: requests });
    const after = await probe();
    const row = [contestant.name, show(before), show(after), show(memory), show(peakMemory(contestant.pid))];
    console.error(row.join(', '));
    rows.push(row);
  }
  console.log(`\nA session over 16 connections, before and after ${requests.toLocaleString('en-US')} more\n`);
  console.log(table(['', 'CPU before, µs', 'after, µs', 'peak memory before, MB', 'after, MB'], rows));
}

/** Leaves no server behind when this process is ended from outside. */
function endTogether(/** @type {Contestant[]} */ contestants) {
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP', 'SIGINT'])) process.once(signal, () => process.exit(1));
  process.once('exit', () => {
    for (const { pid } of contestants) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended, as it should.
      }
    }
  });
}

async function compare() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      ms: { type: 'string', default: '800' },
      after: { type: 'string' },
      picture: { type: 'boolean', default: false },
    },
  });
  const workersOnly = values.after !== undefined;
  const loadBefore = loadavg()[0].toFixed(1);
  if (!workersOnly) await installServers();
  const upstream = await startUpstream();
  /** @type {Contestant[]} */
  let contestants = [];
  try {
    contestants = await startContestants(upstream.baseUrl, { workersOnly });
    endTogether(contestants);
    for (const contestant of contestants) {
      for (const endpoint of /** @type {const} */ (['health', 'message', 'session'])) {
        if (contestant.has(endpoint)) await measure(contestant, endpoint, USUAL, { ms: WARM_UP_MS });
      }
    }
    if (workersOnly) {
      await measureAfter(contestants, Number(values.after));
      return;
    }
    const samples = await measureAll(contestants, upstream.port, { rounds: Number(values.rounds), ms: Number(values.ms) });
    const results = await summarise(contestants, samples);
    const environment = {
      processors: cpus().length,
      processor: cpus()[0]?.model,
      kernel: release(),
      node: process.version,
      loadBefore,
      loadAfter: loadavg()[0].toFixed(1),
    };
    report(results, environment);
    mkdirSync(inRoot('build', 'bench'), { recursive: true });
    const file = inRoot('build', 'bench', 'speed.json');
    writeFileSync(file, JSON.stringify({ environment, results, samples: Object.fromEntries(samples) }, null, 1));
    console.log(`All figures: ${file}`);
    if (values.picture) writeFileSync(inRoot('docs', 'bench.svg'), draw(results));
  } finally {
    await Promise.all(contestants.map(({ close }) => close()));
    contestants.length = 0;
    await upstream.close();
  }
}

await main(compare);
