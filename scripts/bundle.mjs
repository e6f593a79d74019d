// Bundles the Worker into build/deploy as a deployment would; tests and benchmarks run that bundle.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { inRoot, npmBin, projectEnv } from './setup/paths.mjs';
import { run } from './setup/run.mjs';

/** @returns {Promise<number>} the exit status */
export async function bundle() {
  await build();
  // wrangler names files by a hash of their content and does not delete those of earlier builds.
  rmSync(inRoot('build', 'deploy'), { recursive: true, force: true });
  const dryRun = ['deploy', '--dry-run', '--outdir', 'build/deploy'];
  return (await run(path.join(npmBin, 'wrangler'), dryRun, { env: projectEnv() })).code;
}
