// Installs the npm packages of package-lock.json, one of which is the Node version that wrangler needs.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { inRoot, projectEnv } from './paths.mjs';
import { Problem, run, whenAbandoned } from './run.mjs';

const projectNode = inRoot('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/**
 * Packages of the lockfile that are not installed in their version. `installed` is npm's own record in node_modules.
 * Optional packages are skipped: npm does not install those of other platforms.
 */
export function missingPackages(/** @type {any} */ lock, /** @type {any} */ installed) {
  return Object.entries(lock.packages)
    .filter(([where, { optional, version }]) => where && !optional && installed?.packages?.[where]?.version !== version)
    .map(([where]) => where);
}

export function npmReady() {
  const record = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(record) || !existsSync(projectNode)) return false;
  const [lock, installed] = [inRoot('package-lock.json'), record].map((file) => JSON.parse(readFileSync(file, 'utf8')));
  return missingPackages(lock, installed).length === 0;
}

export async function npmInstall() {
  // loglevel: hides the warning that the machine's Node is too old for wrangler, which runs with the project's Node.
  const { code, missing } = await run('npm', ['ci', '--loglevel=error']);
  if (missing) throw new Problem('npm is missing. Install Node.js 20 or newer, which includes it: https://nodejs.org');
  if (code !== 0) throw new Problem('The npm packages could not be installed: "npm ci" failed, see above.');
  if (!existsSync(projectNode)) {
    throw new Problem('npm installed the package "node" without its program. Install scripts may be disabled.\n'
      + 'Run "npm ci --ignore-scripts=false" and check its output.');
  }
}

/**
 * Runs the script again with the project's Node if it was started with another one.
 * @param {string} script import.meta.url of the script
 * @returns {Promise<number | null>} the exit status of that run, or null if this is already the project's Node
 */
export async function continueWithProjectNode(script) {
  if (realpathSync(process.execPath) === realpathSync(projectNode)) return null;
  return new Promise((resolve) => {
    const child = spawn(projectNode, [fileURLToPath(script), ...process.argv.slice(2)], {
      env: projectEnv({ CHATKIT_EDGE_CONTINUED: '1' }),
      stdio: 'inherit',
    });
    // Forward signals; the child decides when to exit, and this process waits for it.
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
    whenAbandoned(() => child.kill('SIGTERM'));
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  });
}
