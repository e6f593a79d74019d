// Python with packages of its own. Those of tests/requirements.txt are in .tools/python: the FastAPI example of the docs,
// and Schemathesis.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isCurrent, writeStamp } from '../stamp.mjs';
import { aptInstall } from './apt.mjs';
import { isDebian } from './debian.mjs';
import { inRoot } from './paths.mjs';
import { output, Problem, run, say, which } from './run.mjs';
import { atLeast } from './versions.mjs';

/** The oldest Python that the packages work with. */
const minimumPython = '3.11.0';

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

/**
 * A folder of Python packages of its own: those of a requirements file, for one Python.
 * @param {string} name of the folder in .tools
 * @param {string[]} list the requirements file's path in the project
 * @param {string} whose who needs it, as the subject of an error: "Python …, which the tests need,"
 */
export function venv(name, list, whose) {
  const home = inRoot('.tools', name);
  const requirements = inRoot(...list);
  const stamp = path.join(home, 'installed');
  const inVenv = (/** @type {string} */ program) =>
    process.platform === 'win32' ? path.join(home, 'Scripts', `${program}.exe`) : path.join(home, 'bin', program);
  const python = inVenv('python');

  // The system may replace its Python by a newer one.
  const contents = async () => `${await versionOf(python)}\n${readFileSync(requirements, 'utf8')}`;

  return {
    home,
    ready: async () => existsSync(stamp) && isCurrent(stamp, await contents(), [python]),
    async install() {
      const needed = `Python 3.11 or newer with venv, which ${whose},`;
      if (!(await findPython()) && isDebian()) await aptInstall(['python3', 'python3-venv'], needed);
      const found = await findPython();
      if (!found) {
        throw new Problem(`${needed} is missing. Get it from https://www.python.org/downloads/, then run this command again.`);
      }

      rmSync(home, { recursive: true, force: true });
      say(`  ${found} -m venv .tools/${name}`);
      if ((await run(found, ['-m', 'venv', home])).code !== 0) throw new Problem(`"${found} -m venv" failed, see above.`);
      say(`  pip install -r ${list.join('/')}`);
      // Built packages only: from source, one of them needs Rust and minutes.
      const { code } = await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input',
        '--only-binary=:all:', '-r', requirements]);
      if (code !== 0) throw new Problem(`The packages of ${list.join('/')} could not be installed: pip failed, see above.`);
      writeStamp(stamp, await contents());
    },
    /** A program of it: Python itself, or one that a package brings. */
    program(/** @type {string} */ program = 'python') {
      const file = inVenv(program);
      // It may have been made for an older list of packages.
      if (![stamp, file].every((each) => existsSync(each))) {
        throw new Problem(`.tools/${name} is missing or has no ${program}: "npm run setup" makes it.`);
      }
      return file;
    },
  };
}

const forTests = venv('python', ['tests', 'requirements.txt'], 'the tests need');
export const pythonReady = forTests.ready;
export const installPython = forTests.install;
export const pythonProgram = forTests.program;
