// Measures the compressed size of what is deployed, and the CPU time of a Worker's start by `wrangler check startup`.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inRoot, projectEnv } from '../../scripts/setup/paths.mjs';
import { output } from '../../scripts/setup/run.mjs';
import { figure } from './figures.mjs';
import { nextHome, pythonHome } from './servers.mjs';
import { buildOf } from './workers.mjs';

const STARTS = 5;
const wrangler = inRoot('node_modules', 'wrangler', 'bin', 'wrangler.js');

const said = async (/** @type {string[]} */ args) => {
  const text = await output(process.execPath, [wrangler, ...args], { env: projectEnv() });
  if (text === null) throw new Error(`wrangler ${args[0]} failed`);
  return text;
};

/**
 * The size of a Worker's upload in KB, and the CPU time of its start in ms, by several runs of `wrangler check startup`.
 * @param {import('./workers.mjs').Worker} worker
 */
export async function workerDeployment(worker) {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatkit-edge-'));
  try {
    const settings = await readFile(inRoot('wrangler.toml'), 'utf8');
    const compatibility = settings.match(/^compatibility_.+$/gm)?.join('\n');
    const config = path.join(folder, 'wrangler.toml');
    const bundle = path.join(folder, 'worker.bundle');
    const main = JSON.stringify(path.join(await buildOf(worker), 'index.js'));
    const lines = ['name = "compared"', `main = ${main}`, compatibility, 'no_bundle = true', 'find_additional_modules = true'];
    await writeFile(config, `${lines.join('\n')}\n`);
    await said(['deploy', '--dry-run', '--config', config, '--outfile', bundle]);
    const active = [];
    let size = NaN;
    for (let i = 0; i < STARTS; i++) {
      const text = await said(['check', 'startup', '--worker', bundle, '--outfile', path.join(folder, 'start.cpuprofile')]);
      active.push(Number(/Active: ([\d.]+) ms/.exec(text)?.[1]));
      size = Number(/gzip: ([\d.]+) KiB/.exec(text)?.[1]);
    }
    return { size, start: figure(active) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The size of a folder as a compressed archive, in KB. */
async function archived(/** @type {string} */ folder, /** @type {string[]} */ without = []) {
  const args = ['-c', 'tar cz -C "$0" "$@" . | wc -c', folder, ...without.map((pattern) => `--exclude=${pattern}`)];
  return Number(await output('sh', args)) / 1024;
}

/** The sizes of the services, without Python and Node themselves. */
export const serverSizes = async () => ({
  FastAPI: await archived(path.join(pythonHome, 'lib'), ['__pycache__', 'pip', 'pip-*', 'setuptools', 'setuptools-*']),
  'Next.js': await archived(path.join(nextHome, '.next', 'standalone')),
});
