// Running other programs, and failing in words: a Problem is what the developer can act on, shown without a stack trace.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

/** Something only the developer can put right. The message says what is wrong and how to get it right. */
export class Problem extends Error {}

export const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, timeoutMs?: number, capture?: boolean }} [options]
 *   capture: collect stdout instead of showing the output
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

/** stdout of a program that must succeed, or null. */
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
 * Calls back when the process that started this one is gone. npm's shell and Node pass no signal on when they are killed
 * themselves. Only for scripts that npm or this project started: who starts one in the background may well leave it.
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

/** Runs a script's main function and turns a Problem into one clear message and exit status 1. */
export async function main(/** @type {() => Promise<number | void>} */ body) {
  try {
    process.exitCode = (await body()) || 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  }
}
