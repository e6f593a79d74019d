// Load generator: sends requests over open connections, and the next on each as soon as the response to the last has arrived.
import { once } from 'node:events';
import { connect } from 'node:net';
import { Messages } from './http1.mjs';

const CONNECT_AT_ONCE = 32;

/** Opens the connections a few at a time, because a server's listen queue may be short. */
async function open(/** @type {number} */ port, /** @type {number} */ connections) {
  const sockets = [];
  while (sockets.length < connections) {
    const few = Math.min(CONNECT_AT_ONCE, connections - sockets.length);
    const opened = Array.from({ length: few }, () => connect({ port, host: '127.0.0.1', noDelay: true }));
    await Promise.all(opened.map((socket) => once(socket, 'connect')));
    sockets.push(...opened);
  }
  return sockets;
}

/**
 * @param {number} port
 * @param {Buffer[]} requests one for each connection, as raw bytes
 * @param {{ ms?: number, most?: number }} until for how long requests are sent, and how many at most
 * @returns {Promise<{ count: number, seconds: number, latencies: Float64Array }>} latencies in milliseconds, sorted
 */
export async function drive(port, requests, { ms = Infinity, most = Infinity }) {
  const sockets = await open(port, requests.length);
  /** @type {number[]} */
  const latencies = [];
  const started = performance.now();
  let begun = 0;
  try {
    await Promise.all(sockets.map((socket, i) => new Promise((/** @type {(nothing?: any) => void} */ resolve, reject) => {
      const messages = new Messages();
      let sent = 0;
      const next = () => {
        if (begun >= most || performance.now() - started >= ms) return resolve();
        begun += 1;
        sent = performance.now();
        socket.write(requests[i]);
      };
      socket.on('data', (chunk) => {
        try {
          for (const head of messages.push(chunk)) {
            if (!head.startsWith('HTTP/1.1 200')) throw new Error(`the response is ${head.split('\r\n', 1)[0]}`);
            latencies.push(performance.now() - sent);
            next();
          }
        } catch (error) {
          reject(error);
        }
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the connection was closed')));
      next();
    })));
    const seconds = (performance.now() - started) / 1000;
    return { count: latencies.length, seconds, latencies: Float64Array.from(latencies).sort() };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}
