// The built Worker with a meter on its ledger, which logs what Cloudflare would charge for each call of an object.
//
// Cloudflare bills each request and alarm of an object, each row that a statement reads or writes, and each alarm that is set.
// SQLite in workerd counts rows the same way.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const deployed = fileURLToPath(new URL('../../build/deploy/', import.meta.url));

/** Appended to the built module: a subclass of `REAL` that logs the cost of each call. */
const meter = `
class Metered extends REAL {
  constructor(context, environment) {
    const meter = { cursors: [], alarms: 0 };
    const override = (target, replaced) => new Proxy(target, {
      get(target, name) {
        if (name in replaced) return replaced[name];
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { storage } = context;
    const sql = override(storage.sql, {
      exec(...statement) {
        const cursor = storage.sql.exec(...statement);
        meter.cursors.push(cursor);
        return cursor;
      },
    });
    const setAlarm = (...time) => (meter.alarms++, storage.setAlarm(...time));
    super(context, environment);
    this.meter = meter;
    // The runtime accepts only its own context, but the Rust object, which does the work, accepts a replaced one.
    this.object = new this.object.constructor(override(context, { storage: override(storage, { sql, setAlarm }) }), environment);
  }
}
for (const name of Object.getOwnPropertyNames(REAL.prototype).filter((name) => name !== 'constructor')) {
  Metered.prototype[name] = async function (...values) {
    try {
      return await REAL.prototype[name].apply(this, values);
    } finally {
      const sum = (rows) => this.meter.cursors.reduce((all, cursor) => all + cursor[rows], 0);
      const cost = { read: sum('rowsRead'), written: sum('rowsWritten') + this.meter.alarms };
      Object.assign(this.meter, { cursors: [], alarms: 0 });
      // The first counter names what is counted.
      const what = name === 'count' ? ' ' + Object.keys(JSON.parse(values[2]))[0] : '';
      console.log(JSON.stringify({ event: 'ledger ' + name + what, ...cost }));
    }
  };
}
`;

/** Writes the metered build to a folder for startWorkerd. */
export async function meteredBuild() {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatkit-edge-metered-'));
  await cp(deployed, folder, { recursive: true });
  const file = path.join(folder, 'index.js');
  const module = await readFile(file, 'utf8');
  const [before, exported] = module.split(/(?=\bexport ?\{[^}]*\bLedger\b[^}]*\})/);
  const real = /([\w$]+) as Ledger\b/.exec(exported ?? '')?.[1] ?? 'Ledger';
  if (!exported) throw new Error('build/deploy/index.js exports no Ledger');
  const metered = exported.replace(/(?:[\w$]+ as )?Ledger\b/, 'Metered as Ledger');
  await writeFile(file, `${before}${metered}\n${meter.replaceAll('REAL', () => real)}`);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
