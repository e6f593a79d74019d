// A stub of the ledger, the same for all compared Workers. It stores nothing, so the comparison measures the Workers and not
// the storage.
import { DurableObject } from 'cloudflare:workers';

/** Accepts the calls that sessions and messages make. */
export class Ledger extends DurableObject {
  count() {}

  putRecord() {}

  putGrant() {}
}

export default { fetch: () => new Response(null, { status: 404 }) };
