// What an earlier version stored, as text: writes it from a running Worker's files, and puts it into files for another Worker.
//
// The times in the text are relative, so that it is as old when it is read as it was when it was written: `{day-1}` is a UTC day
// as days since 1970, `{s-5}` Unix seconds, `{ms-5000}` milliseconds and `{ns-5000000000}` nanoseconds.
import { createHash, createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const DAY_MS = 86_400_000;

/** What "now" is in each unit of time. @type {Record<string, (now: number) => bigint>} */
const UNITS = {
  day: (now) => BigInt(Math.floor(now / DAY_MS)),
  s: (now) => BigInt(Math.floor(now / 1000)),
  ms: (now) => BigInt(now),
  ns: (now) => BigInt(now) * 1_000_000n,
};

/** The unit of each column that has a time. `_cf_` tables are workerd's own: the alarms. @type {Record<string, string>} */
const COLUMNS = {
  'counters.day': 'day',
  'places.day': 'day',
  'publishing.at': 'ms',
  'reports.at': 'ms',
  'records.created_at': 's',
  'records.expires_at': 's',
  '_cf_METADATA.value': 'ns',
  '_cf_ALARM.scheduled_time': 'ns',
};

/** workerd's file of all alarms, beside those of the objects. */
const ALARMS = 'metadata';

const relative = (/** @type {string} */ unit, /** @type {bigint} */ value, /** @type {number} */ now) => {
  const distance = value - UNITS[unit](now);
  return `{${unit}${distance < 0n ? '' : '+'}${distance}}`;
};

/** Replaces relative times by absolute ones. @param {string} text @param {number} now Unix milliseconds */
export const atTime = (text, now) =>
  text.replace(/\{(day|s|ms|ns)([+-]\d+)\}/g, (_, unit, distance) => String(UNITS[unit](now) + BigInt(distance)));

/** The published counters of the KV stand-in with relative times. @param {string} text @param {number} now */
export const snapshotText = (text, now) =>
  text
    .replace(/"as_of":(\d+)/, (_, at) => `"as_of":${relative('ms', BigInt(at), now)}`)
    .replace(/"(\d{5,})":/g, (_, day) => `"${relative('day', BigInt(day), now)}":`);

/** The file of an object, which workerd derives from its name. @param {string} folder of startWorkerd @param {string} name */
export function objectFile(folder, name) {
  if (name === ALARMS) return path.join(folder, 'ledger', `${name}.sqlite`);
  const key = createHash('sha256').update('ledger').digest();
  const mac = (/** @type {string | Buffer} */ data) => createHmac('sha256', key).update(data).digest().subarray(0, 16);
  const id = Buffer.concat([mac(name), mac(mac(name))]).toString('hex');
  return path.join(folder, 'ledger', `${id}.sqlite`);
}

/**
 * The statements that make a database again.
 * @param {DatabaseSync} database with numbers as BigInt
 * @param {number} now
 */
function dump(database, now) {
  const lines = [];
  const schema = database.prepare("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").all();
  for (const { type, name, sql } of schema) {
    lines.push(`${String(sql).replace(/\s+/g, ' ')};`);
    if (type !== 'table') continue;
    for (const row of database.prepare(`SELECT * FROM ${name}`).all()) {
      const values = Object.entries(row).map(([column, value]) => {
        const unit = COLUMNS[`${name}.${column}`];
        // A counter in total has the day -1.
        if (typeof value === 'bigint') return unit && value >= 0n ? relative(unit, value, now) : String(value);
        return value === null ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`;
      });
      lines.push(`INSERT INTO ${name} VALUES (${values.join(', ')});`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/**
 * Writes what objects store to `NAME.sql` in a folder, of those that exist.
 * @param {string} storage of startWorkerd @param {string[]} names @param {string} target @param {number} now
 */
export function saveObjects(storage, names, target, now) {
  for (const name of [...names, ALARMS]) {
    const file = objectFile(storage, name);
    if (!readdirSync(path.dirname(file)).includes(path.basename(file))) continue;
    const database = new DatabaseSync(file, { readOnly: true, readBigInts: true });
    writeFileSync(path.join(target, `${name}.sql`), dump(database, now));
    database.close();
  }
}

/**
 * Makes the objects' files from every `NAME.sql` of a folder. Their times are relative to `now`.
 * @param {string} source @param {string} storage of startWorkerd, before it starts @param {number} now
 */
export function loadObjects(source, storage, now) {
  mkdirSync(path.join(storage, 'ledger'), { recursive: true });
  for (const file of readdirSync(source).filter((name) => name.endsWith('.sql'))) {
    const database = new DatabaseSync(objectFile(storage, path.basename(file, '.sql')));
    database.exec('PRAGMA journal_mode = WAL');
    database.exec(atTime(readFileSync(path.join(source, file), 'utf8'), now));
    database.close();
  }
}
