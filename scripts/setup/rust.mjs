// Rust: cargo itself, the WebAssembly target, and rustfmt and clippy for the tests.
import { existsSync, readdirSync } from 'node:fs';
import { debianToolchain, installDebianToolchain, isDebian } from './debian.mjs';
import { output, Problem, run, say, which } from './run.mjs';
import { atLeast, minimumRust } from './versions.mjs';

const target = 'wasm32-unknown-unknown';
// rustup retries for a long time where downloads are blocked; a slow line still gets the 20 MB in this time.
const rustupLimit = 180_000;

const howToGetRust = 'Get it with rustup (https://rustup.rs), or on Debian: apt-get install rustc-web cargo-web';

/** Checks what the scripts do not install by themselves. */
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
 * The toolchain that can compile for WebAssembly, null if there is none yet. `folder` has its programs, to be put first on the
 * PATH for that build alone; null means those on the PATH already.
 * CHATKIT_EDGE_TOOLCHAIN=debian takes Debian's even where rustup's would do.
 * @returns {Promise<{ folder: string | null } | null>}
 */
export async function wasmToolchain() {
  if (process.env.CHATKIT_EDGE_TOOLCHAIN !== 'debian') {
    const folder = await output('rustc', ['--print', 'target-libdir', '--target', target]);
    const there = folder && existsSync(folder) && readdirSync(folder).some((file) => /^libcore-.*\.rlib$/.test(file));
    if (there) return { folder: null };
  }
  const folder = await debianToolchain();
  return folder ? { folder } : null;
}

export async function installWasmTarget() {
  if (process.env.CHATKIT_EDGE_TOOLCHAIN !== 'debian' && which('rustup')) {
    await run('rustup', ['target', 'add', target], { timeoutMs: rustupLimit });
    if (await wasmToolchain()) return;
    say(`  "rustup target add ${target}" did not work.`);
  }
  if (!isDebian()) {
    throw new Problem(`Rust's target ${target} is missing.\nGet it with "rustup target add ${target}"; where there is no rustup, see https://rustup.rs`);
  }
  say('  Building it from the source that Debian has.');
  await installDebianToolchain();
}

/** rustfmt and clippy, as `cargo fmt` and `cargo clippy`. */
export async function lintersReady() {
  const versions = await Promise.all(['fmt', 'clippy'].map((name) => output('cargo', [name, '--version'])));
  return versions.every(Boolean);
}

export async function installLinters() {
  if (which('rustup')) await run('rustup', ['component', 'add', 'rustfmt', 'clippy'], { timeoutMs: rustupLimit });
  if (!(await lintersReady())) {
    throw new Problem('The tests need rustfmt and clippy: "cargo fmt" and "cargo clippy" do not both run here.\n'
      + 'Get them with "rustup component add rustfmt clippy". Debian packages rustfmt-web but no clippy of this age.');
  }
}
