// The Workers that `npm start` serves now. Each has a file in .wrangler, so that `npm run doctor` finds their ports.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FILE = /^start-(\d+)\.json$/;

/**
 * Records that this process serves a Worker.
 * @param {string} folder
 * @param {number} port
 * @returns {() => void} removes the record
 */
export function recordPort(folder, port) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `start-${process.pid}.json`);
  writeFileSync(file, JSON.stringify({ port }));
  return () => rmSync(file, { force: true });
}

/** The ports of the Workers in a folder. A process that was killed leaves its file behind, so only live ones count. */
export function runningPorts(/** @type {string} */ folder) {
  return filesIn(folder).flatMap((name) => {
    const pid = Number(FILE.exec(name)?.[1]);
    if (!pid || !isAlive(pid)) return [];
    const port = readPort(path.join(folder, name));
    return port ? [port] : [];
  });
}

function filesIn(/** @type {string} */ folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readPort(/** @type {string} */ file) {
  try {
    return Number(JSON.parse(readFileSync(file, 'utf8')).port);
  } catch {
    return 0;
  }
}

function isAlive(/** @type {number} */ pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process of another user.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
