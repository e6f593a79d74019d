// Waiting for what has no event of its own.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

const MOST_TRIES = 400;

/**
 * Waits until something holds; fails when that takes longer than it ever should.
 * @param {() => unknown} holds
 * @param {string | (() => string)} what said where it never holds; a function, to tell what was seen last
 */
export async function until(holds, what) {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > MOST_TRIES) assert.fail(`never happened: ${typeof what === 'string' ? what : what()}`);
    await pause(25);
  }
}
