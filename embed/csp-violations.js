/**
 * Detects what the page's own Content-Security-Policy blocks. A blocked request fails exactly like a network error; only the
 * browser's violation event tells them apart.
 */

import { Problem } from '../public/demo/problem.js';

/** Blocked origins by directive. @type {Map<string, Set<string>>} */
const blockedOrigins = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();

document.addEventListener('securitypolicyviolation', ({ disposition, effectiveDirective, blockedURI }) => {
  if (disposition !== 'enforce' || !URL.canParse(blockedURI)) return;
  const directive = effectiveDirective.replace(/-elem$/, '');
  if (!blockedOrigins.has(directive)) blockedOrigins.set(directive, new Set());
  blockedOrigins.get(directive)?.add(new URL(blockedURI).origin);
  for (const listener of listeners) listener();
});

/**
 * @param {'script-src' | 'connect-src' | 'frame-src'} directive
 * @param {string} url
 */
function findViolation(directive, url) {
  const { origin } = new URL(url);
  if (!blockedOrigins.get(directive)?.has(origin)) return null;
  return new Problem('blocked_by_policy', `The page's Content-Security-Policy must allow ${origin} in ${directive}.`);
}

/**
 * Returns a Problem if the policy blocked a request that just failed, otherwise null. The browser fires its event together
 * with the failure or right after it.
 * @param {'script-src' | 'connect-src'} directive
 * @param {string} url
 */
export async function checkForViolation(directive, url) {
  await new Promise((resolve) => setTimeout(resolve));
  return findViolation(directive, url);
}

/** Rejects as soon as the widget's frame is blocked. @param {string} url @param {AbortSignal} signal @returns {Promise<never>} */
export function rejectIfFrameBlocked(url, signal) {
  return new Promise((_, reject) => {
    const check = () => {
      const problem = findViolation('frame-src', url);
      if (problem) reject(problem);
    };
    listeners.add(check);
    signal.addEventListener('abort', () => listeners.delete(check));
    check();
  });
}
