// A stand-in for the ledger that keeps nothing, the same for all Workers of the comparison: what is measured is their
// own work, and not the storage's.
import { DurableObject } from 'cloudflare:workers';

/** Answers every command as done. */
export class Ledger extends DurableObject {
  async fetch(/** @type {Request} */ request) {
    await request.json();
    return new Response(null, { status: 204 });
  }
}

export default { fetch: () => new Response(null, { status: 404 }) };
