// Checks Rust, and installs the WebAssembly target, and rustfmt and clippy for the tests.
import { existsSync, readdirSync } from 'node:fs';
import { debianToolchain, installDebianToolchain, isDebian } from './debian.mjs';
import { output, Problem, run, say, which } from './run.mjs';
import { atLeast, minimumRust } from './versions.mjs';

const target = 'wasm32-unknown-unknown';
// rustup retries for a long time if downloads are blocked. A slow connection still gets the 20 MB in this time.
const rustupLimit = 180_000;

const howToGetRust = 'Install it with rustup (https://rustup.rs), or on Debian: apt-get install rustc-web cargo-web';

/** Checks for cargo, rustc and a C compiler, which the scripts do not install. */
export async function checkRust() {
  const version = /^rustc (\S+)/.exec((await output('rustc', ['--version'])) ?? '')?.[1];
  if (!version || !which('cargo')) throw new Problem(`Rust is missing: "cargo" and "rustc" do not run here.\n${howToGetRust}`);
  if (!atLeast(version, minimumRust)) {
    throw new Problem(`Rust ${version} is too old: ${minimumRust} or newer is needed. Run "rustup update stable".\n${howToGetRust}`);
  }
  if (process.platform !== 'win32' && !which('cc')) {
    throw new Problem('A C compiler is missing: Rust links with "cc". On Debian: apt-get install gcc libc6-dev');
  }
}

/**
 * The toolchain that can compile for WebAssembly, or null if there is none yet. `folder` has its programs and goes first on the
 * PATH for that build only; null means that those on the PATH work.
 * CHATKIT_EDGE_TOOLCHAIN=debian selects Debian's toolchain even if rustup's is available.
 * @returns {Promise<{ folder: string | null } | null>}
 */
export async function wasmToolchain() {
  if (process.env.CHATKIT_EDGE_TOOLCHAIN !== 'debian') {
    const folder = await output('rustc', ['--print', 'target-libdir', '--target', target]);
    const installed = folder && existsSync(folder) && readdirSync(folder).some((file) => /^libcore-.*\.rlib$/.test(file));
    if (installed) return { folder: null };
  }
  const folder = await debianToolchain();
  return folder ? { folder } : null;
}

export async function installWasmTarget() {
  if (process.env.CHATKIT_EDGE_TOOLCHAIN !== 'debian' && which('rustup')) {
    await run('rustup', ['target', 'add', target], { timeoutMs: rustupLimit });
    if (await wasmToolchain()) return;
    say(`  "rustup target add ${target}" failed.`);
  }
  if (!isDebian()) {
    throw new Problem(`Rust's target ${target} is missing.\n`
      + `Install it with "rustup target add ${target}". If you do not have rustup: https://rustup.rs`);
  }
  say('  Building it from the source in Debian\'s packages.');
  await installDebianToolchain();
}

/** Whether `cargo fmt` and `cargo clippy` run. */
export async function lintersReady() {
  const versions = await Promise.all(['fmt', 'clippy'].map((name) => output('cargo', [name, '--version'])));
  return versions.every(Boolean);
}

export async function installLinters() {
  if (which('rustup')) await run('rustup', ['component', 'add', 'rustfmt', 'clippy'], { timeoutMs: rustupLimit });
  if (!(await lintersReady())) {
    throw new Problem('The tests need rustfmt and clippy, but "cargo fmt" or "cargo clippy" does not run here.\n'
      + 'Install them with "rustup component add rustfmt clippy". Debian has rustfmt-web but no clippy for this version.');
  }
}
