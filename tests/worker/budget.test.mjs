// The deployed Worker stays within bench/budget.json: its compressed size and the CPU time of its start-up. A change that exceeds
// the budget raises it in the same commit and says why.
//
// `wrangler check startup` samples so rarely that it reports 0 to 15 ms for an empty Worker. So this test times the start-up in
// V8 itself and takes the minimum of several new processes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { inRoot } from '../../scripts/setup/paths.mjs';

const budget = JSON.parse(readFileSync(inRoot('bench', 'budget.json'), 'utf8'));
const folder = inRoot('build', 'deploy');
const entry = path.join(folder, 'index.js');
// An earlier dry run leaves its file in the folder.
const wasm = readdirSync(folder).filter((name) => name.endsWith('.wasm') && readFileSync(entry, 'utf8').includes(name))
  .map((name) => path.join(folder, name))[0] ?? '';
const deployed = [entry, wasm];

/** Compiles, instantiates and starts the module with stub imports; prints the CPU time in microseconds. */
const START = `
const { Module, Instance, JSTag } = WebAssembly;
const bytes = require('node:fs').readFileSync(process.argv[1]);
const before = process.cpuUsage();
const module = new Module(bytes);
const imports = {};
for (const { module: from, name, kind } of Module.imports(module)) (imports[from] ??= {})[name] = kind === 'tag' ? JSTag : () => 0;
new Instance(module, imports).exports.__wbindgen_start();
const { user, system } = process.cpuUsage(before);
process.stdout.write(String(user + system));`;

test('the upload is no larger than the budget', (t) => {
  const bytes = deployed.reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0);
  t.diagnostic(`${(bytes / 1024).toFixed(1)} of ${budget.uploadKiB} KiB gzip`);
  assert.ok(bytes <= budget.uploadKiB * 1024, `${bytes} bytes`);
});

test('the start-up takes no more CPU time than the budget', (t) => {
  const starts = Array.from({ length: 7 }, () => Number(execFileSync(process.execPath, ['-e', START, wasm], { encoding: 'utf8' })) / 1000);
  t.diagnostic(`${Math.min(...starts).toFixed(1)} of ${budget.startMs} ms`);
  assert.ok(Math.min(...starts) > 0 && Math.min(...starts) <= budget.startMs, `${starts} ms`);
});

test('the upload names no folder of the machine that built it', () => {
  for (const file of deployed) {
    assert.doesNotMatch(readFileSync(file, 'latin1'), /\/(root|home|Users)\/|\.cargo|\.rustup/, file);
  }
});
