// Polls for a condition that has no event of its own.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

const MAX_TRIES = 400;

/**
 * Waits until a condition is true; fails after about ten seconds.
 * @param {() => unknown} condition
 * @param {string | (() => string)} description shown on failure; a function can include the last value seen
 */
export async function until(condition, description) {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > MAX_TRIES) assert.fail(`timed out waiting for: ${typeof description === 'string' ? description : description()}`);
    await pause(25);
  }
}
