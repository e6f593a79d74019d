// A fresh copy of the project in its own folder, for commands that write: the files of a clone, with this project's build and
// installed packages. None of the developer's settings reach it.
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../scripts/build.mjs';
import { SETTINGS } from '../../scripts/dotenv.mjs';
import { npmReady } from '../../scripts/setup/npm.mjs';
import { projectEnv, root } from '../../scripts/setup/paths.mjs';
import { projectFiles } from './markdown.mjs';

export async function copyProject() {
  // Otherwise `npm start` in the copy would install through the link, and replace the packages in use here.
  if (!npmReady()) throw new Error('The npm packages are not those of package-lock.json. Run "npm run setup" first.');
  // Otherwise the copy would compile everything from scratch.
  await build();
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'chatkit-edge-docs-')));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    return { folder, env: fill(folder), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Copies the project into a folder, and returns the environment to run it in. */
function fill(/** @type {string} */ folder) {
  for (const file of projectFiles()) {
    // Deleted, but not committed yet.
    if (existsSync(root + file)) cpSync(root + file, path.join(folder, file));
  }
  cpSync(`${root}build`, path.join(folder, 'build'), { recursive: true });
  for (const installed of ['node_modules', '.tools']) symlinkSync(root + installed, path.join(folder, installed));

  const env = projectEnv({ NO_COLOR: '1', CI: '1' });
  const others = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_ACCOUNT_ID', 'FORCE_COLOR', 'NODE_TEST_CONTEXT'];
  for (const name of [...SETTINGS, ...others]) delete env[name];
  return env;
}
