// Makes the deployed module from the output of worker-build: bundles src/index.js and its glue code into one file, and removes
// from the WebAssembly what that file never calls.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './setup/paths.mjs';
import { Problem, run } from './setup/run.mjs';

// The features that rustc and wasm-bindgen use and workerd supports. With more, wasm-opt could emit code that workerd rejects.
const features = [
  'mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue', 'reference-types',
  'exception-handling',
];

/**
 * Lets the bundler drop unused classes of the crates behind `worker`. Each creates a proxy and a registry when the module loads;
 * these have no side effects, but the bundler cannot know that.
 * @type {import('esbuild').Plugin}
 */
const shakeable = {
  name: 'shakeable',
  setup: ({ onLoad }) => onLoad({ filter: /[\\/]build[\\/]rust[\\/]index\.js$/ }, ({ path: file }) => ({
    contents: readFileSync(file, 'utf8').replace(/new (Proxy|FinalizationRegistry)\(/g, '/* @__PURE__ */ $&'),
  })),
};

/** Bundles the entry and its glue code. */
async function bundle() {
  // Imported here, not at the top: this module is loaded before npm has installed esbuild.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: inRoot(),
    entryPoints: [inRoot('src', 'index.js')],
    bundle: true,
    format: 'esm',
    target: 'esnext',
    external: ['cloudflare:*', '*.wasm'],
    minifySyntax: true,
    define: { 'Symbol.dispose': 'undefined' },
    plugins: [shakeable],
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

/**
 * @param {string} from the folder that worker-build wrote
 * @param {string} to the folder of the module
 * @param {{ names?: boolean }} [options] names: keep function names, which are a fifth of the file
 */
export async function shrink(from, to, { names = false } = {}) {
  const code = await bundle();
  const { default: binaryen } = await import('binaryen');
  const file = path.join(to, 'index_bg.wasm');
  const bytes = readFileSync(path.join(from, 'index_bg.wasm'));
  const called = new Set(code.match(/(?<=\.)[\w$]+/g));
  const unused = WebAssembly.Module.exports(new WebAssembly.Module(bytes)).filter(({ name }) => !called.has(name));
  binaryen.setDebugInfo(names);
  const module = binaryen.readBinary(bytes);
  for (const { name } of unused) module.removeExport(name);
  writeFileSync(file, module.emitBinary());
  module.dispose();
  const { code: status } = await run(process.execPath, [
    inRoot('node_modules', 'binaryen', 'bin', 'wasm-opt'), file, '-o', file, '-Os', '--strip-producers',
    names ? '--debuginfo' : '--strip-debug', ...features.map((name) => `--enable-${name}`),
  ]);
  if (status !== 0) throw new Problem('The Worker could not be built: wasm-opt failed, see above.');
  writeFileSync(path.join(to, 'index.js'), code);
}
