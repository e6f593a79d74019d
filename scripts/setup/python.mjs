// Python virtual environments. The one in .tools/python has the packages of tests/requirements.txt, such as FastAPI for an
// example of the docs, Schemathesis, and the official ChatKit server.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isCurrent, writeStamp } from '../stamp.mjs';
import { aptInstall } from './apt.mjs';
import { isDebian } from './debian.mjs';
import { inRoot } from './paths.mjs';
import { output, Problem, run, say, which } from './run.mjs';
import { atLeast } from './versions.mjs';

/** The oldest Python that the packages support. */
const minimumPython = '3.11.0';

/** The version of a Python that can create a venv, or null. */
const versionOf = (/** @type {string} */ program) =>
  output(program, ['-c', 'import ensurepip, platform, venv; print(platform.python_version())']);

/** A Python on the machine that is new enough and can create a venv, or null. */
async function findPython() {
  // The first one may be an old version from a version manager, so the system's Python is tried too.
  for (const program of [which('python3'), '/usr/bin/python3', which('python')]) {
    const version = program && existsSync(program) ? await versionOf(program) : null;
    if (program && version && atLeast(version, minimumPython)) return program;
  }
  return null;
}

/**
 * A virtual environment with the packages of a requirements file.
 * @param {string} name of the folder in .tools
 * @param {string[]} list path of the requirements file in the project
 * @param {string} neededBy a clause for error messages, such as "the tests need"
 */
export function venv(name, list, neededBy) {
  const home = inRoot('.tools', name);
  const requirements = inRoot(...list);
  const stamp = path.join(home, 'installed');
  const inVenv = (/** @type {string} */ program) =>
    process.platform === 'win32' ? path.join(home, 'Scripts', `${program}.exe`) : path.join(home, 'bin', program);
  const python = inVenv('python');

  // The stamp includes the version, because the system may replace its Python with a newer one.
  const contents = async () => `${await versionOf(python)}\n${readFileSync(requirements, 'utf8')}`;

  return {
    home,
    ready: async () => existsSync(stamp) && isCurrent(stamp, await contents(), [python]),
    async install() {
      const needed = `Python 3.11 or newer with venv, which ${neededBy},`;
      if (!(await findPython()) && isDebian()) await aptInstall(['python3', 'python3-venv'], needed);
      const found = await findPython();
      if (!found) {
        throw new Problem(`${needed} is missing. Install it from https://www.python.org/downloads/, then run this command again.`);
      }

      rmSync(home, { recursive: true, force: true });
      say(`  ${found} -m venv .tools/${name}`);
      if ((await run(found, ['-m', 'venv', home])).code !== 0) throw new Problem(`"${found} -m venv" failed, see above.`);
      say(`  pip install -r ${list.join('/')}`);
      // Wheels only: one of the packages needs Rust and minutes to build from source.
      const { code } = await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input',
        '--only-binary=:all:', '-r', requirements]);
      if (code !== 0) throw new Problem(`The packages of ${list.join('/')} could not be installed: pip failed, see above.`);
      writeStamp(stamp, await contents());
    },
    /** The path of a program in the environment: Python itself, or one from a package. */
    program(/** @type {string} */ program = 'python') {
      const file = inVenv(program);
      // An environment made from an older requirements file may lack the program.
      if (![stamp, file].every((each) => existsSync(each))) {
        throw new Problem(`.tools/${name} is missing or has no ${program}. Run "npm run setup".`);
      }
      return file;
    },
  };
}

const forTests = venv('python', ['tests', 'requirements.txt'], 'the tests need');
export const pythonReady = forTests.ready;
export const installPython = forTests.install;
export const pythonProgram = forTests.program;
