// Tells the ledger's objects what to keep, as the compared Worker does: a command in JSON to the object of a name.
// What fails here is for the log: counting never breaks a session.

const RECORD_OBJECTS = 16;

/** @param {any} env @param {string} name @param {object} command */
async function tell(env, name, command) {
  const stub = env.LEDGER.getByName(name);
  const response = await stub.fetch('https://ledger/', { method: 'POST', body: JSON.stringify(command) });
  if (response.status !== 204) throw new Error(await response.text());
}

/** FNV-1a over the id says which object keeps the record. */
function recordObject(id) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return `records-${(hash >>> 0) % RECORD_OBJECTS}`;
}

export const remember = (env, record) => tell(env, recordObject(record.id), { remember: record });

export function count(env, event, times, { shards, publishSeconds }) {
  const shard = shards === 1 ? 0 : Math.floor(Math.random() * shards);
  return tell(env, `counters-${shard}`, {
    count: { shard, event, times, reports: [], now: Date.now(), publish_seconds: publishSeconds },
  });
}

/** Counts after the answer is sent. */
export function countLater(env, context, event, settings) {
  context.waitUntil(count(env, event, 1, settings).catch((error) =>
    console.error(JSON.stringify({ level: 'error', event: 'ledger.failed', cause: String(error) }))));
}
