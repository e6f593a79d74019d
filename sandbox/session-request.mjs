// Validates the body of POST /v1/chatkit/sessions as strictly as OpenAI's CreateChatSessionBody schema: every type and
// limit, no unknown fields, no null for missing fields.
import { HttpError, isObject } from './http.mjs';

const STATE_VARIABLES_MAX = 64;
const STATE_KEY_MAX = 64;
const STATE_STRING_MAX = 10_485_760;

const flag = { type: 'boolean' };
const enabled = object({ enabled: flag });
const atLeastOne = { type: 'integer', min: 1 };

const BODY = object(
  {
    workflow: object(
      {
        id: { type: 'string' },
        version: { type: 'string' },
        state_variables: { type: 'map' },
        tracing: enabled,
      },
      ['id'],
    ),
    user: { type: 'string', minLength: 1 },
    expires_after: object(
      {
        anchor: { type: 'string', allowed: ['created_at'] },
        seconds: { type: 'integer', min: 1, max: 600 },
      },
      ['anchor', 'seconds'],
    ),
    rate_limits: object({ max_requests_per_1_minute: atLeastOne }),
    chatkit_configuration: object({
      automatic_thread_titling: enabled,
      file_upload: object({
        enabled: flag,
        max_file_size: { type: 'integer', min: 1, max: 512 },
        max_files: atLeastOne,
      }),
      history: object({ enabled: flag, recent_threads: atLeastOne }),
    }),
  },
  ['workflow', 'user'],
);

/**
 * Throws the 400 that OpenAI would return for the first error in a body.
 * @param {unknown} body
 */
export function checkSessionRequest(body) {
  if (!isObject(body)) throw invalidType(null, 'an object', body);
  check(body, BODY, '');
}

function object(fields, required = []) {
  return { type: 'object', fields, required };
}

function check(value, rule, path) {
  switch (rule.type) {
    case 'object':
      return checkObject(value, rule, path);
    case 'map':
      return checkMap(value, path);
    case 'boolean':
      if (typeof value !== 'boolean') throw invalidType(path, 'a boolean', value);
      return;
    case 'string':
      return checkString(value, rule, path);
    case 'integer':
      return checkInteger(value, rule, path);
  }
}

function checkObject(value, { fields, required }, path) {
  if (!isObject(value)) throw invalidType(path, 'an object', value);
  const at = (name) => (path ? `${path}.${name}` : name);
  for (const name of required) {
    if (!Object.hasOwn(value, name)) {
      throw invalid(`Missing required parameter: '${at(name)}'.`, at(name), 'missing_required_parameter');
    }
  }
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(fields, name)) throw invalid(`Unknown parameter: '${at(name)}'.`, at(name), 'unknown_parameter');
    check(value[name], fields[name], at(name));
  }
}

function checkMap(value, path) {
  if (!isObject(value)) throw invalidType(path, 'an object', value);
  const names = Object.keys(value);
  if (names.length > STATE_VARIABLES_MAX) {
    const message = `Invalid '${path}': ${names.length} properties, the maximum is ${STATE_VARIABLES_MAX}.`;
    throw invalid(message, path, 'object_above_max_properties');
  }
  for (const name of names) {
    const at = `${path}.${name}`;
    if (length(name) > STATE_KEY_MAX) {
      throw invalid(`Invalid '${path}': a key is longer than ${STATE_KEY_MAX} characters.`, path, 'invalid_value');
    }
    const item = value[name];
    if (typeof item === 'string') {
      if (length(item) > STATE_STRING_MAX) {
        const message = `Invalid '${at}': string too long. The maximum length is ${STATE_STRING_MAX}.`;
        throw invalid(message, at, 'string_above_max_length');
      }
    } else if (typeof item !== 'boolean' && !Number.isFinite(item)) {
      throw invalidType(at, 'a string, integer, boolean or number', item);
    }
  }
}

function checkString(value, { minLength = 0, allowed }, path) {
  if (typeof value !== 'string') throw invalidType(path, 'a string', value);
  if (value.length < minLength) {
    throw invalid(`Invalid '${path}': empty string. Expected a string with minimum length ${minLength}.`, path, 'empty_string');
  }
  if (allowed && !allowed.includes(value)) {
    throw invalid(`Invalid value for '${path}'. Supported values are: '${allowed.join("', '")}'.`, path, 'invalid_value');
  }
}

function checkInteger(value, { min, max = Infinity }, path) {
  if (!Number.isInteger(value)) throw invalidType(path, 'an integer', value);
  if (value < min) {
    const message = `Invalid '${path}': integer below minimum value. Expected >= ${min}, but got ${value}.`;
    throw invalid(message, path, 'integer_below_min_value');
  }
  if (value > max) {
    const message = `Invalid '${path}': integer above maximum value. Expected <= ${max}, but got ${value}.`;
    throw invalid(message, path, 'integer_above_max_value');
  }
}

/** Length in code points, as in JSON Schema. A short UTF-16 length is an upper bound, so no counting is needed. */
function length(text) {
  return text.length <= STATE_KEY_MAX ? text.length : [...text].length;
}

function invalid(message, param, code) {
  return new HttpError(400, message, { param, code });
}

function invalidType(path, expected, value) {
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  const where = path ? `'${path}'` : 'the request body';
  return invalid(`Invalid type for ${where}: expected ${expected}, but got ${got} instead.`, path, 'invalid_type');
}
