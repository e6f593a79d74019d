// A stand-in for the ledger that keeps nothing, the same for all Workers of the comparison: what is measured is their
// own work, and not the storage's.
import { DurableObject } from 'cloudflare:workers';

/** Takes the calls that sessions and messages make. */
export class Ledger extends DurableObject {
  count() {}

  putRecord() {}
}

export default { fetch: () => new Response(null, { status: 404 }) };
