// Parses and writes the KEY=value files that wrangler also reads (.dev.vars, .env).
import { existsSync, readFileSync } from 'node:fs';

// A name, then a quoted value (which may span lines) or the rest of the line up to a comment.
const line = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(?:'([^']*)'|"((?:\\.|[^"\\])*)"|`([^`]*)`|([^\r\n]*?))[ \t]*(?:(?:^|[ \t])#[^\r\n]*)?$/gm;

/** @returns {Record<string, string>} */
export function parseDotenv(/** @type {string} */ text) {
  /** @type {Record<string, string>} */
  const values = {};
  for (const [, name, single, double, backtick, bare] of text.replaceAll('\r\n', '\n').matchAll(line)) {
    values[name] = single ?? double?.replaceAll('\\n', '\n').replaceAll('\\r', '\r') ?? backtick ?? (bare ?? '').trim();
  }
  return values;
}

/** Formats values so that wrangler reads the same ones back. A backslash stops wrangler from expanding $NAME. */
export function formatDotenv(/** @type {Record<string, string>} */ values) {
  return Object.entries(values).map(([name, value]) => {
    const quote = ["'", '`', '"'].find((mark) => !value.includes(mark));
    if (!quote) throw new Error(`${name} contains all three kinds of quotation marks, which a settings file cannot express.`);
    return `${name}=${quote}${value.replaceAll('$', '\\$')}${quote}\n`;
  }).join('');
}

/** Every setting of the Worker; docs/configuration.md documents them. */
const SETTINGS = new Set(`
  ADMIN_TOKEN AGENT AGENTS ALLOWED_ORIGINS ANSWER_TIMEOUT_SECONDS AUTH AUTH_AUDIENCE AUTH_ISSUER AUTH_JWKS_URL
  AUTH_JWT_SECRET BACKEND CHATKIT_DOMAIN_KEY CHATKIT_JS_URL CHATKIT_SERVER_URL COUNTER_PUBLISH_SECONDS COUNTER_SHARDS
  DAILY_EVENT_ROWS DAILY_LIMITS_FAIL DAILY_SESSIONS_PER_USER DAILY_SESSION_LIMIT FILE_UPLOAD FILE_UPLOAD_MAX_FILES
  FILE_UPLOAD_MAX_MB HISTORY HISTORY_RECENT_THREADS LOOPBACK_ONLY MAX_REQUESTS_PER_MINUTE OPENAI_API_KEY OPENAI_BASE_URL
  OPENAI_CHATKIT_WORKFLOW_ID OPENAI_ORG_ID OPENAI_PROJECT_ID OPENAI_STALL_SECONDS OPENAI_TIMEOUT_SECONDS PROXY_SECRET
  RATE_LIMITS SESSION_TTL_SECONDS STATE_VARIABLES THREAD_TITLES TOOLS_SECRET TRUST_CLIENT_USER VISITOR_MAX_AGE_DAYS
  VISITOR_SECRET WORKFLOW_VERSION
`.trim().split(/\s+/));

export { SETTINGS };

/**
 * Merges the settings for a local Worker. The shell takes precedence over .dev.vars, and .dev.vars over .env. wrangler ignores
 * .env if there is a .dev.vars; here the names that .dev.vars lacks come from .env, so that a key in one file and a workflow in
 * the other work together. Only the Worker's own settings are taken from the shell. An empty value counts as unset.
 * @param {{ devVars?: string, env?: string[], shell?: Record<string, string | undefined> }} sources contents of the files
 */
export function mergeSettings({ devVars = '', env = [], shell = {} }) {
  const fromShell = Object.entries(shell).filter(([name]) => SETTINGS.has(name));
  const all = [...env.map(parseDotenv), parseDotenv(devVars)].map(Object.entries).concat([/** @type {any} */ (fromShell)]).flat();
  return Object.fromEntries(all.filter(([, value]) => value?.trim()));
}

export const readIfExists = (/** @type {string} */ file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
