// A stub of the ledger that logs each call, so that a test sees what reaches it.
import { DurableObject } from 'cloudflare:workers';

export class Ledger extends DurableObject {
  count(...values) {
    console.log(JSON.stringify({ call: 'count', object: this.ctx.id.name, values }));
  }

  putRecord(...values) {
    console.log(JSON.stringify({ call: 'putRecord', object: this.ctx.id.name, values }));
  }

  putGrant(...values) {
    console.log(JSON.stringify({ call: 'putGrant', object: this.ctx.id.name, values }));
  }
}

export default { fetch: () => new Response(null, { status: 404 }) };
