// Which page sent a request, and whether it may.

/** Whether a rule of ALLOWED_ORIGINS admits an origin. */
function admits({ exact, suffix }, origin) {
  if (exact) return exact === origin;
  return origin.startsWith('https://') && origin.endsWith(suffix)
    && /^[\w.-]+$/.test(origin.slice('https://'.length, -suffix.length));
}

/**
 * @param {string | null} origin the request's header
 * @param {string} own the Worker's origin at this request
 * @returns {'unstated' | 'own' | 'allowed' | 'foreign'}
 */
export function judge(origin, own, rules) {
  if (origin === null) return 'unstated';
  if (origin === own) return 'own';
  return rules.some((rule) => admits(rule, origin)) ? 'allowed' : 'foreign';
}
