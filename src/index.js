// The module that the runtime loads; all it does is call Rust. The entry that worker-build writes makes an object and
// several proxies for every request, which costs a health check a seventh of its time, and it exports classes of which
// nothing here is used. What it does for an instance that ended in a fault, to begin a new one, stays.
import { DurableObject } from 'cloudflare:workers';
import Entrypoint, { Ledger as LedgerObject } from '../build/rust/index.js';

const serve = Entrypoint.prototype.fetch;

export default {
  fetch: (request, env, ctx) => serve.call({ env, ctx }, request),
};

/** The ledger's object: others may call its methods, which those of this class alone allow. */
export class Ledger extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.object = new LedgerObject(ctx, env);
  }
}

for (const name of ['count', 'putRecord', 'getRecord', 'cancelRecord', 'reserve', 'release', 'reports', 'alarm']) {
  Ledger.prototype[name] = function (...values) {
    return this.object[name](...values);
  };
}
