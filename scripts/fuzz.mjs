// `npm run fuzz -- [SECONDS] [TARGET…]` runs each fuzz target for SECONDS (default 60) and stops at the first failure.
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './setup/paths.mjs';
import { main, output, Problem, run, say } from './setup/run.mjs';

const all = readdirSync(inRoot('fuzz', 'fuzz_targets')).map((file) => path.parse(file).name).sort();

/** Parses the command line; a number is the duration in seconds. */
function parseArgs(/** @type {string[]} */ args) {
  const seconds = args.find((arg) => /^\d+$/.test(arg)) ?? '60';
  const targets = args.filter((arg) => arg !== seconds);
  const unknown = targets.find((target) => !all.includes(target));
  if (unknown) throw new Problem(`Unknown target "${unknown}". Available: ${all.join(', ')}.`);
  return { seconds, targets: targets.length ? targets : all };
}

async function checkTools() {
  if (!await output('cargo', ['+nightly', '--version'])) {
    throw new Problem("Fuzzing needs Rust's nightly toolchain. Install it with: rustup toolchain install nightly");
  }
  if (!await output('cargo', ['+nightly', 'fuzz', '--version'])) {
    throw new Problem('Fuzzing needs cargo-fuzz. Install it with: cargo install cargo-fuzz --locked');
  }
}

async function fuzz() {
  const { seconds, targets } = parseArgs(process.argv.slice(2));
  await checkTools();
  for (const target of targets) {
    say(`\n${target}, for ${seconds} seconds`);
    const learned = inRoot('fuzz', 'learned', target);
    mkdirSync(learned, { recursive: true });
    // libFuzzer writes new inputs to the first folder; it only reads the committed corpus.
    const folders = [learned, inRoot('fuzz', 'corpus', target)];
    const { code } = await run('cargo', ['+nightly', 'fuzz', 'run', target, ...folders, '--', `-max_total_time=${seconds}`]);
    if (code) return code;
  }
}

await main(fuzz);
