// `npm run fuzz -- [SECONDS] [TARGET…]`: runs each fuzz target for so long, up to the first that finds something.
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './setup/paths.mjs';
import { main, output, Problem, run, say } from './setup/run.mjs';

const all = readdirSync(inRoot('fuzz', 'fuzz_targets')).map((file) => path.parse(file).name).sort();

/** What the command line asks for; a number is for how long. */
function asked(/** @type {string[]} */ args) {
  const seconds = args.find((arg) => /^\d+$/.test(arg)) ?? '60';
  const targets = args.filter((arg) => arg !== seconds);
  const unknown = targets.find((target) => !all.includes(target));
  if (unknown) throw new Problem(`There is no target "${unknown}". Targets: ${all.join(', ')}.`);
  return { seconds, targets: targets.length ? targets : all };
}

async function needTools() {
  if (!await output('cargo', ['+nightly', '--version'])) {
    throw new Problem("Fuzzing needs Rust's nightly toolchain: rustup toolchain install nightly");
  }
  if (!await output('cargo', ['+nightly', 'fuzz', '--version'])) {
    throw new Problem('Fuzzing needs cargo-fuzz: cargo install cargo-fuzz --locked');
  }
}

async function fuzz() {
  const { seconds, targets } = asked(process.argv.slice(2));
  await needTools();
  for (const target of targets) {
    say(`\n${target}, for ${seconds} seconds`);
    const learned = inRoot('fuzz', 'learned', target);
    mkdirSync(learned, { recursive: true });
    // libFuzzer writes to the first folder; the committed one is read only.
    const folders = [learned, inRoot('fuzz', 'corpus', target)];
    const { code } = await run('cargo', ['+nightly', 'fuzz', 'run', target, ...folders, '--', `-max_total_time=${seconds}`]);
    if (code) return code;
  }
}

await main(fuzz);
