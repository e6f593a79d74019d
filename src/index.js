// The module that the runtime loads: the handler of requests, and the class of the ledger's objects.
//
// worker-build's own handler is a class that the runtime instantiates for each request, within several proxies. Then a health
// check takes 13 % more CPU, a message 5 %, and a session 3 % (docs/performance.md). What its proxies also do, a new instance of
// the WebAssembly module after a trap, every function that wasm-bindgen exports does too.
//
// An object's methods can be called (RPC) only if its class extends DurableObject, which the class that worker-build exports
// does not. A request with JSON in it instead of a call takes a tenth more CPU.
import { DurableObject } from 'cloudflare:workers';
import Entrypoint, { Ledger as LedgerObject } from '../build/rust/index.js';

const { fetch } = Entrypoint.prototype;

export default {
  fetch: (request, env, ctx) => fetch.call({ env, ctx }, request),
};

// The runtime calls only fetch and alarm of this one, which need no class of the runtime's.
export { Chats } from '../build/rust/index.js';

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
