// A toolchain for WebAssembly on machines where rustup cannot download: Debian's Rust, and std built from Debian's source.
// It is in .tools/debian with links into /usr, so the system only gets additional packages.
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { aptInstall } from './apt.mjs';
import { inRoot } from './paths.mjs';
import { output, Problem, run, which } from './run.mjs';
import { atLeast, minimumRust } from './versions.mjs';

const target = 'wasm32-unknown-unknown';
const packages = ['rustc-web', 'rust-web-src', 'cargo-web', 'lld-22'];
const rustc = '/usr/bin/rustc';
const cargo = '/usr/bin/cargo';
const librarySource = '/usr/lib/rustlib/src/rust/library/std/Cargo.toml';

const home = inRoot('.tools', 'debian');
const bin = path.join(home, 'bin');
const stamp = path.join(home, 'rustc-version');

export const isDebian = () => existsSync('/etc/debian_version') && which('apt-get') !== null;

const findLinker = () => which('lld-22') ?? which('lld');

/** The folder with the toolchain's programs, or null if it is missing or was made for another /usr/bin/rustc. */
export async function debianToolchain() {
  if (!existsSync(stamp)) return null;
  return (await output(rustc, ['-vV'])) === readFileSync(stamp, 'utf8') ? bin : null;
}

export async function installDebianToolchain() {
  await installPackages();
  const version = /** @type {string} */ (await output(rustc, ['-vV']));
  const host = /^host: (.+)$/m.exec(version)?.[1] ?? '';

  rmSync(home, { recursive: true, force: true });
  mkdirSync(bin, { recursive: true });
  // rustc looks for a linker of this name in its host folder.
  const hostFolder = path.join(home, 'lib', 'rustlib', host);
  mkdirSync(path.join(hostFolder, 'bin'), { recursive: true });
  symlinkSync(`/usr/lib/rustlib/${host}/lib`, path.join(hostFolder, 'lib'));
  symlinkSync(/** @type {string} */ (findLinker()), path.join(hostFolder, 'bin', 'rust-lld'));
  symlinkSync(cargo, path.join(bin, 'cargo'));
  const wrapper = path.join(bin, 'rustc');
  writeFileSync(wrapper, '#!/bin/sh\n# Debian\'s rustc, with this folder as its sysroot.\n'
    + `here=$(dirname "$(dirname "$(readlink -f "$0")")")\nexec ${rustc} --sysroot "$here" "$@"\n`);
  chmodSync(wrapper, 0o755);

  await buildStandardLibrary(path.join(home, 'lib', 'rustlib', target, 'lib'));
  writeFileSync(stamp, version);
}

async function installPackages() {
  const version = /^rustc (\S+)/.exec((await output(rustc, ['--version'])) ?? '')?.[1] ?? '0';
  const complete = atLeast(version, minimumRust) && existsSync(cargo) && existsSync(librarySource) && findLinker();
  if (complete) return;
  await aptInstall(packages, `A Rust toolchain that can compile for ${target}`);
  if (!existsSync(librarySource) || !findLinker()) {
    throw new Problem(`The Debian packages ${packages.join(', ')} are installed, but Rust's std source or the linker is missing.`);
  }
}

/** Compiles std for the target as a dependency of an empty crate, and copies its libraries to `destination`. */
async function buildStandardLibrary(/** @type {string} */ destination) {
  const work = mkdtempSync(path.join(tmpdir(), 'chatkit-edge-std-'));
  try {
    mkdirSync(path.join(work, 'src'));
    writeFileSync(path.join(work, 'src', 'lib.rs'), '');
    // An rlib, because it needs no linker and std is compiled anyway.
    writeFileSync(path.join(work, 'Cargo.toml'),
      '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n\n[profile.release]\npanic = "abort"\n');
    const { code } = await run(cargo, ['build', '--release', '--target', target, '-Z', 'build-std=std,panic_abort'], {
      cwd: work,
      env: {
        ...process.env,
        RUSTC: rustc,
        RUSTC_BOOTSTRAP: '1', // build-std is an unstable option of cargo
        RUSTFLAGS: '-Cembed-bitcode=yes', // link-time optimisation reads it
        CARGO_TARGET_DIR: path.join(work, 'target'),
      },
    });
    if (code !== 0) throw new Problem(`Rust's std could not be built for ${target}: cargo failed, see above.`);
    const built = path.join(work, 'target', target, 'release', 'deps');
    mkdirSync(destination, { recursive: true });
    for (const file of readdirSync(built)) {
      if (file.endsWith('.rlib') && !file.startsWith('libempty-')) cpSync(path.join(built, file), path.join(destination, file));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
