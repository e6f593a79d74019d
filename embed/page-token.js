/** Asks the page for the signed-in user's token. */

import { Problem } from '../public/demo/problem.js';
import { withTimeout } from './time.js';

/** @typedef {() => string | null | undefined | Promise<string | null | undefined>} GetToken returns the signed-in user's token */

const TIMEOUT_MS = 15_000;
const TIMEOUT_MESSAGE = `The page's getToken did not return a token within ${TIMEOUT_MS / 1000} seconds.`;

/** @param {GetToken | null} getToken @returns {Promise<string | null>} */
export async function askForToken(getToken) {
  const token = Promise.resolve(getToken?.());
  return (await withTimeout(token, TIMEOUT_MS, () => new Problem('token_timeout', TIMEOUT_MESSAGE))) ?? null;
}
