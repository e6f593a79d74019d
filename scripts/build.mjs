// Builds the optimised Worker into build/ by worker-build, and the files in public/ that are not committed. `npm run build` and wrangler ([build]
// in wrangler.toml) both call it, with any Node and from any folder. Nothing is compiled if the sources have not changed since
// the last build.
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildEmbed } from './embed.mjs';
import { setup } from './setup.mjs';
import { inRoot, npmBin, projectEnv, root, toolsBin } from './setup/paths.mjs';
import { main, output, Problem, run, say } from './setup/run.mjs';
import { wasmToolchain } from './setup/rust.mjs';
import { buildInputs, fingerprint, isCurrent, writeStamp } from './stamp.mjs';
import { vendor } from './vendor.mjs';

const stampFile = inRoot('build', '.stamp');
const wasm = inRoot('build', 'rust', 'index_bg.wasm');
const results = [inRoot('build', 'rust', 'index.js'), wasm];

// `npm run build -- --names` keeps the names of Rust's functions, for profiles.
const names = process.argv.includes('--names');

/** The binary from esbuild's platform package; the program in node_modules/.bin may be a slower wrapper script. */
function esbuildProgram() {
  try {
    const fromEsbuild = createRequire(createRequire(inRoot('package.json')).resolve('esbuild'));
    return fromEsbuild.resolve(`@esbuild/${process.platform}-${process.arch}/bin/esbuild`);
  } catch {
    return path.join(npmBin, 'esbuild');
  }
}

const wasmOpt = inRoot('node_modules', 'binaryen', 'bin', 'wasm-opt');

// Those that worker-build enables: with more, wasm-opt may write an encoding that workerd does not know.
const features = [
  'mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue', 'reference-types', 'exception-handling',
].map((name) => `--enable-${name}`);

/** Removes the names of Rust's functions, which worker-build keeps: a sixth of what is uploaded, compressed. */
async function removeNames(/** @type {string} */ file, /** @type {NodeJS.ProcessEnv} */ env) {
  const { code } = await run(wasmOpt, [file, '-o', file, '--strip-debug', '--strip-producers', ...features], { env });
  if (code !== 0) throw new Problem('The Worker could not be built: wasm-opt failed, see above.');
}

/** Flags that remove this machine's folders from the source paths in panic messages, so that builds are reproducible. */
async function withoutPaths(/** @type {NodeJS.ProcessEnv} */ env) {
  const sysroot = (await output('rustc', ['--print', 'sysroot'], { env })) ?? '';
  const crates = path.join(env.CARGO_HOME ?? path.join(homedir(), '.cargo'), 'registry', 'src');
  return [[path.join(sysroot.trim(), 'lib', 'rustlib', 'src', 'rust'), 'rust'], [crates, 'crates']]
    .map(([folder, name]) => `--remap-path-prefix=${folder}=${name}`);
}

export async function build() {
  await setup({ quiet: true });
  vendor();
  await buildEmbed();
  const toolchain = await wasmToolchain();
  if (!toolchain) throw new Problem('Rust for WebAssembly is missing. Run "npm run setup".');

  /** @type {NodeJS.ProcessEnv} */
  const env = {
    ...projectEnv(),
    RUST_BACKTRACE: '0', // a backtrace of worker-build itself does not help
    // Without these, worker-build downloads its own copies.
    WASM_BINDGEN_BIN: path.join(toolsBin, 'wasm-bindgen'),
    WASM_OPT_BIN: wasmOpt,
    ESBUILD_BIN: esbuildProgram(),
  };
  if (toolchain.folder) {
    env.PATH = toolchain.folder + path.delimiter + env.PATH;
    env.RUSTC = path.join(toolchain.folder, 'rustc');
  }
  env.CARGO_ENCODED_RUSTFLAGS = (await withoutPaths(env)).join('\x1f');
  const rustc = (await output('rustc', ['-vV'], { env })) ?? '';
  // Computed before the build, so that a source that changes during the build causes another one.
  const print = fingerprint(root, buildInputs(root), rustc + names);
  if (isCurrent(stampFile, print, results)) {
    say('The Worker is up to date.');
    return;
  }

  say('Building the Worker (about a minute the first time).');
  const started = Date.now();
  const { code } = await run(path.join(toolsBin, 'worker-build'), [names ? '--profiling' : '--release', '--out-dir', 'build/rust'], { env });
  if (code !== 0) throw new Problem('The Worker could not be built: worker-build failed, see above.');
  if (!names) await removeNames(wasm, env);
  writeStamp(stampFile, print);
  say(`Built the Worker in ${Math.round((Date.now() - started) / 1000)} s.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(build);
