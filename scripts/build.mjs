// Builds the optimised Worker into build/ and completes the files it serves. `npm run build` and wrangler (see [build] in
// wrangler.toml) both call it, with whatever Node and from whatever folder; nothing is compiled when the sources are those
// of the last build.
import { createRequire } from 'node:module';
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
const wasm = inRoot('build', 'index_bg.wasm');
const results = [inRoot('build', 'index.js'), wasm];

// What rustc and wasm-bindgen use and workerd knows; more, and wasm-opt may write what workerd does not.
const features = ['mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue', 'reference-types', 'exception-handling'];
// The names of functions are a fifth of the file. `npm run build -- --names` keeps them, for profiles.
const names = process.argv.includes('--names') ? ['--debuginfo'] : ['--strip-debug'];
const wasmOptArgs = ['-Os', ...names, '--strip-producers', ...features.map((name) => `--enable-${name}`)];

/** The program of esbuild's own platform package; the "esbuild" beside it may be a slower script around it. */
function esbuildProgram() {
  try {
    const fromEsbuild = createRequire(createRequire(inRoot('package.json')).resolve('esbuild'));
    return fromEsbuild.resolve(`@esbuild/${process.platform}-${process.arch}/bin/esbuild`);
  } catch {
    return path.join(npmBin, 'esbuild');
  }
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
    RUST_BACKTRACE: '0', // of worker-build itself it says nothing about the sources
    // A request goes on when its client goes away: what it took is given back, those who wait for the same are told, and
    // its memory is freed.
    RUN_TO_COMPLETION: '1',
    // Without these worker-build downloads its own.
    WASM_BINDGEN_BIN: path.join(toolsBin, 'wasm-bindgen'),
    ESBUILD_BIN: esbuildProgram(),
  };
  if (toolchain.folder) {
    env.PATH = toolchain.folder + path.delimiter + env.PATH;
    env.RUSTC = path.join(toolchain.folder, 'rustc');
  }
  const rustc = (await output('rustc', ['-vV'], { env })) ?? '';
  // Taken before the build: what changes while it runs makes the next one build again.
  const print = fingerprint(root, buildInputs(root), rustc + names);
  if (isCurrent(stampFile, print, results)) {
    say('The Worker is built already.');
    return;
  }

  say('Building the Worker (about a minute the first time).');
  const started = Date.now();
  const { code } = await run(path.join(toolsBin, 'worker-build'), ['--release'], { env });
  if (code !== 0) throw new Problem('The Worker could not be built: worker-build failed, see above.');
  const shrunk = await run(process.execPath, [inRoot('node_modules', 'binaryen', 'bin', 'wasm-opt'), wasm, '-o', wasm, ...wasmOptArgs]);
  if (shrunk.code !== 0) throw new Problem('The Worker could not be built: wasm-opt failed, see above.');
  writeStamp(stampFile, print);
  say(`The Worker is built, in ${Math.round((Date.now() - started) / 1000)} s.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(build);
