// Installs and starts the two services of the comparison: FastAPI under uvicorn and a Next.js route, as guides show them, in
// production builds. They are installed into .tools on first use. The project itself needs neither.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { venv } from '../../scripts/setup/python.mjs';
import { Problem, run, say } from '../../scripts/setup/run.mjs';
import { fingerprint, isCurrent, writeStamp } from '../../scripts/stamp.mjs';
import { freePort } from '../../tests/support/port.mjs';
import { cpuSeconds } from './process.mjs';
import { KEY, WORKFLOW } from './workers.mjs';

const NEXT_FILES = ['package.json', 'package-lock.json', '.npmrc', 'next.config.js', 'app/api/chatkit/start/route.js'];
const START_SECONDS = 60;

const python = venv('bench-fastapi', ['bench', 'fastapi', 'requirements.txt'], '`npm run bench` needs');
export const nextHome = inRoot('.tools', 'bench-next');
const nextProgram = inRoot('.tools', 'bench-next', 'node_modules', 'next', 'dist', 'bin', 'next');
const nextEnv = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' };

async function installNext() {
  const source = inRoot('bench', 'next');
  const stamp = inRoot('.tools', 'bench-next', 'installed');
  const print = fingerprint(source, NEXT_FILES.map((name) => inRoot('bench', 'next', name)));
  if (isCurrent(stamp, print, [nextProgram])) return;
  say('Next.js: installing and building (about a minute)');
  rmSync(nextHome, { recursive: true, force: true });
  mkdirSync(nextHome, { recursive: true });
  for (const name of NEXT_FILES) cpSync(`${source}/${name}`, `${nextHome}/${name}`);
  const installed = await run('npm', ['ci', '--ignore-scripts', '--loglevel=error'], { cwd: nextHome });
  if (installed.code !== 0) throw new Problem('Next.js could not be installed: "npm ci" failed, see above.');
  const built = await run(process.execPath, [nextProgram, 'build'], { cwd: nextHome, env: nextEnv });
  if (built.code !== 0) throw new Problem('The Next.js route could not be built, see above.');
  writeStamp(stamp, print);
}

/** Installs both services if they are missing. */
export async function installServers() {
  if (!(await python.ready())) {
    say('FastAPI: installing (about 20 seconds)');
    await python.install();
  }
  await installNext();
}

/** The folder of FastAPI's virtual environment. */
export const pythonHome = python.home;

/**
 * @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} env @param {number} port
 * @param {string} [cwd]
 */
async function start(program, args, env, port, cwd) {
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (text) => (said = (said + text).slice(-4000)));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_SECONDS * 1000;
  const answers = () => fetch(`${url}/health`).then((answer) => answer.arrayBuffer().then(() => true), () => false);
  while (!(await answers())) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${program} did not start: ${said}`);
    await pause(50);
  }
  const pid = /** @type {number} */ (child.pid);
  return {
    url,
    pid,
    /** Milliseconds of CPU until the first response. */
    startMs: cpuSeconds(pid) * 1000,
    async close() {
      const ended = child.exitCode === null && once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const settings = (/** @type {string} */ baseUrl) =>
  ({ OPENAI_API_KEY: KEY, OPENAI_BASE_URL: baseUrl, OPENAI_CHATKIT_WORKFLOW_ID: WORKFLOW });

export async function startFastApi(/** @type {string} */ baseUrl) {
  const port = await freePort();
  return start(python.program(), ['-m', 'uvicorn', 'main:app', '--app-dir', inRoot('bench', 'fastapi'), '--port', String(port)],
    { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...settings(baseUrl) }, port);
}

export async function startNext(/** @type {string} */ baseUrl) {
  const port = await freePort();
  return start(process.execPath, [nextProgram, 'start', '--port', String(port), '--hostname', '127.0.0.1'],
    { ...nextEnv, ...settings(baseUrl) }, port, nextHome);
}
