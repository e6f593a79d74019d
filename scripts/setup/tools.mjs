// worker-build and wasm-bindgen, installed from source into .tools/bin in the versions Cargo.lock asks for.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inRoot, tools, toolsBin } from './paths.mjs';
import { Problem, run, say } from './run.mjs';
import { installedTools, toolVersions } from './versions.mjs';

function missingTools() {
  const record = path.join(tools, '.crates.toml');
  const installed = existsSync(record) ? installedTools(readFileSync(record, 'utf8')) : new Map();
  return toolVersions().filter(({ crate, binary, version }) =>
    installed.get(crate) !== version || !existsSync(path.join(toolsBin, binary)));
}

export const toolsReady = () => missingTools().length === 0;

export async function installTools() {
  const target = inRoot('.tools', 'target');
  for (const { crate, version } of missingTools()) {
    say(`  cargo install ${crate} ${version}`);
    const { code } = await run('cargo',
      ['install', crate, '--version', version, '--locked', '--force', '--root', tools, '--target-dir', target],
      {
        env: {
          ...process.env,
          // The tools run for a second or two per build: compiling them fast matters more than what they gain.
          CARGO_PROFILE_RELEASE_LTO: 'off',
          CARGO_PROFILE_RELEASE_OPT_LEVEL: '1',
          CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
        },
      });
    if (code !== 0) {
      throw new Problem(`${crate} ${version} could not be installed: "cargo install" failed, see above.\n`
        + 'It needs crates.io and a C compiler (on Debian: apt-get install gcc libc6-dev).');
    }
  }
  rmSync(target, { recursive: true, force: true });
}
