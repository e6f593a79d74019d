// Installs Debian packages, for tools that neither npm nor cargo provides.
import { Problem, run, say, which } from './run.mjs';

/** Installs packages as root or with a sudo that needs no password; otherwise throws with the command to run. */
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
  // Old package lists refer to files that no longer exist. If the update fails, the lists may still work.
  await apt('update');
  // --no-remove: never remove a conflicting package of the developer; fail instead.
  const { code } = await apt('install', '-y', '--no-remove', '--no-install-recommends', ...packages);
  if (code !== 0) {
    throw new Problem(`${purpose} could not be installed: apt-get failed, see above. To install it by hand:\n  sudo ${byHand}`);
  }
}
