// Starts the built Worker in workerd with Cloudflare's test harness, and the sandbox in place of OpenAI.
//
// The build is the one that gets deployed: `npm test` makes it once, in build/deploy.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createTestHarness } from 'wrangler';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { root } from '../../scripts/setup/paths.mjs';

/**
 * Starts the Worker with these variables and secrets only; a developer's .dev.vars is ignored.
 * `edit` changes the text of wrangler.toml.
 * @param {{ vars?: Record<string, unknown>, secrets?: Record<string, string>, edit?: (text: string) => string }} [options]
 */
export async function startWorker({ vars = {}, secrets = {}, edit } = {}) {
  const configPath = edit ? await writeConfig(edit) : 'wrangler.toml';
  const server = createTestHarness({
    root,
    workers: [{ configPath, prebuiltWorkerDir: `${root}build/deploy`, vars, secrets }],
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
    /** All output as text. */
    printed: () => server.getLogs().map(({ message }) => message).join('\n'),
    async close() {
      await server.close();
      if (edit) await rm(configPath, { force: true });
    },
  };
}

/** Writes an edited copy of wrangler.toml. Its paths become absolute because the copy is in another folder. */
async function writeConfig(/** @type {(text: string) => string} */ edit) {
  const text = await readFile(`${root}wrangler.toml`, 'utf8');
  const folder = `${root}.wrangler/tests`;
  await mkdir(folder, { recursive: true });
  const file = `${folder}/${process.pid}-${Date.now()}.toml`;
  const absolute = text.replace(/^(main|directory) = "(.+)"$/gm, (_, name, path) => `${name} = ${JSON.stringify(root + path)}`);
  await writeFile(file, edit(absolute));
  return file;
}

/**
 * Starts the sandbox, and the Worker with the sandbox as OpenAI. Options not listed here go to the sandbox.
 * @param {Parameters<typeof startWorker>[0] & Parameters<typeof startSandbox>[0]} [options]
 */
export async function startWorkerWithSandbox({ vars = {}, secrets = {}, edit, ...sandboxOptions } = {}) {
  const sandbox = await startSandbox(sandboxOptions);
  const worker = await startWorker({
    vars: {
      OPENAI_BASE_URL: sandbox.baseUrl,
      OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
      CHATKIT_JS_URL: sandbox.widgetUrl,
      // All tests share one address, so the limits are off; limits.test.mjs tests them.
      RATE_LIMITS: 'off',
      ...vars,
    },
    secrets: { OPENAI_API_KEY: SANDBOX_KEY, ...secrets },
    edit,
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

/** The visitor cookie that a response sets, as a request sends it back. */
export function cookieOf(/** @type {Response} */ response) {
  const cookie = response.headers.getSetCookie().find((text) => text.startsWith('__Host-chatkit_visitor='));
  return cookie?.split(';', 1)[0];
}

/**
 * Runs a test of rate limits, and runs it again if a minute of the clock ended meanwhile: the local rate limiters reset
 * every minute.
 * @param {() => Promise<void>} attempt
 */
export async function withinOneMinute(attempt) {
  const minute = () => Math.floor(Date.now() / 60_000);
  const started = minute();
  try {
    await attempt();
  } catch (error) {
    if (minute() === started) throw error;
    await attempt();
  }
}
