// Runs other programs, and reports errors that the developer can fix (Problem) without a stack trace.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

/** An error that only the developer can fix. The message says what is wrong and how to fix it. */
export class Problem extends Error {}

export const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);

/**
 * Runs a program until it exits.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, timeoutMs?: number, capture?: boolean }} [options]
 *   capture: collect stdout instead of printing the output
 * @returns {Promise<{ code: number, stdout: string, timedOut: boolean, missing: boolean }>}
 */
export function run(command, args, { env, cwd = root, timeoutMs, capture = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: capture ? ['ignore', 'pipe', 'ignore'] : ['ignore', 'inherit', 'inherit'],
    });
    let stdout = '';
    let timedOut = false;
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    const timer = timeoutMs && setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    const done = (/** @type {number} */ code, missing = false) => {
      clearTimeout(timer);
      resolve({ code, stdout, timedOut, missing });
    };
    child.on('error', () => done(127, true));
    child.on('close', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

/** The stdout of a program, or null if it fails. */
export async function output(command, args, options = {}) {
  const result = await run(command, args, { ...options, capture: true });
  return result.code === 0 ? result.stdout.trim() : null;
}

/** The full path of a program on the PATH, or null. */
export function which(name, searched = process.env.PATH ?? '') {
  for (const folder of searched.split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/**
 * Calls back when the parent process has exited: npm's shell and Node do not forward a signal when they are killed themselves.
 * Does nothing for scripts started by hand, whose parent may exit while they run in the background.
 */
export function whenAbandoned(/** @type {() => void} */ callback) {
  if (!process.env.npm_lifecycle_event && !process.env.CHATKIT_EDGE_CONTINUED) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, 500);
  timer.unref();
}

/** Runs a script's main function; prints the message of a Problem and sets exit status 1. */
export async function main(/** @type {() => Promise<number | void>} */ body) {
  try {
    process.exitCode = (await body()) || 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  }
}
