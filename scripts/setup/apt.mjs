// Debian packages, for what neither npm nor cargo can bring.
import { Problem, run, say, which } from './run.mjs';

/** Installs packages as root or through a sudo that asks nothing; otherwise says which command to run. */
export async function aptInstall(/** @type {string[]} */ packages, /** @type {string} */ purpose) {
  const byHand = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (!which('apt-get')) throw new Problem(`${purpose} is missing, and this is not a Debian or Ubuntu machine.`);
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (asRoot.length && (await run('sudo', ['-n', 'true'], { capture: true })).code !== 0) {
    throw new Problem(`${purpose} is missing. Install it as root, then run this command again:\n  sudo ${byHand}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (/** @type {string[]} */ ...args) => {
    const [command, ...rest] = [...asRoot, 'apt-get', '-q', ...args];
    return run(command, rest, { env });
  };
  say(`  ${byHand}`);
  // Out-of-date lists name package files that are gone; a failing update may still leave lists that work.
  await apt('update');
  // --no-remove: a package that conflicts with one of these stays, and the developer is told.
  const { code } = await apt('install', '-y', '--no-remove', '--no-install-recommends', ...packages);
  if (code !== 0) throw new Problem(`${purpose} could not be installed: apt-get failed, see above. By hand:\n  sudo ${byHand}`);
}
