// `npm start` installs what is missing and serves the Worker locally: with OpenAI if OPENAI_API_KEY is set, otherwise with the
// sandbox. `npm start -- --backend agent` shows the chat server of the Worker instead of OpenAI's hosted workflows.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { build } from './build.mjs';
import { formatDotenv, mergeSettings, readIfExists } from './dotenv.mjs';
import { setup } from './setup.mjs';
import { recordPort } from './running.mjs';
import { continueWithProjectNode } from './setup/npm.mjs';
import { inRoot, projectEnv, root } from './setup/paths.mjs';
import { main, Problem, say, whenAbandoned } from './setup/run.mjs';

const sandboxPort = 8788;

/** The port from the options for wrangler, or the default. */
function chosenPort(/** @type {string[]} */ options) {
  const i = options.findIndex((option) => option === '--port' || option.startsWith('--port='));
  if (i === -1) return 8787;
  const text = options[i].split('=')[1] ?? options[i + 1];
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Problem(`--port must be a number from 1 to 65535, not "${text ?? ''}".`);
  return port;
}

/** The value of `--backend`, or undefined for what the settings say. */
function chosenBackend(/** @type {string[]} */ options) {
  const i = options.findIndex((option) => option === '--backend' || option.startsWith('--backend='));
  if (i === -1) return undefined;
  const backend = options[i].split('=')[1] ?? options[i + 1];
  if (backend !== 'hosted' && backend !== 'agent') throw new Problem(`--backend must be hosted or agent, not "${backend ?? ''}".`);
  return backend;
}

/** Whether something already listens on the port. */
function isTaken(/** @type {number} */ port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' });
    socket.on('connect', () => (socket.destroy(), resolve(true))).on('error', () => resolve(false));
  });
}

/** Starts the sandbox on its default port, or on any free one, with the settings of a backend. */
async function openSandbox(/** @type {string | undefined} */ backend) {
  const { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } = await import('../sandbox/openai.mjs');
  const sandbox = await startSandbox({ port: (await isTaken(sandboxPort)) ? 0 : sandboxPort, deltaDelayMs: 20 });
  return {
    sandbox,
    settings: {
      OPENAI_API_KEY: SANDBOX_KEY,
      ...(backend === 'agent'
        ? { BACKEND: backend, AGENT: JSON.stringify((await import('../sandbox/sample-agent.mjs')).SAMPLE_AGENT) }
        : { OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW }),
      OPENAI_BASE_URL: sandbox.baseUrl,
      CHATKIT_JS_URL: sandbox.widgetUrl,
    },
  };
}

/** Prints these lines once the Worker responds. */
async function announce(/** @type {number} */ port, /** @type {string[]} */ lines, /** @type {AbortSignal} */ stopped) {
  while (!stopped.aborted) {
    const up = await fetch(`http://localhost:${port}/health`, { signal: stopped }).then(({ status }) => status < 500, () => false);
    if (up) return say(['', ...lines, ''].join('\n'));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Runs wrangler until it exits. Stops it and everything it started when this process gets a signal to stop. */
function serve(/** @type {string[]} */ args, /** @type {(stopped: AbortSignal) => void} */ onStart) {
  return new Promise((resolve) => {
    const exited = new AbortController();
    let stopping = false;
    // Its own process group, so that signals reach workerd even if wrangler has already exited.
    const child = spawn(process.execPath, [inRoot('node_modules', 'wrangler', 'bin', 'wrangler.js'), ...args], {
      cwd: root, env: projectEnv(), stdio: ['ignore', 'inherit', 'inherit'], detached: true,
    });
    const signalAll = (/** @type {NodeJS.Signals} */ signal) => {
      try {
        process.kill(-(/** @type {number} */ (child.pid)), signal);
      } catch {
        // The group has already exited.
      }
    };
    const stop = () => {
      if (stopping) return;
      stopping = true;
      signalAll('SIGTERM');
      setTimeout(() => signalAll('SIGKILL'), 4000).unref();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
    whenAbandoned(stop);
    child.on('error', (error) => say(`wrangler could not be started: ${error.message}`));
    child.on('close', (code) => {
      exited.abort();
      signalAll('SIGKILL');
      resolve(stopping ? 0 : code || 0);
    });
    onStart(exited.signal);
  });
}

async function start() {
  const options = process.argv.slice(2);
  const port = chosenPort(options);
  const backend = chosenBackend(options);
  await setup();
  const continued = await continueWithProjectNode(import.meta.url);
  if (continued !== null) return continued;

  if (await isTaken(port)) {
    throw new Problem(`Port ${port} is in use. Stop the program that uses it, or choose another port: npm start -- --port 9000`);
  }
  await build();
  const settings = mergeSettings({
    devVars: readIfExists(inRoot('.dev.vars')),
    env: [readIfExists(inRoot('.env')), readIfExists(inRoot('.env.local'))],
    shell: process.env,
  });
  const standIn = settings.OPENAI_API_KEY ? null : await openSandbox(backend);

  const lines = [`ChatKit Edge: http://localhost:${port}`];
  if (standIn) {
    lines.push(`Sandbox: OPENAI_API_KEY is not set, so a local stand-in replaces OpenAI (${standIn.sandbox.url}).`,
      backend === 'agent'
        ? 'To use OpenAI, put OPENAI_API_KEY into .dev.vars and AGENT into wrangler.toml (docs/configuration.md).'
        : 'To use OpenAI, put OPENAI_API_KEY and OPENAI_CHATKIT_WORKFLOW_ID into .dev.vars (see .dev.vars.example).');
  } else {
    lines.push(`OpenAI: ${settings.OPENAI_BASE_URL ?? 'https://api.openai.com/v1'}, with your key.`);
    if (backend !== 'agent' && !settings.OPENAI_CHATKIT_WORKFLOW_ID && !settings.AGENT) {
      lines.push('OPENAI_CHATKIT_WORKFLOW_ID is not set. Put it (wf_…) beside the key, unless wrangler.toml has an AGENT.');
    }
  }
  lines.push('Ctrl-C stops it.');

  // A file, not --var: every user of the machine can read a command line, and wrangler would print the values.
  const settingsFile = inRoot('.wrangler', `start-${process.pid}.env`);
  mkdirSync(inRoot('.wrangler'), { recursive: true });
  // Refuses other hosts: a page whose name is bound to 127.0.0.1 (DNS rebinding) could start sessions with the key.
  const local = { LOOPBACK_ONLY: 'true', ...settings, ...(backend && { BACKEND: backend }), ...standIn?.settings };
  writeFileSync(settingsFile, formatDotenv(local), { mode: 0o600 });
  const forgetPort = recordPort(inRoot('.wrangler'), port);
  try {
    return await serve(
      ['dev', '--port', String(port), '--ip', 'localhost', '--show-interactive-dev-session=false', '--env-file', settingsFile, ...withoutOurs(options)],
      (stopped) => void announce(port, lines, stopped));
  } finally {
    rmSync(settingsFile, { force: true });
    forgetPort();
    await standIn?.sandbox.close();
  }
}

/** The options that are wrangler's. */
function withoutOurs(/** @type {string[]} */ options) {
  const ours = (/** @type {string | undefined} */ option) => option === '--port' || option === '--backend';
  return options.filter((option, i) => !/^--(port|backend)(=|$)/.test(option) && !ours(options[i - 1]));
}

await main(start);
