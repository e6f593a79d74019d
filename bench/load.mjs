// Sends sessions of 500 concurrent clients for 20 seconds to the Worker, with an OpenAI that takes 200 ms and fails in 5 % of the
// requests, while 5 % of the clients leave. Any wrong, mixed-up or missing answer fails it.
import { measureLoad } from '../tests/support/load.mjs';

const CLIENTS = 500;
const SECONDS = 20;

const load = await measureLoad({ clients: CLIENTS, seconds: SECONDS });
const { answered, failed, left, took, wrong, unanswered, before, after } = load;
const rate = Math.round((answered + failed + left) / took);
console.log(`${CLIENTS} clients for ${took.toFixed(1)} s, ${rate} requests a second`);
console.log(`${answered} sessions, ${failed} failures, ${left} clients left`);
console.log(`sessions that nobody got: ${unanswered.cancelled} cancelled at OpenAI, ${unanswered.open} left open`);
const row = (/** @type {keyof typeof before} */ name) => ({ before: before[name].toFixed(1), after: after[name].toFixed(1) });
console.table({ "V8's heap, MB": row('heap'), 'WebAssembly, MB': row('wasm'), 'process, MB': row('rss') });
if (unanswered.ofOthers) wrong['a session that OpenAI created was not answered'] = unanswered.ofOthers;
if (unanswered.open) wrong['a session whose client left was not cancelled'] = unanswered.open;
for (const [what, times] of Object.entries(wrong)) {
  console.error(`${times} times: ${what}`);
  process.exitCode = 1;
}
