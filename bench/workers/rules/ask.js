// What the bodies of session and analytics requests say, checked strictly; unknown fields are ignored.
import { invalidJson, invalidRequest, workflowNotAllowed } from './problem.js';

export const MAX_BODY_BYTES = 16 * 1024;
const MOST_EVENTS = 100;
const THREAD = /^[A-Za-z0-9_-]{1,256}$/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value that the bytes hold, or undefined where there are none but blanks. */
function parse(/** @type {Uint8Array} */ bytes) {
  if (bytes.length === 0) return undefined;
  try {
    const text = utf8.decode(bytes);
    return /^[\t\n\f\r ]*$/.test(text) ? undefined : JSON.parse(text);
  } catch {
    throw invalidJson();
  }
}

/** The first of the names whose value is there and not null. */
const first = (body, ...names) => names.find((name) => body[name] !== undefined && body[name] !== null);

function nested(body, outer, inner) {
  const value = body[outer];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw invalidRequest(outer, 'an object');
  return value[inner] ?? undefined;
}

function workflowOf(body, { workflows }) {
  const name = first(body, 'workflowId', 'workflow_id');
  const [field, id] = name ? [name, body[name]] : ['workflow.id', nested(body, 'workflow', 'id')];
  if (id === undefined) return workflows[0];
  if (typeof id !== 'string') throw invalidRequest(field, 'a string');
  if (!workflows.includes(id)) throw workflowNotAllowed();
  return id;
}

function threadOf(body) {
  const name = first(body, 'thread_id', 'threadId');
  if (name === undefined) return 'thread_id' in body || 'threadId' in body ? null : undefined;
  const id = body[name];
  if (typeof id === 'string' && THREAD.test(id)) return id;
  throw invalidRequest(name, 'null or 1 to 256 letters, digits, underscores and hyphens');
}

function wantsUploads(body) {
  const uploads = nested(body, 'chatkit_configuration', 'file_upload');
  if (uploads === undefined) return true;
  if (!isObject(uploads)) throw invalidRequest('chatkit_configuration.file_upload', 'an object');
  const enabled = uploads.enabled ?? true;
  if (typeof enabled === 'boolean') return enabled;
  throw invalidRequest('chatkit_configuration.file_upload.enabled', 'true or false');
}

function stateVariablesOf(body, { stateVariables }) {
  const name = first(body, 'state_variables', 'stateVariables');
  const inWorkflow = isObject(body.workflow) ? (body.workflow.state_variables ?? undefined) : undefined;
  const [field, asked] = name ? [name, body[name]] : ['workflow.state_variables', inWorkflow];
  if (asked === undefined) return undefined;
  if (!isObject(asked)) throw invalidRequest(field, 'an object');
  const granted = {};
  for (const [key, value] of Object.entries(asked)) {
    if (!stateVariables.has(key)) {
      throw invalidRequest(`${field}: ${JSON.stringify(key.slice(0, 64))}`, 'one of the names in STATE_VARIABLES');
    }
    if (value === null) continue;
    if (typeof value === 'object') throw invalidRequest(`${field}.${key}`, 'a string, a number, true or false');
    granted[key] = value;
  }
  return Object.keys(granted).length ? granted : undefined;
}

/** Reads a session request's body against the settings. */
export function readAsk(/** @type {Uint8Array} */ bytes, settings) {
  const body = parse(bytes) ?? {};
  if (!isObject(body)) throw invalidRequest('The body', 'a JSON object');
  return {
    workflow: workflowOf(body, settings),
    thread: threadOf(body),
    uploads: wantsUploads(body) && settings.uploads,
    stateVariables: stateVariablesOf(body, settings),
  };
}

/** How many events a body carries: nothing is one, an object is one, an array as many as it has. */
export function readEvents(/** @type {Uint8Array} */ bytes) {
  const body = parse(bytes);
  if (body === undefined) return 1;
  const events = Array.isArray(body) ? body : [body];
  if (events.length > MOST_EVENTS) throw invalidRequest('The body', 'at most 100 objects');
  for (const event of events) {
    if (!isObject(event)) throw invalidRequest('The body', 'a JSON object, or an array of up to 100 of them');
    for (const name of ['threadId', 'thread_id']) {
      const id = event[name] ?? null;
      if (id !== null && typeof id !== 'string') throw invalidRequest(name, 'a string or null');
    }
  }
  return events.length;
}
