// Profiles a compared Worker under load with V8's profiler, and prints which functions take the CPU time of a request.
//
// node bench/profile.mjs session|message|health [ours|javascript|hono] [seconds]
import { readFileSync, writeFileSync } from 'node:fs';
import { inRoot } from '../scripts/setup/paths.mjs';
import { freePort } from '../tests/support/port.mjs';
import { openInspector } from './inspector.mjs';
import { drive } from './speed/load.mjs';
import { cookiesFrom, requestFor } from './speed/requests.mjs';
import { startUpstream } from './speed/upstream.mjs';
import { buildOf, startCompared } from './speed/workers.mjs';

const CONNECTIONS = 16;
const SHOWN = 30;
const PATHS = { session: '/api/chatkit/session', message: '/api/analytics/message', health: '/health' };
const [endpoint = 'session', worker = 'ours', seconds = '5'] = /** @type {any[]} */ (process.argv.slice(2));

const upstream = await startUpstream();
const inspectorPort = await freePort();
const server = await startCompared(worker, upstream.baseUrl, { inspector: `127.0.0.1:${inspectorPort}` });
try {
  const { host, port } = new URL(server.url);
  const cookies = await cookiesFrom(server.url, PATHS.session, CONNECTIONS);
  const requests = Array.from({ length: CONNECTIONS }, (_, i) => requestFor(endpoint, PATHS[endpoint], host, cookies[i]));
  const load = (/** @type {number} */ ms) => drive(Number(port), requests, { ms });
  await load(3000);
  const inspector = await openInspector(`127.0.0.1:${inspectorPort}`, () => server.fetch('/health'));
  await inspector.call('Profiler.enable');
  await inspector.call('Profiler.setSamplingInterval', { interval: 200 });
  await inspector.call('Profiler.start');
  const { count } = await load(Number(seconds) * 1000);
  const { profile } = await inspector.call('Profiler.stop');
  inspector.close();

  const source = readFileSync(`${await buildOf(worker)}/index.js`, 'utf8').split('\n');
  /** A function's name. Imports of Rust have none, so theirs is the name of the property. */
  const nameOf = ({ functionName, url, lineNumber, columnNumber }) => {
    if (functionName) return functionName;
    if (!url) return '(anonymous, in the runtime)';
    const before = source[lineNumber]?.slice(0, columnNumber) ?? '';
    const imported = /(__wb\w+?)(?:_[0-9a-f]{16})?: [^:]*$/.exec(before);
    return imported?.[1] ?? `(anonymous) ${url.split('/').at(-1)}:${lineNumber + 1}:${columnNumber + 1}`;
  };
  /** @type {Map<string, number>} */
  const self = new Map();
  const nodes = new Map(profile.nodes.map((/** @type {any} */ node) => [node.id, nameOf(node.callFrame)]));
  profile.samples.forEach((/** @type {number} */ id, /** @type {number} */ i) => {
    const name = nodes.get(id);
    self.set(name, (self.get(name) ?? 0) + profile.timeDeltas[i]);
  });
  const busy = [...self].filter(([name]) => name !== '(idle)').reduce((sum, [, us]) => sum + us, 0);
  console.log(`${worker}, ${endpoint}: ${count} requests; ${(busy / count).toFixed(0)} µs each, by the profiler`);
  for (const [name, us] of [...self].filter(([name]) => name !== '(idle)').sort(([, a], [, b]) => b - a).slice(0, SHOWN)) {
    console.log(`${((100 * us) / busy).toFixed(1).padStart(5)} %  ${(us / count).toFixed(1).padStart(6)} µs  ${name}`);
  }
  const file = inRoot('build', 'bench', `${worker}-${endpoint}.cpuprofile`);
  writeFileSync(file, JSON.stringify(profile));
  console.log(`Full profile: ${file}`);
} finally {
  await server.close();
  await upstream.close();
}
