// Python with the packages of tests/requirements.txt, in .tools/python: the FastAPI example of the docs, and Schemathesis.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isCurrent, writeStamp } from '../stamp.mjs';
import { aptInstall } from './apt.mjs';
import { isDebian } from './debian.mjs';
import { inRoot } from './paths.mjs';
import { output, Problem, run, say, which } from './run.mjs';
import { atLeast } from './versions.mjs';

/** The oldest Python that Schemathesis works with. */
const minimumPython = '3.11.0';
const requirements = inRoot('tests', 'requirements.txt');
const home = inRoot('.tools', 'python');
const stamp = path.join(home, 'installed');
const inVenv = (/** @type {string} */ name) =>
  process.platform === 'win32' ? path.join(home, 'Scripts', `${name}.exe`) : path.join(home, 'bin', name);
const python = inVenv('python');

/** The version of a Python that has what a venv needs, or null. */
const versionOf = (/** @type {string} */ program) =>
  output(program, ['-c', 'import ensurepip, platform, venv; print(platform.python_version())']);

/** A Python of the machine that is new enough and can make a venv, or null. */
async function findPython() {
  // One that a version manager puts first may be old; the system's own still does.
  for (const program of [which('python3'), '/usr/bin/python3', which('python')]) {
    const version = program && existsSync(program) ? await versionOf(program) : null;
    if (program && version && atLeast(version, minimumPython)) return program;
  }
  return null;
}

/** What .tools/python is made of: these packages, for this Python, which the system may replace by a newer one. */
const contents = async () => `${await versionOf(python)}\n${readFileSync(requirements, 'utf8')}`;

export const pythonReady = async () => existsSync(stamp) && isCurrent(stamp, await contents(), [python]);

export async function installPython() {
  const needed = 'Python 3.11 or newer with venv, which the tests need,';
  if (!(await findPython()) && isDebian()) await aptInstall(['python3', 'python3-venv'], needed);
  const found = await findPython();
  if (!found) throw new Problem(`${needed} is missing. Get it from https://www.python.org/downloads/, then run this command again.`);

  rmSync(home, { recursive: true, force: true });
  say(`  ${found} -m venv .tools/python`);
  if ((await run(found, ['-m', 'venv', home])).code !== 0) throw new Problem(`"${found} -m venv" failed, see above.`);
  say('  pip install -r tests/requirements.txt');
  // Built packages only: from source, one of them needs Rust and minutes.
  const { code } = await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input',
    '--only-binary=:all:', '-r', requirements]);
  if (code !== 0) throw new Problem('The Python packages of tests/requirements.txt could not be installed: pip failed, see above.');
  writeStamp(stamp, await contents());
}

/** A program of .tools/python: Python itself, or one that a package brings. */
export function pythonProgram(name = 'python') {
  if (!existsSync(stamp)) throw new Problem('.tools/python is missing: "npm run setup" makes it.');
  return inVenv(name);
}
