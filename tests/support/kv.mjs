// A stand-in for Workers KV where the Worker runs in plain workerd: the binding's own HTTP interface, over a Map.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** Starts it on loopback. `values` is what is stored. */
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
