// The CPU time and the memory of a process and its children, from /proc. Linux only.
import { readFileSync, readdirSync } from 'node:fs';

// The unit of utime and stime in /proc. It does not depend on the kernel's own tick.
const TICKS_PER_SECOND = 100;

const read = (/** @type {string} */ file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process has ended.
    return '';
  }
};

/** The ids of a process and all its descendants. */
function family(/** @type {number} */ pid) {
  /** @type {number[]} */
  const all = [pid];
  for (const one of all) {
    let threads = [];
    try {
      threads = readdirSync(`/proc/${one}/task`);
    } catch {
      continue;
    }
    for (const thread of threads) {
      all.push(...read(`/proc/${one}/task/${thread}/children`).split(' ').filter(Boolean).map(Number));
    }
  }
  return all;
}

/** Seconds of CPU in user and kernel mode, including children that have ended. */
export function cpuSeconds(/** @type {number} */ pid) {
  let ticks = 0;
  for (const one of family(pid)) {
    const stat = read(`/proc/${one}/stat`);
    // The second field, the name, may contain blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    ticks += utime + stime + cutime + cstime;
  }
  return ticks / TICKS_PER_SECOND;
}

/** The peak of resident memory, in MB. */
export function peakMemory(/** @type {number} */ pid) {
  const peaks = family(pid).map((one) => Number(/^VmHWM:\s+(\d+)/m.exec(read(`/proc/${one}/status`))?.[1] ?? 0));
  return peaks.reduce((sum, peak) => sum + peak, 0) / 1024;
}
