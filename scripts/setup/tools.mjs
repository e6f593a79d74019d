// Installs programs from crates.io into .tools/bin: worker-build and wasm-bindgen, in the versions that match Cargo.lock, and
// others that a script lists.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inRoot, tools, toolsBin } from './paths.mjs';
import { Problem, run, say } from './run.mjs';
import { installedTools, toolVersions } from './versions.mjs';

/** A program from a crate, in a fixed version. @typedef {{ crate: string, binary: string, version: string }} Tool */

/** Whether the program is in .tools/bin, in that version. */
export function crateReady(/** @type {Tool} */ { crate, binary, version }) {
  const record = path.join(tools, '.crates.toml');
  const installed = existsSync(record) ? installedTools(readFileSync(record, 'utf8')) : new Map();
  return installed.get(crate) === version && existsSync(path.join(toolsBin, binary));
}

const missingTools = () => toolVersions().filter((tool) => !crateReady(tool));

export const toolsReady = () => missingTools().length === 0;
export const installTools = () => installCrates(missingTools());

/** Compiles and installs the programs into .tools/bin. */
export async function installCrates(/** @type {Tool[]} */ missing) {
  const target = inRoot('.tools', 'target');
  for (const { crate, version } of missing) {
    say(`  cargo install ${crate} ${version}`);
    const { code } = await run('cargo',
      ['install', crate, '--version', version, '--locked', '--force', '--root', tools, '--target-dir', target],
      {
        env: {
          ...process.env,
          // The tools run for a second or two per build, so compiling them fast matters more than running them fast.
          CARGO_PROFILE_RELEASE_LTO: 'off',
          CARGO_PROFILE_RELEASE_OPT_LEVEL: '1',
          CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
        },
      });
    if (code !== 0) {
      throw new Problem(`${crate} ${version} could not be installed: "cargo install" failed, see above.\n`
        + 'It needs access to crates.io and a C compiler (on Debian: apt-get install gcc libc6-dev).');
    }
  }
  rmSync(target, { recursive: true, force: true });
}
