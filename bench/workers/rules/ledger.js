// Tells the ledger's objects what to keep, as the compared Worker does: by calling the object of a name.
// What fails here is for the log: counting never breaks a session.

const RECORD_OBJECTS = 16;

/** FNV-1a over the id says which object keeps the record. */
function recordObject(id) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return `records-${(hash >>> 0) % RECORD_OBJECTS}`;
}

export const remember = (env, { id, owner, workflow, created_at: createdAt, expires_at: expiresAt }) =>
  env.LEDGER.getByName(recordObject(id)).putRecord(id, owner, workflow, createdAt, expiresAt);

/** @param {string[]} counters what the event adds to: its own, and for a failure the one of its code */
export async function count(env, counters, times, { shards, publishSeconds }) {
  const shard = shards === 1 ? 0 : Math.floor(Math.random() * shards);
  const counts = JSON.stringify(Object.fromEntries(counters.map((counter) => [counter, times])));
  await env.LEDGER.getByName(`counters-${shard}`).count(shard, publishSeconds, Date.now(), counts, undefined);
}

/** Counts after the answer is sent. */
export function countLater(env, context, counters, settings) {
  context.waitUntil(count(env, counters, 1, settings).catch((error) =>
    console.error(JSON.stringify({ level: 'error', event: 'ledger.failed', cause: String(error) }))));
}
