// The module that the runtime loads: worker-build's entry for requests, and the class of the ledger's objects.
//
// An object's methods can be called (RPC) only if its class extends DurableObject, which the class that worker-build exports
// does not. A request with JSON in it instead of a call takes a tenth more CPU.
import { DurableObject } from 'cloudflare:workers';
import Entrypoint, { Ledger as LedgerObject } from '../build/rust/index.js';

export default Entrypoint;

/** The ledger's object. Other methods than these cannot be called. */
export class Ledger extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.object = new LedgerObject(ctx, env);
  }
}

for (const name of ['count', 'putRecord', 'getRecord', 'cancelRecord', 'putGrant', 'getGrant', 'exchangeGrant', 'reserve', 'release', 'reports', 'alarm']) {
  Ledger.prototype[name] = function (...values) {
    return this.object[name](...values);
  };
}
