// The built Worker with a meter on its ledger: what Cloudflare charges for an object is counted as it happens.
//
// Cloudflare bills each request and alarm of an object, each row that a statement reads or writes, and each alarm that is set.
// SQLite in workerd counts rows as it does when deployed.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const deployed = fileURLToPath(new URL('../../build/deploy/', import.meta.url));

/** A class over `REAL`, at the end of the built module: each call of an object writes a line that says what it cost. */
const meter = `
class Metered extends REAL {
  constructor(context, environment) {
    const meter = { cursors: [], alarms: 0 };
    const over = (target, own) => new Proxy(target, {
      get(target, name) {
        if (name in own) return own[name];
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { storage } = context;
    const sql = over(storage.sql, {
      exec(...statement) {
        const cursor = storage.sql.exec(...statement);
        meter.cursors.push(cursor);
        return cursor;
      },
    });
    const setAlarm = (...time) => (meter.alarms++, storage.setAlarm(...time));
    super(context, environment);
    this.meter = meter;
    // The runtime takes nothing but its own context; the object of the Rust class, which does the work, takes ours.
    this.object = new this.object.constructor(over(context, { storage: over(storage, { sql, setAlarm }) }), environment);
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
      // What is counted is named by the first of its counters.
      const what = name === 'count' ? ' ' + Object.keys(JSON.parse(values[3]))[0] : '';
      console.log(JSON.stringify({ event: 'ledger ' + name + what, ...cost }));
    }
  };
}
`;

/** A folder with the metered build, for startWorkerd, and how to remove it. */
export async function meteredBuild() {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatkit-edge-metered-'));
  await cp(deployed, folder, { recursive: true });
  const file = path.join(folder, 'index.js');
  const module = await readFile(file, 'utf8');
  const [before, exported] = module.split(/(?=\bexport ?\{[^}]*\bLedger\b[^}]*\})/);
  const real = /([\w$]+) as Ledger\b/.exec(exported ?? '')?.[1] ?? 'Ledger';
  if (!exported) throw new Error('build/deploy/index.js exports no Ledger');
  const instead = exported.replace(/(?:[\w$]+ as )?Ledger\b/, 'Metered as Ledger');
  await writeFile(file, `${before}${instead}\n${meter.replaceAll('REAL', () => real)}`);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
