// The stand-in for OpenAI in the speed benchmark: it returns the same few sessions as fast as Node can, in its own process. The
// sandbox is too slow for this, because it checks every request.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Messages } from './http1.mjs';

const SESSIONS = 64;

/** A response as long as OpenAI's. Ids differ, because the id selects the ledger's object that stores the record. */
function answer(/** @type {number} */ n) {
  const body = JSON.stringify({
    id: `cksess_${String(n).padStart(48, '0')}`,
    object: 'chatkit.session',
    client_secret: `ek_${'0123456789abcdef'.repeat(4)}_${'A'.repeat(200)}`,
    expires_at: 4_000_000_000,
    workflow: { id: 'wf_bench', version: null, state_variables: null, tracing: { enabled: true } },
    user: 'visitor_AAAAAAAAAAAAAAAAAAAAAA',
    rate_limits: { max_requests_per_1_minute: 10 },
    max_requests_per_1_minute: 10,
    status: 'active',
    chatkit_configuration: {
      automatic_thread_titling: { enabled: true },
      file_upload: { enabled: false, max_file_size: null, max_files: null },
      history: { enabled: true, recent_threads: null },
    },
  });
  return Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`
    + `x-request-id: req_${String(n).padStart(32, '0')}\r\n\r\n${body}`);
}

function serve() {
  const answers = Array.from({ length: SESSIONS }, (_, n) => answer(n));
  let served = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    const messages = new Messages();
    socket.on('data', (chunk) => {
      for (const _ of messages.push(chunk)) socket.write(answers[served++ % SESSIONS]);
    });
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1', 4096, () => {
    const address = /** @type {import('node:net').AddressInfo} */ (server.address());
    process.send?.(address.port);
  });
  process.once('disconnect', () => process.exit());
}

/** Starts the stand-in. */
export async function startUpstream() {
  const child = fork(fileURLToPath(import.meta.url), { stdio: 'inherit' });
  const [port] = await once(child, 'message');
  return {
    port: /** @type {number} */ (port),
    baseUrl: `http://127.0.0.1:${port}/v1`,
    async close() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) serve();
