// A client for V8's inspector in workerd, for memory sizes and CPU profiles.
import { once } from 'node:events';

/**
 * Connects to the service `main`. workerd reads a command only when it next gets a request, so `wake` sends one.
 * @param {string} address @param {() => Promise<unknown>} wake
 */
export async function openInspector(address, wake) {
  const targets = await (await fetch(`http://${address}/json`)).json();
  const target = targets.find((/** @type {{ id: string }} */ { id }) => id === 'main') ?? targets[0];
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, 'open');
  let last = 0;
  return {
    /** @param {string} method @param {object} [params] */
    async call(method, params = {}) {
      const id = ++last;
      const answered = new Promise((/** @type {(result: any) => void} */ resolve) => {
        socket.addEventListener('message', function take({ data }) {
          const message = JSON.parse(data);
          if (message.id !== id) return;
          socket.removeEventListener('message', take);
          resolve(message.result);
        });
      });
      socket.send(JSON.stringify({ id, method, params }));
      await wake();
      return answered;
    },
    /** The id of the Worker's context, which `Runtime.evaluate` needs. */
    async contextId() {
      const context = new Promise((/** @type {(id: number) => void} */ resolve) => {
        socket.addEventListener('message', function take({ data }) {
          const { method, params } = JSON.parse(data);
          if (method !== 'Runtime.executionContextCreated') return;
          socket.removeEventListener('message', take);
          resolve(params.context.id);
        });
      });
      await this.call('Runtime.enable');
      // While it is enabled, V8 keeps what the Worker logs.
      await this.call('Runtime.disable');
      return context;
    },
    close: () => socket.close(),
  };
}
