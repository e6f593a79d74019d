// Installs the missing tools and packages for building, running and testing. Those that are installed are only checked.
import { pathToFileURL } from 'node:url';
import { findChromium, installChromium } from './chromium.mjs';
import { aptInstall } from './setup/apt.mjs';
import { npmInstall, npmReady } from './setup/npm.mjs';
import { installPython, pythonReady } from './setup/python.mjs';
import { checkRust, installLinters, installWasmTarget, lintersReady, wasmToolchain } from './setup/rust.mjs';
import { main, say, which } from './setup/run.mjs';
import { installTools, toolsReady } from './setup/tools.mjs';

/** @typedef {{ name: string, takes?: string, ready: () => unknown, install: () => Promise<void> }} Step */

/** @type {Step[]} */
const forBuilding = [
  { name: 'npm packages', takes: 'about a minute', ready: npmReady, install: npmInstall },
  // checkRust throws if something is missing; nothing installs it, so this step is "ready" or an error.
  { name: 'Rust', ready: async () => (await checkRust(), true), install: async () => {} },
  { name: 'Rust for WebAssembly', takes: 'about a minute', ready: wasmToolchain, install: installWasmTarget },
  { name: 'worker-build and wasm-bindgen', takes: 'about 3 minutes on two cores', ready: toolsReady, install: installTools },
];

/** @type {Step[]} */
const forTesting = [
  { name: 'rustfmt and clippy', ready: lintersReady, install: installLinters },
  { name: 'Chromium', takes: 'about a minute', ready: findChromium, install: installChromium },
  { name: 'curl', ready: () => which('curl'), install: () => aptInstall(['curl'], 'curl, which the tests use,') },
  { name: 'Python packages', takes: 'about a minute', ready: pythonReady, install: installPython },
];

/**
 * @param {{ tests?: boolean, quiet?: boolean }} [options] tests: include what only the tests need. quiet: print only installations.
 */
export async function setup({ tests = false, quiet = false } = {}) {
  const steps = tests ? [...forBuilding, ...forTesting] : forBuilding;
  for (const [index, { name, takes, ready, install }] of steps.entries()) {
    const heading = `[${index + 1}/${steps.length}] ${name}`;
    if (await ready()) {
      if (!quiet) say(`${heading}: ready`);
      continue;
    }
    const started = Date.now();
    say(`${heading}: installing${takes ? ` (${takes})` : ''}`);
    await install();
    say(`${heading}: installed in ${Math.round((Date.now() - started) / 1000)} s`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(() => setup({ tests: true }));
}
