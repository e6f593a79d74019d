// `npm run bench`: the comparisons of the README, each measured side by side on this machine.
import { build } from './build.mjs';
import { setup } from './setup.mjs';
import { continueWithProjectNode } from './setup/npm.mjs';
import { inRoot, projectEnv } from './setup/paths.mjs';
import { main, run } from './setup/run.mjs';

async function bench() {
  await setup();
  const continued = await continueWithProjectNode(import.meta.url);
  if (continued !== null) return continued;
  await build();
  return (await run(process.execPath, [inRoot('bench', 'counters.mjs')], { env: projectEnv() })).code;
}

await main(bench);
