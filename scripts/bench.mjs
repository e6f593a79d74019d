// `npm run bench` runs the benchmarks of the README, each side by side on this machine. `npm run bench -- time-to-chat` runs only
// the named ones; `npm run bench -- speed --picture` passes an option to them.
import { bundle } from './bundle.mjs';
import { findChromium, installChromium } from './chromium.mjs';
import { setup } from './setup.mjs';
import { continueWithProjectNode } from './setup/npm.mjs';
import { inRoot, projectEnv } from './setup/paths.mjs';
import { main, Problem, run, say } from './setup/run.mjs';

/** The scripts bench/NAME.mjs. */
const benches = ['counters', 'time-to-chat', 'endurance', 'load', 'speed'];

async function bench() {
  const options = process.argv.slice(2).filter((word) => word.startsWith('--'));
  const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const unknown = named.find((name) => !benches.includes(name));
  if (unknown) throw new Problem(`Unknown benchmark "${unknown}". Available: ${benches.join(', ')}.`);
  const chosen = named.length ? named : benches;
  if (options.length && chosen.some((name) => name !== 'speed')) {
    throw new Problem('Only the benchmark "speed" has options: npm run bench -- speed --picture');
  }

  await setup();
  if (chosen.includes('time-to-chat') && !findChromium()) await installChromium();
  const continued = await continueWithProjectNode(import.meta.url);
  if (continued !== null) return continued;
  const buildStatus = await bundle();
  if (buildStatus) return buildStatus;
  for (const name of chosen) {
    say(`\n${name}`);
    const { code } = await run(process.execPath, [inRoot('bench', `${name}.mjs`), ...options], { env: projectEnv() });
    if (code) return code;
  }
}

await main(bench);
