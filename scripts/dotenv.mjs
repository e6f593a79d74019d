// Reading and writing the KEY=value files that wrangler reads too (.dev.vars, .env).
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

/** The text of a file wrangler reads the same values from. wrangler expands $NAME; a backslash keeps it from that. */
export function formatDotenv(/** @type {Record<string, string>} */ values) {
  return Object.entries(values).map(([name, value]) => {
    const quote = ["'", '`', '"'].find((mark) => !value.includes(mark));
    if (!quote) throw new Error(`${name} holds every kind of quotation mark; a settings file cannot express that.`);
    return `${name}=${quote}${value.replaceAll('$', '\\$')}${quote}\n`;
  }).join('');
}

/** Every setting of the Worker, as in docs/configuration.md. */
const SETTINGS = new Set(`
  ADMIN_TOKEN ALLOWED_ORIGINS AUTH AUTH_AUDIENCE AUTH_ISSUER AUTH_JWKS_URL AUTH_JWT_SECRET CHATKIT_JS_URL
  COUNTER_PUBLISH_SECONDS COUNTER_SHARDS DAILY_SESSIONS_PER_USER DAILY_SESSION_LIMIT FILE_UPLOAD FILE_UPLOAD_MAX_FILES
  FILE_UPLOAD_MAX_MB HISTORY HISTORY_RECENT_THREADS MAX_REQUESTS_PER_MINUTE OPENAI_API_KEY OPENAI_BASE_URL
  OPENAI_CHATKIT_WORKFLOW_ID OPENAI_ORG_ID OPENAI_PROJECT_ID OPENAI_TIMEOUT_SECONDS RATE_LIMITS SESSION_TTL_SECONDS
  STATE_VARIABLES THREAD_TITLES TRUST_CLIENT_USER VISITOR_SECRET WORKFLOW_VERSION
`.trim().split(/\s+/));

export { SETTINGS };

/**
 * Settings for a local Worker. As in wrangler, .env counts only where there is no .dev.vars, but for names that .dev.vars leaves out:
 * a key in one file and a workflow in the other work together. What the shell sets wins, for the Worker's settings only:
 * the rest of a shell is no business of the Worker's. An empty value is as good as none.
 * @param {{ devVars?: string, env?: string[], shell?: Record<string, string | undefined> }} sources texts of files
 */
export function mergeSettings({ devVars = '', env = [], shell = {} }) {
  const fromShell = Object.entries(shell).filter(([name]) => SETTINGS.has(name));
  const all = [...env.map(parseDotenv), parseDotenv(devVars)].map(Object.entries).concat([/** @type {any} */ (fromShell)]).flat();
  return Object.fromEntries(all.filter(([, value]) => value?.trim()));
}

export const readIfThere = (/** @type {string} */ file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
