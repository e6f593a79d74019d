// The settings of the compared endpoints, read once and checked as a whole.
import { notConfigured } from './problem.js';

const WORKFLOW = /^wf_[\w-]{1,128}$/;
const HEADER_WORD = /^[\x21-\x7e]{1,512}$/;

const list = (text) => text.split(',').map((part) => part.trim()).filter(Boolean);

function originRule(text) {
  const domain = /^https:\/\/\*(\.[a-z0-9-]+(?:\.[a-z0-9-]+)+)$/i.exec(text)?.[1];
  if (domain) return { suffix: domain.toLowerCase() };
  const { origin } = new URL(text);
  return { exact: origin };
}

/** @param {Record<string, unknown>} env */
export function readSettings(env) {
  /** @type {string[]} */
  const faults = [];
  const text = (name) => String(env[name] ?? '').trim();
  const read = (name, parse, otherwise) => {
    const value = text(name);
    if (!value) return otherwise;
    try {
      return parse(value);
    } catch {
      faults.push(`${name} is ${JSON.stringify(value.slice(0, 80))} and is not allowed.`);
      return otherwise;
    }
  };
  const within = (least, most) => (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most) throw new RangeError(value);
    return number;
  };
  const each = (pattern) => (value) => {
    const parts = list(value);
    if (!parts.length || !parts.every((part) => pattern.test(part))) throw new RangeError(value);
    return parts;
  };
  const flag = (value) => {
    if (!/^(true|on|false|off)$/i.test(value)) throw new RangeError(value);
    return /^(true|on)$/i.test(value);
  };

  const apiKey = text('OPENAI_API_KEY');
  if (!HEADER_WORD.test(apiKey)) faults.push('OPENAI_API_KEY is not set: add it with: npx wrangler secret put OPENAI_API_KEY.');
  const workflows = read('OPENAI_CHATKIT_WORKFLOW_ID', each(WORKFLOW), []);
  if (!text('OPENAI_CHATKIT_WORKFLOW_ID')) faults.push('No workflow ID configured: set OPENAI_CHATKIT_WORKFLOW_ID.');
  const ttlSeconds = read('SESSION_TTL_SECONDS', within(1, 600));
  const baseUrl = read('OPENAI_BASE_URL', (value) => new URL(value).href.replace(/\/+$/, ''), 'https://api.openai.com/v1');
  return {
    origins: read('ALLOWED_ORIGINS', (value) => list(value).map(originRule), []),
    shards: read('COUNTER_SHARDS', within(1, 64), 1),
    publishSeconds: read('COUNTER_PUBLISH_SECONDS', within(1, 86_400), 120),
    visitorSecrets: list(text('VISITOR_SECRET') || apiKey),
    workflows,
    ttlSeconds,
    uploads: read('FILE_UPLOAD', flag, false),
    stateVariables: new Set(read('STATE_VARIABLES', list, [])),
    timeoutMs: read('OPENAI_TIMEOUT_SECONDS', within(1, 600), 30) * 1000,
    sessionsUrl: `${baseUrl}/chatkit/sessions`,
    upstreamHeaders: {
      Authorization: `Bearer ${apiKey}`,
      'OpenAI-Beta': 'chatkit_beta=v1',
      'Content-Type': 'application/json',
      ...(text('OPENAI_ORG_ID') && { 'OpenAI-Organization': text('OPENAI_ORG_ID') }),
      ...(text('OPENAI_PROJECT_ID') && { 'OpenAI-Project': text('OPENAI_PROJECT_ID') }),
    },
    faults,
  };
}

/** @typedef {ReturnType<typeof readSettings>} Settings */

/** Throws while a setting is wrong. */
export function requireUsable(/** @type {Settings} */ settings) {
  if (settings.faults.length) throw notConfigured(settings.faults.join(' '));
}
