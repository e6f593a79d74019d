// Starts the built Worker, or another one, in plain workerd with direct network access.
//
// The test harness sends requests through Node, which hides truncated bodies and disconnected clients. Here workerd handles
// each connection itself, as it does when deployed.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { inRoot } from '../../scripts/setup/paths.mjs';

const deployed = inRoot('build', 'deploy');

/**
 * @param {Record<string, string>} variables
 * @param {{ build: string, ledger: boolean | string, kv: string | undefined, storage: string }} options `storage`: the folder
 *   of the ledger's Durable Objects
 */
async function configuration(variables, { build, ledger, kv, storage }) {
  const settings = await readFile(inRoot('wrangler.toml'), 'utf8');
  const date = /^compatibility_date = "(.+)"$/m.exec(settings)?.[1];
  const flags = /^compatibility_flags = (\[.+\])$/m.exec(settings)?.[1];
  const wasm = (await readdir(build)).filter((name) => name.endsWith('.wasm'));
  const embed = (/** @type {string} */ name) => `embed ${JSON.stringify(name)}`;
  const modules = [
    `(name = "index.js", esModule = ${embed('index.js')})`,
    ...wasm.map((name) => `(name = "./${name}", wasm = ${embed(name)})`),
  ];
  const bindings = Object.entries(variables).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  const standIn = typeof ledger === 'string' ? ledger : undefined;
  const namespace = standIn ? '(className = "Ledger", serviceName = "ledger")' : '"Ledger"';
  if (ledger) bindings.push(`(name = "LEDGER", durableObjectNamespace = ${namespace})`);
  bindings.push('(name = "CHATS", durableObjectNamespace = "Chats")');
  const classes = standIn ? ['Chats'] : ['Ledger', 'Chats'];
  const namespaces = classes.map((name) => `(className = "${name}", uniqueKey = "${name.toLowerCase()}", enableSql = true)`);
  if (kv) bindings.push('(name = "COUNTERS", kvNamespace = "counters")');
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${modules.join(', ')}],
      bindings = [${bindings.join(', ')}],
      compatibilityDate = "${date}",
      compatibilityFlags = ${flags},
      globalOutbound = "network",
      durableObjectNamespaces = [${namespaces.join(', ')}],
      durableObjectStorage = (localDisk = "objects"),
    )),
    ${standIn ? standInService(date, path.relative(build, standIn)) : ''}
    (name = "objects", disk = (path = ${JSON.stringify(storage)}, writable = true)),
    ${kv ? `(name = "counters", external = (address = "${kv}", http = ())),` : ''}
    (name = "network", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}

/** A service whose module stands in for the ledger's Durable Objects and stores nothing. */
const standInService = (/** @type {string | undefined} */ date, /** @type {string} */ module) => `(name = "ledger", worker = (
      modules = [(name = "ledger.js", esModule = embed ${JSON.stringify(module)})],
      compatibilityDate = "${date}",
      durableObjectNamespaces = [(className = "Ledger", uniqueKey = "ledger")],
      durableObjectStorage = (inMemory = void),
    )),`;

/**
 * Starts workerd with these variables and secrets.
 * @param {Record<string, string>} variables
 * @param {{ build?: string, ledger?: boolean | string, kv?: string, inspector?: string, quiet?: boolean,
 *   prepare?: (storage: string) => void, storage?: string }} [options]
 *   `build`: the folder of the Worker, by default this project's; `ledger`: false for no ledger, or a module that stands in
 *   for its class; `kv` and `inspector`: their addresses, if they are wanted; `quiet`: discard the Worker's log;
 *   `prepare`: fills the folder of the Durable Objects before workerd starts; `storage`: the folder of one that was killed
 */
export async function startWorkerd(variables, { build = deployed, ledger = true, kv, inspector, quiet = false, prepare, storage } = {}) {
  const folder = storage ?? await mkdtemp(path.join(tmpdir(), 'chatkit-edge-'));
  prepare?.(folder);
  const file = path.join(build, `${path.basename(folder)}.capnp`);
  await writeFile(file, await configuration(variables, { build, ledger, kv, storage: folder }));
  const workerd = createRequire(createRequire(import.meta.url).resolve('wrangler')).resolve('workerd/bin/workerd');
  const more = inspector ? [`--inspector-addr=${inspector}`] : [];
  const stdout = quiet ? 'ignore' : 'pipe';
  const child = spawn(workerd, ['serve', file, '--control-fd=3', ...more], { stdio: ['ignore', stdout, 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (printed += text));
  const control = /** @type {import('node:stream').Readable} */ (child.stdio[3]);
  const port = await new Promise((resolve, reject) => {
    createInterface(control).on('line', (line) => {
      const event = JSON.parse(line);
      if (event.event === 'listen' && event.socket === 'http') resolve(event.port);
    });
    child.once('exit', () => reject(new Error(`workerd exited: ${printed}`)));
  });
  const url = `http://127.0.0.1:${port}`;
  /** Ends workerd where it stands, as a crash of the machine would. Its objects stay. */
  async function kill() {
    const exited = child.signalCode === null && new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
    await rm(file, { force: true });
  }

  return {
    url,
    pid: child.pid,
    kill,
    /** The folder of the Durable Objects, one SQLite file each. */
    storage: folder,
    /** @param {string} where @param {RequestInit} [init] */
    fetch: (where, init) => fetch(url + where, init),
    printed: () => printed,
    /** The Worker's log lines, parsed, oldest first. An incomplete last line is left out. */
    logs: () => printed.split('\n').slice(0, -1).filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)),
    async close() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
