// Measures what a request costs: ChatKit Edge, a minimal JavaScript and a minimal Hono Worker, a FastAPI and a Next.js service
// as guides show them. All run on one machine in one run and take turns. The Workers run in plain workerd, with the same stub for
// the ledger. docs/performance.md lists what the others leave out.
//
// --rounds=N --ms=N      how many rounds, and how long each measurement of a round takes
// --workers-only         leaves out the two services
// --against=FOLDER       adds another build of ChatKit Edge, from a folder laid out like build/deploy
// --after=N              instead: what a session costs the Workers before and after N more
// --picture              draws docs/bench.svg again
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { inRoot } from '../scripts/setup/paths.mjs';
import { main, Problem } from '../scripts/setup/run.mjs';
import { startContestants } from './speed/contestants.mjs';
import { serverSizes, workerDeployment } from './speed/deploy.mjs';
import { figure, quantile, quartiles, show, table } from './speed/figures.mjs';
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
/** How many connections the endpoints other than session are measured with. */
const USUAL = 64;
const WARM_UP_MS = 1500;
/** How many times a cost is measured before and after many requests. */
const PROBES = 9;
const DIRECT = 'the stand-in for OpenAI itself';

/** @type {{ endpoint: Endpoint, connections: number }[]} */
const CELLS = [
  ...CONNECTIONS.map((connections) => ({ endpoint: /** @type {const} */ ('session'), connections })),
  { endpoint: 'message', connections: USUAL },
  { endpoint: 'health', connections: USUAL },
];

const CELL_NAMES = CELLS.map(({ endpoint, connections }) => `${endpoint}/${connections}`);
const COLUMNS = [...CONNECTIONS.map((n) => `session, ${n}`), 'message', 'health'];

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

/** Measures every cell in every round. Each round starts with another contestant. */
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

/** The figures of each contestant, with those that are not measured in rounds. */
async function summarise(/** @type {Contestant[]} */ contestants, samples, /** @type {boolean} */ workersOnly) {
  const of = (name, cell, pick) => {
    const taken = samples.get(`${name}/${cell}`);
    return taken && figure(taken.map(pick));
  };
  const direct = samples.get(`${DIRECT}/session/1`);
  const sizes = workersOnly ? {} : await serverSizes();
  const results = [];
  for (const { name, worker, pid, startMs } of contestants) {
    const added = (/** @type {'median' | 'p99'} */ what) =>
      figure(samples.get(`${name}/session/1`).map((sample, round) => sample[what] - direct[round][what]));
    const deployment = worker ? await workerDeployment(worker) : { size: sizes[name], start: startMs };
    results.push({
      name,
      cpu: Object.fromEntries(CELL_NAMES.map((cell) => [cell, of(name, cell, ({ cpu }) => cpu)])),
      rate: Object.fromEntries(CELL_NAMES.map((cell) => [cell, of(name, cell, ({ rate }) => rate)])),
      addedMedian: added('median'),
      addedP99: added('p99'),
      memory: peakMemory(pid),
      ...deployment,
    });
  }
  return results;
}

/** The CPU time of ours divided by that of another, round by round, for the JavaScript Worker and for other builds of ours. */
function ratiosOf(/** @type {Contestant[]} */ [ours, ...others], /** @type {Map<string, Sample[]>} */ samples) {
  const of = (/** @type {Contestant} */ { name }, /** @type {string} */ cell) => samples.get(`${name}/${cell}`) ?? [];
  return others.filter(({ ratio }) => ratio).map((other) => ({
    name: `${ours.name} / ${other.name}`,
    cells: Object.fromEntries(CELL_NAMES.map((cell) => {
      const theirs = of(other, cell);
      return [cell, quartiles(of(ours, cell).map(({ cpu }, round) => cpu / theirs[round].cpu))];
    })),
  }));
}

function report(results, ratios, environment) {
  const rows = (/** @type {(result: any) => any[]} */ cells) =>
    results.map((/** @type {any} */ result) => [result.name, ...cells(result).map(show)]);
  console.log('\nMedians of the rounds, with the minimum and the maximum in parentheses.\n');
  console.log(`CPU time of a request, µs: a session over ${CONNECTIONS.join(', ')} connections, the others over ${USUAL}\n`);
  console.log(table(['', ...COLUMNS], rows(({ cpu }) => CELL_NAMES.map((cell) => cpu[cell]))));
  console.log('\nRatios of the CPU time in each round: the median, with the quartiles in parentheses\n');
  console.log(table(['', ...COLUMNS], ratios.map(({ name, cells }) => [name, ...CELL_NAMES.map((cell) => show(cells[cell]))])));
  console.log('\nRequests per second\n');
  console.log(table(['', ...COLUMNS], rows(({ rate }) => CELL_NAMES.map((cell) => rate[cell]))));
  console.log('\nThe rest\n');
  const rest = ['added latency, median, ms', '99th percentile, ms', 'peak memory, MB', 'to deploy, KB gzip', 'start, ms of CPU'];
  console.log(table(['', ...rest],
    rows(({ addedMedian, addedP99, memory, size, start }) => [addedMedian, addedP99, memory, size, start])));
  console.log('\nAdded latency: of a session over one connection, compared with asking the stand-in for OpenAI directly. '
    + 'To deploy: without Node and Python themselves. '
    + 'Start: of a Worker by "wrangler check startup", of a service until its first response.');
  console.log(`${environment.processors} × ${environment.processor}, Linux ${environment.kernel}, Node ${environment.node}; `
    + `load average before and after: ${environment.loadBefore}, ${environment.loadAfter}`);
}

/** What a session costs the Workers before and after many more. */
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

/** Ends the servers when this process is ended from outside. */
function endTogether(/** @type {Contestant[]} */ contestants) {
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP', 'SIGINT'])) process.once(signal, () => process.exit(1));
  process.once('exit', () => {
    for (const { pid } of contestants) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has already ended.
      }
    }
  });
}

async function compare() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      ms: { type: 'string', default: '800' },
      'workers-only': { type: 'boolean', default: false },
      against: { type: 'string' },
      after: { type: 'string' },
      picture: { type: 'boolean', default: false },
    },
  });
  const { against, after } = values;
  const workersOnly = values['workers-only'] || after !== undefined;
  if (against && !existsSync(path.join(against, 'index.js'))) {
    throw new Problem(`There is no index.js in "${against}". Use a folder laid out like build/deploy: --against=FOLDER`);
  }
  const loadBefore = loadavg()[0].toFixed(1);
  if (!workersOnly) await installServers();
  const upstream = await startUpstream();
  /** @type {Contestant[]} */
  let contestants = [];
  try {
    contestants = await startContestants(upstream.baseUrl, { workersOnly, against });
    endTogether(contestants);
    for (const contestant of contestants) {
      for (const endpoint of /** @type {const} */ (['health', 'message', 'session'])) {
        if (contestant.has(endpoint)) await measure(contestant, endpoint, USUAL, { ms: WARM_UP_MS });
      }
    }
    if (after !== undefined) {
      await measureAfter(contestants, Number(after));
      return;
    }
    const samples = await measureAll(contestants, upstream.port, { rounds: Number(values.rounds), ms: Number(values.ms) });
    const results = await summarise(contestants, samples, workersOnly);
    const ratios = ratiosOf(contestants, samples);
    const environment = {
      processors: cpus().length,
      processor: cpus()[0]?.model,
      kernel: release(),
      node: process.version,
      loadBefore,
      loadAfter: loadavg()[0].toFixed(1),
    };
    report(results, ratios, environment);
    mkdirSync(inRoot('build', 'bench'), { recursive: true });
    const file = inRoot('build', 'bench', 'speed.json');
    writeFileSync(file, JSON.stringify({ environment, results, ratios, samples: Object.fromEntries(samples) }, null, 1));
    console.log(`All figures: ${file}`);
    if (values.picture) writeFileSync(inRoot('docs', 'bench.svg'), draw(results));
  } finally {
    await Promise.all(contestants.map(({ close }) => close()));
    contestants.length = 0;
    await upstream.close();
  }
}

await main(compare);
