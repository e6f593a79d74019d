// The built Worker in workerd, through Cloudflare's own harness, with the sandbox as its OpenAI.
//
// The build is the one that would be deployed: `npm test` makes it once, into build/deploy.
import { createTestHarness } from 'wrangler';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';

const root = new URL('../../', import.meta.url);

/**
 * Starts the Worker with these variables and secrets and nothing else: an owner's own .dev.vars does not count.
 * @param {{ vars?: Record<string, string>, secrets?: Record<string, string> }} [options]
 */
export async function startWorker({ vars = {}, secrets = {} } = {}) {
  const server = createTestHarness({
    root: new URL('.', root).pathname,
    workers: [{ configPath: 'wrangler.toml', prebuiltWorkerDir: 'build/deploy', vars, secrets }],
  });
  const { url } = await server.listen();
  const address = `http://localhost:${url.port}`;
  return {
    url: address,
    server,
    /** @param {string} path @param {RequestInit} [init] */
    fetch: (path, init) => fetch(address + path, init),
    /** The Worker's log lines, parsed, oldest first. */
    logs: () =>
      server
        .getLogs()
        .filter(({ message }) => message.startsWith('{'))
        .map(({ message }) => JSON.parse(message)),
    /** Everything that was printed, as text. */
    printed: () => server.getLogs().map(({ message }) => message).join('\n'),
    close: () => server.close(),
  };
}

/**
 * Starts the sandbox and the Worker against it.
 * @param {{ ttlSeconds?: number, vars?: Record<string, string>, secrets?: Record<string, string> }} [options]
 */
export async function startWorkerWithSandbox({ ttlSeconds, vars = {}, secrets = {} } = {}) {
  const sandbox = await startSandbox({ ttlSeconds });
  const worker = await startWorker({
    vars: {
      OPENAI_BASE_URL: sandbox.baseUrl,
      OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
      CHATKIT_JS_URL: sandbox.widgetUrl,
      // Every test comes from one address; the limits have tests of their own.
      RATE_LIMITS: 'off',
      ...vars,
    },
    secrets: { OPENAI_API_KEY: SANDBOX_KEY, ...secrets },
  });
  return {
    ...worker,
    sandbox,
    async close() {
      await worker.close();
      await sandbox.close();
    },
  };
}

/** The value of the visitor's cookie in an answer, as a request sends it back. */
export function cookieOf(/** @type {Response} */ answer) {
  const cookie = answer.headers.getSetCookie().find((text) => text.startsWith('__Host-chatkit_visitor='));
  return cookie?.split(';', 1)[0];
}
