// Starts the Python programs of this folder: the model check and the official server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonProgram } from '../../scripts/setup/python.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));

/**
 * Starts a program and waits for its first line, which says that it is ready.
 * @param {string} name
 * @param {string[]} options
 * @param {(message: any) => void} [onMessage] for each later line
 */
async function start(name, options = [], onMessage = () => {}) {
  const child = spawn(pythonProgram(), [`${folder}${name}`, ...options], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Loopback needs no proxy, and no file of bytecode belongs in the project.
    env: { ...process.env, NO_PROXY: '*', no_proxy: '*', PYTHONDONTWRITEBYTECODE: '1', OPENAI_API_KEY: 'sk-unused' },
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  const exited = once(child, 'exit');
  const ready = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const message = JSON.parse(line);
      if (message.ready) resolve(message);
      else onMessage(message);
    });
    child.once('exit', () => reject(new Error(`${name} exited: ${errors}`)));
  });
  return {
    ready,
    send: (/** @type {unknown} */ message) => child.stdin.write(`${JSON.stringify(message)}\n`),
    async close() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * @typedef {object} Report what the model check read
 * @property {number} status
 * @property {[string, string][]} headers
 * @property {any[]} events of a stream
 * @property {any} result of any other response
 * @property {string} [text] of a response whose status is not 200
 * @property {string[]} problems
 */

/** Starts the model check, which sends requests and reads the responses by chatkit-python's models. */
export async function startModelCheck() {
  /** @type {Map<number, (report: Report) => void>} */
  const waiting = new Map();
  let sent = 0;
  const program = await start('model_check.py', [], ({ id, ...report }) => {
    waiting.get(id)?.({ events: [], ...report });
    waiting.delete(id);
  });

  /** @param {object} job @returns {Promise<Report>} */
  const ask = (job) =>
    new Promise((resolve) => {
      const id = ++sent;
      waiting.set(id, resolve);
      program.send({ id, ...job });
    });

  /**
   * Sends a request, and reports all that is wrong with the response.
   * @param {string} url
   * @param {{ type?: string, params?: unknown } | undefined} request
   * @param {{ headers?: Record<string, string>, method?: string, type?: string, strict?: boolean, leaveAfter?: number }}
   *   [options]
   *   `type`: read the response as that of this request; `strict`: check also what only the Worker promises; `leaveAfter`:
   *   close the connection after so many events
   * @returns {Promise<Report>}
   */
  const report = (url, request, { leaveAfter, ...options } = {}) =>
    ask({ url, body: request && JSON.stringify(request), leave_after: leaveAfter, ...options });

  return {
    /** The values of `type` in chatkit-python's models. @type {Record<'requests' | 'events' | 'updates' | 'items', string[]>} */
    types: program.ready.types,
    /**
     * What is wrong with the bytes of an event, or of the result of a request.
     * @param {string} bytes @param {string} [type] of the request
     */
    problemsOf: async (bytes, type) => (await ask({ bytes, type })).problems,
    report,
    /** Sends a request whose response must be as chatkit-python would write it. @type {typeof report} */
    async read(url, request, options) {
      const found = await report(url, request, options);
      assert.equal(found.status, 200, `${request?.type}: ${found.problems.join('\n')}${found.text ?? ''}`);
      assert.deepEqual(found.problems, [], JSON.stringify(request));
      return found;
    },
    close: program.close,
  };
}

/**
 * Starts the official server. Without `responses`, the address of a Responses API, its answers are scripts.
 * @param {{ responses?: string, clientTools?: string[] }} [options]
 */
export async function startOfficialServer({ responses, clientTools = [] } = {}) {
  const options = responses ? ['--responses', responses, '--client-tools', ...clientTools] : [];
  const { ready, close } = await start('official_server.py', options);
  /** @type {{ url: string, faults: string[], resultFaults: string[] }} */
  const { url, faults, resultFaults } = ready;
  return { url, faults, resultFaults, close };
}
