// A stand-in for Workers KV when the Worker runs in plain workerd: the HTTP interface of the binding, over a Map.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** Starts the stand-in on loopback. `values` has the stored entries. */
export async function startKv() {
  /** @type {Map<string, string>} */
  const values = new Map();
  const server = createServer(async (request, response) => {
    const key = decodeURIComponent(new URL(request.url ?? '/', 'http://kv').pathname.slice(1));
    if (request.method === 'PUT') {
      values.set(key, await text(request));
      response.end();
    } else {
      const value = values.get(key);
      response.writeHead(value === undefined ? 404 : 200).end(value);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    values,
    address: `127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
