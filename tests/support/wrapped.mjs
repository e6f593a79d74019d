// The built Worker with some of its bindings and its ledger's class replaced, for faults that the local runtime does not have.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inRoot } from '../../scripts/setup/paths.mjs';

/**
 * Appended to the built module. `bindings(env)` returns the replaced bindings; `prepare(storage)` runs before an object starts.
 * `POST /rpc` with [object, method, arguments] calls a method of an object of the ledger.
 */
const wrapper = (/** @type {string} */ bindings, /** @type {string} */ prepare) => `
const replaced = ${bindings};
const prepare = ${prepare};
class Wrapped extends LEDGER {
  constructor(context, environment) {
    prepare(context.storage, context.id.name);
    super(context, environment);
  }
  query(sql) {
    return this.ctx.storage.sql.exec(sql).toArray();
  }
  alarmTime() {
    return this.ctx.storage.getAlarm();
  }
  restart() {
    this.ctx.abort('restarted by a test');
  }
  ring() {
    return this.alarm();
  }
}
export { Wrapped as Ledger };
export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname !== '/rpc') return ENTRY.fetch(request, { ...env, ...replaced(env) }, context);
    const [object, method, values] = await request.json();
    try {
      return Response.json({ result: await env.LEDGER.getByName(object)[method](...values) });
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  },
};
`;

/**
 * Writes the wrapped build to a folder for startWorkerd.
 * @param {{ bindings?: string, prepare?: string }} [code] JavaScript: functions of env and of an object's storage and name
 */
export async function wrappedBuild({ bindings = '() => ({})', prepare = '() => {}' } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatkit-edge-wrapped-'));
  await cp(inRoot('build', 'deploy'), folder, { recursive: true, filter: (file) => !file.endsWith('.capnp') });
  const file = path.join(folder, 'index.js');
  const module = await readFile(file, 'utf8');
  const exported = /\bexport ?\{([^}]*\bLedger\b[^}]*)\}/.exec(module);
  const real = (/** @type {string} */ name) => new RegExp(`([\\w$]+) as ${name}\\b`).exec(exported?.[1] ?? '')?.[1] ?? name;
  if (!exported) throw new Error('build/deploy/index.js exports no Ledger');
  const code = wrapper(bindings, prepare)
    .replace('extends LEDGER', () => `extends ${real('Ledger')}`)
    .replace('ENTRY', () => real('default'));
  await writeFile(file, `${module.replace(exported[0], '')}\n${code}`);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Calls a method of an object of a wrapped Worker. */
export async function rpc(/** @type {{ fetch: (path: string, init?: RequestInit) => Promise<Response> }} */ worker,
  /** @type {string} */ object, /** @type {string} */ method, /** @type {unknown[]} */ ...values) {
  const response = await worker.fetch('/rpc', { method: 'POST', body: JSON.stringify([object, method, values]) });
  return /** @type {{ result?: any, error?: string }} */ (await response.json());
}
