// `npm test` installs what is missing and runs every stage in order, until one fails.
// `npm test -- worker` runs only the named stages, and the build if they need it.
import { availableParallelism } from 'node:os';
import { bundle } from './bundle.mjs';
import { setup } from './setup.mjs';
import { continueWithProjectNode } from './setup/npm.mjs';
import { npmBin, projectEnv } from './setup/paths.mjs';
import { main, Problem, run, say } from './setup/run.mjs';
import { wasmToolchain } from './setup/rust.mjs';

const worker = 'chatkit-edge';
const denyWarnings = ['--', '-D', 'warnings'];

const command = async (/** @type {string} */ name, /** @type {string[]} */ ...args) => (await run(name, args, { env: projectEnv() })).code;
const cargo = (/** @type {string[]} */ ...args) => command('cargo', ...args);

async function lint() {
  const onHost = await cargo('clippy', '--workspace', '--all-targets', ...denyWarnings);
  if (onHost) return onHost;
  const toolchain = await wasmToolchain();
  if (toolchain?.folder) {
    say('Skipping clippy for WebAssembly: std for that target was built by a different rustc than the one clippy belongs to.');
    return 0;
  }
  return cargo('clippy', '--package', worker, '--target', 'wasm32-unknown-unknown', ...denyWarnings);
}

function nodeTests(/** @type {string} */ folder) {
  // Each file runs in its own process, and some also start workerd or a browser.
  const concurrency = Math.max(2, Math.min(4, availableParallelism()));
  return command(process.execPath, '--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`,
    '--test-timeout=300000', `tests/${folder}/**/*.test.mjs`);
}

/** @type {Record<string, () => Promise<number>>} */
const stages = {
  format: () => cargo('fmt', '--all', '--check'),
  lint,
  // A fixed seed, so that every run uses the same generated inputs; plain `cargo test` uses new ones each time.
  rules: async () => (await run('cargo', ['test', '--workspace', '--exclude', worker],
    { env: { ...projectEnv(), PROPTEST_RNG_SEED: '1' } })).code,
  types: () => command(`${npmBin}/tsc`, '--project', 'tsconfig.json'),
  build: bundle,
  node: () => nodeTests('*'),
};

// The parts of the stage "node": the folders of tests/.
const folders = ['repository', 'scripts', 'sandbox', 'worker', 'chatkit', 'bench', 'contract', 'docs', 'clients', 'browser'];
const needBuild = new Set(['worker', 'chatkit', 'bench', 'contract', 'docs', 'clients', 'browser', 'node']);

/** The stages to run, in order. */
function chosenStages(/** @type {string[]} */ names) {
  if (!names.length) return Object.entries(stages);
  const unknown = names.find((name) => !stages[name] && !folders.includes(name));
  if (unknown) throw new Problem(`Unknown stage "${unknown}". Available: ${[...Object.keys(stages), ...folders].join(', ')}.`);
  const wanted = names.some((name) => needBuild.has(name)) && !names.includes('build') ? ['build', ...names] : names;
  return wanted.map((name) => /** @type {const} */ ([name, stages[name] ?? (() => nodeTests(name))]));
}

async function test() {
  const chosen = chosenStages(process.argv.slice(2));
  await setup({ tests: true });
  const continued = await continueWithProjectNode(import.meta.url);
  if (continued !== null) return continued;

  for (const [i, [name, stage]] of chosen.entries()) {
    say(`\n${name} (${i + 1} of ${chosen.length})`);
    const started = Date.now();
    const code = await stage();
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (code) {
      process.stderr.write(`\n${name} failed after ${seconds} s. To run only this stage: npm test -- ${name}\n`);
      return code;
    }
    // The summary of the last test runner should be the last output.
    if (i < chosen.length - 1) say(`${name}: ${seconds} s`);
  }
}

await main(test);
