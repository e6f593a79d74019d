// `npm run doctor` fetches a Worker's report on its own configuration and prints what is wrong and what to do about it.
//
// Exit status: 0 if nothing failed, 1 if a check failed, 2 if there is no report.
import path from 'node:path';
import { mergeSettings, readIfExists } from './dotenv.mjs';
import { runningPorts } from './running.mjs';
import { say } from './setup/run.mjs';

const DEFAULT_PORT = 8787;
const USAGE = `npm run doctor                               checks the Worker that npm start serves
npm run doctor -- https://YOUR-WORKER        checks a deployed Worker

--json               prints the report as JSON
--timeout SECONDS    how long to wait for the report (default: 60)

The Worker's ADMIN_TOKEN is read from the shell, .dev.vars or .env.`;
const NOT_CHECKED = `Not checked: the domain allow-list at OpenAI, which only OpenAI's settings show.
Every domain that shows the chat must be on it:
https://platform.openai.com/settings/organization/security/domain-allowlist`;

/** There is no report. The message says why, and what to do. */
class DoctorError extends Error {}

/** @typedef {{ name: string, status: 'ok' | 'failed' | 'skipped', detail: string, hint: string | null }} Check */
/** @typedef {{ ok: boolean, checks: Check[] }} Report */

const isLoopback = (/** @type {URL} */ { hostname }) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/** The Worker's origin, from an address with or without a scheme. */
function origin(/** @type {string} */ text) {
  const schemes = text.includes('://') ? [''] : ['https://', 'http://'];
  const [url, plain] = schemes.map((scheme) => (URL.canParse(scheme + text) ? new URL(scheme + text) : null));
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new DoctorError(`"${text}" is not the address of a Worker, such as https://chatkit-edge.example.workers.dev.`);
  }
  if (isLoopback(url)) return plain ?? url;
  if (url.protocol === 'http:') {
    throw new DoctorError(`The admin token is sent over HTTPS only. Use https://${url.host} instead.`);
  }
  return url;
}

/** The address of the Worker that `npm start` serves, or the default. */
function localAddress() {
  const ports = runningPorts(path.resolve('.wrangler'));
  if (ports.length > 1) {
    const commands = ports.map((port) => `npm run doctor -- http://localhost:${port}`);
    throw new DoctorError(`npm start serves ${ports.length} Workers. Name one of them:\n${commands.join('\n')}`);
  }
  return `http://localhost:${ports[0] ?? DEFAULT_PORT}`;
}

function options(/** @type {string[]} */ args) {
  const chosen = { json: false, help: false, seconds: 60 };
  const addresses = [];
  for (let i = 0; i < args.length; i++) {
    const [name, value] = args[i].split(/=(.*)/s);
    if (name === '--json') chosen.json = true;
    else if (name === '--help' || name === '-h') chosen.help = true;
    else if (name === '--timeout') chosen.seconds = Number(value ?? args[++i]);
    else if (name.startsWith('-')) throw new DoctorError(`Unknown option ${name}.\n\n${USAGE}`);
    else addresses.push(args[i]);
  }
  if (addresses.length > 1) throw new DoctorError(`Pass only one address.\n\n${USAGE}`);
  if (!(chosen.seconds > 0 && chosen.seconds <= 3600)) {
    throw new DoctorError('--timeout must be a number of seconds, up to 3600.');
  }
  return { ...chosen, address: addresses[0] };
}

/** How to set ADMIN_TOKEN on the Worker at this address. */
const howToSet = (/** @type {URL} */ url) => (isLoopback(url)
  ? 'Put ADMIN_TOKEN=… into .dev.vars and restart the Worker with: npm start'
  : 'Store it with: npx wrangler secret put ADMIN_TOKEN');

function adminToken(/** @type {URL} */ url) {
  // Relative to the working folder, where wrangler looks for them too.
  const files = { devVars: readIfExists('.dev.vars'), env: [readIfExists('.env'), readIfExists('.env.local')] };
  const token = mergeSettings({ ...files, shell: process.env }).ADMIN_TOKEN?.trim();
  if (!token) {
    throw new DoctorError(`ADMIN_TOKEN is not set in the shell, .dev.vars or .env, and the report needs it.
Generate a long random one, for example with: node -p "crypto.randomUUID()"
${howToSet(url)}${isLoopback(url) ? '' : '\nThen put the same value into .dev.vars as ADMIN_TOKEN=…, or set it in the shell.'}`);
  }
  // Otherwise fetch would throw an error whose message contains the token.
  if (!/^[\x20-\x7e]+$/.test(token)) {
    throw new DoctorError('ADMIN_TOKEN contains a character that is not allowed in an HTTP header. Use letters and digits.');
  }
  return token;
}

/** Explains why the fetch failed. */
function fetchError(/** @type {any} */ error, /** @type {URL} */ url, /** @type {number} */ seconds) {
  if (error.name === 'TimeoutError') {
    return new DoctorError(`${url.origin} did not respond within ${seconds} s. To wait longer: npm run doctor -- --timeout 300`);
  }
  const reason = error.cause?.code ?? error.cause?.message ?? error.message;
  return new DoctorError(isLoopback(url)
    ? `No Worker responds at ${url.origin} (${reason}). Start it with: npm start. If it has another port, name its address: `
      + 'npm run doctor -- http://localhost:9000'
    : `${url.origin} cannot be reached (${reason}). Check the address, and that the Worker is deployed.`);
}

/** Explains a response that is not a report. */
function explain(/** @type {Response} */ response, /** @type {URL} */ url, /** @type {string} */ text) {
  const { origin } = url;
  if (response.status === 500) {
    // For example an ADMIN_TOKEN that is too short.
    const [, detail] = /"detail":"([^"\\]+)","code":"not_configured"/.exec(text) ?? [];
    if (detail) return `The Worker at ${origin} is not configured: ${detail}`;
  }
  if (response.status === 429) return `Too many wrong tokens were sent to ${origin} (429). Wait a minute and try again.`;
  if (response.status === 401) {
    return `The ADMIN_TOKEN in the shell, .dev.vars or .env does not match the one of the Worker at ${origin} (401). `
      + 'The shell takes precedence over the files.';
  }
  if (response.status === 404) {
    return `Either the Worker at ${origin} has no ADMIN_TOKEN, or there is no ChatKit Edge at that address (404).\n${howToSet(url)}`;
  }
  if (response.status >= 300 && response.status < 400) {
    return `${origin} redirects to ${response.headers.get('Location') ?? 'an unnamed address'} (${response.status}). `
      + 'If that is the Worker, use that address. A login page in front of the Worker must let this request through.';
  }
  if (response.ok) return `The server at ${origin} is not a ChatKit Edge.`;
  const id = response.headers.get('X-Request-Id');
  const log = id ? ` The Worker's log has details under request id ${id}.` : '';
  return `${origin} responded with ${response.status} and no report.${log}`;
}

/** @returns {Report | null} */
function parseReport(/** @type {string} */ text) {
  try {
    const report = JSON.parse(text);
    const isCheck = (/** @type {any} */ check) => ['name', 'status', 'detail'].every((field) => typeof check?.[field] === 'string');
    return typeof report?.ok === 'boolean' && Array.isArray(report.checks) && report.checks.every(isCheck) ? report : null;
  } catch {
    return null;
  }
}

async function fetchReport(/** @type {URL} */ url, /** @type {string} */ token, /** @type {number} */ seconds) {
  let response, text;
  try {
    response = await fetch(new URL('/api/chatkit/doctor', url), {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
      // The token is for this address only.
      redirect: 'manual',
      signal: AbortSignal.timeout(seconds * 1000),
    });
    text = await response.text();
  } catch (error) {
    throw fetchError(error, url, seconds);
  }
  const report = response.status === 200 ? parseReport(text) : null;
  if (!report) throw new DoctorError(printable(explain(response, url, text)));
  return { report, text, requestId: response.headers.get('X-Request-Id') };
}

/** Removes control characters: text from a server must not control the terminal. */
const printable = (/** @type {string} */ text) => text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, ' ');

const codes = { ok: 32, failed: 31, skipped: 33, bold: 1, dim: 2 };

/**
 * Formats the report for people.
 * @param {Report} report
 * @param {URL} url
 * @param {string | null} requestId
 * @param {boolean} colours
 */
function formatReport({ ok, checks }, url, requestId, colours) {
  const paint = (/** @type {keyof typeof codes} */ as, /** @type {string} */ text) => (colours && codes[as] ? `\x1b[${codes[as]}m${text}\x1b[0m` : text);
  const singleLine = (/** @type {string} */ text) => printable(text).replaceAll('\n', ' ');
  const shown = checks.flatMap(({ name, status, detail, hint }) => [
    `${paint(status, singleLine(status).padEnd(7))}  ${paint('bold', singleLine(name))}: ${singleLine(detail)}`,
    ...(hint ? [`${' '.repeat(9)}${singleLine(String(hint))}`] : []),
  ]);
  const failed = checks.filter(({ status }) => status === 'failed').length;
  const log = requestId ? ` The Worker's log has details under request id ${singleLine(requestId)}.` : '';
  const verdict = ok ? paint('ok', 'Nothing failed.') : `${paint('failed', `${failed} of ${checks.length} checks failed.`)}${log}`;
  return [paint('bold', url.origin), ...shown, '', verdict, paint('dim', NOT_CHECKED)].join('\n');
}

async function doctor() {
  const { address, json, help, seconds } = options(process.argv.slice(2));
  if (help) {
    say(USAGE);
    return 0;
  }
  const url = origin(address ?? localAddress());
  const { report, text, requestId } = await fetchReport(url, adminToken(url), seconds);
  // hasColors also obeys NO_COLOR and TERM.
  const colours = process.stdout.isTTY && process.stdout.hasColors();
  say(json ? text.trimEnd() : formatReport(report, url, requestId, colours));
  return report.ok ? 0 : 1;
}

try {
  process.exitCode = await doctor();
} catch (error) {
  if (!(error instanceof DoctorError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
