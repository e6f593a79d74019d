// `npm run doctor`: asks a Worker to check its own set-up, and says what is wrong and what to do about it.
//
// Exit status: 0 when nothing failed, 1 when a check failed, 2 when the Worker could not be asked.
import { mergeSettings, readIfThere } from './dotenv.mjs';
import { say } from './setup/run.mjs';

const LOCAL = 'http://localhost:8787';
const USAGE = `npm run doctor                               checks ${LOCAL}
npm run doctor -- https://YOUR-WORKER        checks a deployed Worker

--json               prints the report as the Worker gave it
--timeout SECONDS    how long to wait for it (60)

The Worker's ADMIN_TOKEN is read from the shell, .dev.vars or .env.`;
const NOT_CHECKED = `Not checked: the domain allow-list at OpenAI, which only its settings show. Every domain that shows the chat must be on it:
https://platform.openai.com/settings/organization/security/domain-allowlist`;

/** The Worker could not be asked. The message says why, and what to do. */
class CannotAsk extends Error {}

/** @typedef {{ name: string, status: 'ok' | 'failed' | 'skipped', detail: string, hint: string | null }} Check */
/** @typedef {{ ok: boolean, checks: Check[] }} Report */

const isLoopback = (/** @type {URL} */ { hostname }) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/** The Worker's origin, from an address as people type it. */
function origin(/** @type {string} */ text) {
  const schemes = text.includes('://') ? [''] : ['https://', 'http://'];
  const [url, plain] = schemes.map((scheme) => (URL.canParse(scheme + text) ? new URL(scheme + text) : null));
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new CannotAsk(`"${text}" is not the address of a Worker, such as https://chatkit-edge.example.workers.dev.`);
  }
  if (isLoopback(url)) return plain ?? url;
  if (url.protocol === 'http:') throw new CannotAsk(`The admin token is not sent without encryption. Use https://${url.host} instead.`);
  return url;
}

function options(/** @type {string[]} */ args) {
  const chosen = { address: LOCAL, json: false, help: false, seconds: 60 };
  const addresses = [];
  for (let i = 0; i < args.length; i++) {
    const [name, value] = args[i].split(/=(.*)/s);
    if (name === '--json') chosen.json = true;
    else if (name === '--help' || name === '-h') chosen.help = true;
    else if (name === '--timeout') chosen.seconds = Number(value ?? args[++i]);
    else if (name.startsWith('-')) throw new CannotAsk(`There is no option ${name}.\n\n${USAGE}`);
    else addresses.push(args[i]);
  }
  if (addresses.length > 1) throw new CannotAsk(`One address at a time.\n\n${USAGE}`);
  if (!(chosen.seconds > 0 && chosen.seconds <= 3600)) throw new CannotAsk('--timeout must be a number of seconds, up to 3600.');
  return { ...chosen, address: addresses[0] ?? chosen.address };
}

/** How the Worker at this address gets its ADMIN_TOKEN. */
const howToSet = (/** @type {URL} */ url) => (isLoopback(url)
  ? 'Put ADMIN_TOKEN=… into .dev.vars and start the Worker again with: npm start'
  : 'Store one with: npx wrangler secret put ADMIN_TOKEN');

function adminToken(/** @type {URL} */ url) {
  // Where npm runs this, and where wrangler looks for them.
  const files = { devVars: readIfThere('.dev.vars'), env: [readIfThere('.env'), readIfThere('.env.local')] };
  const token = mergeSettings({ ...files, shell: process.env }).ADMIN_TOKEN?.trim();
  if (!token) {
    throw new CannotAsk(`There is no ADMIN_TOKEN in the shell, .dev.vars or .env, and only the admin may ask.
Make up a long random one, for example with: node -p "crypto.randomUUID()"
${howToSet(url)}${isLoopback(url) ? '' : '\nThen put the same into .dev.vars as ADMIN_TOKEN=…, or set it in the shell.'}`);
  }
  // Else fetch would fail with the token in its message.
  if (!/^[\x20-\x7e]+$/.test(token)) throw new CannotAsk('ADMIN_TOKEN holds a character that no HTTP header can carry. Use letters and digits.');
  return token;
}

/** Why there was no answer. */
function unreachable(/** @type {any} */ error, /** @type {URL} */ url, /** @type {number} */ seconds) {
  if (error.name === 'TimeoutError') {
    return new CannotAsk(`${url.origin} did not answer within ${seconds} s. To wait longer: npm run doctor -- --timeout 300`);
  }
  const reason = error.cause?.code ?? error.cause?.message ?? error.message;
  return new CannotAsk(isLoopback(url)
    ? `No Worker answers at ${url.origin} (${reason}). Is it running? Start it with: npm start`
    : `${url.origin} cannot be reached (${reason}). Is the address right, and the Worker deployed?`);
}

/** What an answer means that is not a report. */
function refusal(/** @type {Response} */ answer, /** @type {URL} */ url) {
  const where = url.origin;
  if (answer.status === 401) {
    return `The Worker at ${where} has another ADMIN_TOKEN than the one in the shell, .dev.vars or .env (401). The shell's counts before the files'.`;
  }
  if (answer.status === 404) {
    return `Either the Worker at ${where} has no ADMIN_TOKEN, or there is no ChatKit Edge at that address (404).\n${howToSet(url)}`;
  }
  if (answer.status >= 300 && answer.status < 400) {
    return `${where} sends to another address, ${answer.headers.get('Location') ?? 'unnamed'} (${answer.status}). Ask there, if that is the Worker; a login page in front of it must let this request through.`;
  }
  if (answer.ok) return `What answers at ${where} is not a ChatKit Edge.`;
  const id = answer.headers.get('X-Request-Id');
  return `${where} answered ${answer.status} and no report.${id ? ` The Worker's log says more under request id ${id}.` : ''}`;
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

async function ask(/** @type {URL} */ url, /** @type {string} */ token, /** @type {number} */ seconds) {
  let answer, text;
  try {
    answer = await fetch(new URL('/api/chatkit/doctor', url), {
      headers: { Authorization: `Bearer ${token}` },
      // The token is for this address only.
      redirect: 'manual',
      signal: AbortSignal.timeout(seconds * 1000),
    });
    text = await answer.text();
  } catch (error) {
    throw unreachable(error, url, seconds);
  }
  const report = answer.status === 200 ? parseReport(text) : null;
  if (!report) throw new CannotAsk(printable(refusal(answer, url)));
  return { report, text, requestId: answer.headers.get('X-Request-Id') };
}

/** Text from elsewhere must not steer the terminal. */
const printable = (/** @type {string} */ text) => text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, ' ');

const codes = { ok: 32, failed: 31, skipped: 33, bold: 1, dim: 2 };

/** The report for people. */
function lines(/** @type {Report} */ { ok, checks }, /** @type {URL} */ url, /** @type {string | null} */ requestId, /** @type {boolean} */ colours) {
  const paint = (/** @type {keyof typeof codes} */ as, /** @type {string} */ text) => (colours && codes[as] ? `\x1b[${codes[as]}m${text}\x1b[0m` : text);
  const one = (/** @type {string} */ text) => printable(text).replaceAll('\n', ' ');
  const shown = checks.flatMap(({ name, status, detail, hint }) => [
    `${paint(status, one(status).padEnd(7))}  ${paint('bold', one(name))}: ${one(detail)}`,
    ...(hint ? [`${' '.repeat(9)}${one(String(hint))}`] : []),
  ]);
  const failed = checks.filter(({ status }) => status === 'failed').length;
  const log = requestId ? ` The Worker's log says more under request id ${one(requestId)}.` : '';
  const verdict = ok ? paint('ok', 'Nothing failed.') : `${paint('failed', `${failed} of ${checks.length} failed.`)}${log}`;
  return [paint('bold', url.origin), ...shown, '', verdict, paint('dim', NOT_CHECKED)];
}

async function doctor() {
  const { address, json, help, seconds } = options(process.argv.slice(2));
  if (help) {
    say(USAGE);
    return 0;
  }
  const url = origin(address);
  const { report, text, requestId } = await ask(url, adminToken(url), seconds);
  // hasColors also obeys NO_COLOR and TERM.
  const colours = process.stdout.isTTY && process.stdout.hasColors();
  say(json ? text.trimEnd() : lines(report, url, requestId, colours).join('\n'));
  return report.ok ? 0 : 1;
}

try {
  process.exitCode = await doctor();
} catch (error) {
  if (!(error instanceof CannotAsk)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
