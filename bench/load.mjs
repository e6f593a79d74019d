// Sends sessions of 500 concurrent clients for 20 seconds to the Worker, with an OpenAI that takes 200 ms and fails in 5 % of the
// requests, while 5 % of the clients leave. Any wrong, mixed-up or missing answer fails it.
import { measureLoad } from '../tests/support/load.mjs';

const CLIENTS = 500;
const SECONDS = 20;

const { answered, failed, left, took, wrong, unanswered, before, after } = await measureLoad({ clients: CLIENTS, seconds: SECONDS });
const rate = Math.round((answered + failed + left) / took);
console.log(`${CLIENTS} clients for ${took.toFixed(1)} s, ${rate} requests a second: ${answered} sessions, ${failed} failures, ${left} clients left`);
console.log(`sessions that nobody got: ${unanswered.cancelled} cancelled at OpenAI, ${unanswered.open} not`);
const row = (/** @type {keyof typeof before} */ name) => ({ before: before[name].toFixed(1), after: after[name].toFixed(1) });
console.table({ "V8's heap, MB": row('heap'), 'WebAssembly, MB': row('wasm'), 'process, MB': row('rss') });
if (unanswered.ofOthers) wrong.push(`${unanswered.ofOthers} sessions that OpenAI created were not answered`);
if (wrong.length) {
  console.error(`${wrong.length} faults, such as: ${wrong[0]}`);
  process.exitCode = 1;
}
