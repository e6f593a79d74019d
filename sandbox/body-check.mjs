// Checks a JSON body against a schema, as strictly as OpenAI does: every type and limit, no unknown fields, no null where none
// is allowed. The first error is thrown as the 400 that OpenAI would return.
import { HttpError, isObject } from './http.mjs';

/**
 * @typedef {object} Rule
 * @property {'object' | 'map' | 'array' | 'union' | 'variants' | 'boolean' | 'string' | 'integer' | 'number' | 'any'} type
 * @property {boolean} [nullable]
 * @property {Record<string, Rule>} [fields] of an object
 * @property {string[]} [required] fields of an object
 * @property {Rule} [items] of an array, or the values of a map
 * @property {number} [min] of a number, or the minimum length of a string or an array
 * @property {number} [max] of a number, or the maximum length of a string, an array or a map
 * @property {number} [maxKey] length of a map's key
 * @property {string[]} [allowed] values of a string
 * @property {string} [prefix] of an id
 * @property {RegExp} [pattern] of a string
 * @property {Rule[]} [options] of a union: rules for different JSON types
 * @property {Record<string, Rule>} [variants] by the value of the field `tag`
 * @property {string} [tag] default: type
 */

export const flag = /** @type {Rule} */ ({ type: 'boolean' });
export const text = /** @type {Rule} */ ({ type: 'string' });
export const integer = /** @type {Rule} */ ({ type: 'integer' });
export const anything = /** @type {Rule} */ ({ type: 'any', nullable: true });

/** @param {...string} allowed @returns {Rule} */
export const oneOf = (...allowed) => ({ type: 'string', allowed });
/** @param {Rule} rule @returns {Rule} */
export const nullable = (rule) => ({ ...rule, nullable: true });
/** @param {Rule} items @param {Partial<Rule>} [more] @returns {Rule} */
export const list = (items, more = {}) => ({ type: 'array', items, ...more });
/** @param {...Rule} options @returns {Rule} */
export const union = (...options) => ({ type: 'union', options });
/** @param {Record<string, Rule>} fields @param {string[]} [required] @returns {Rule} */
export const object = (fields, required = []) => ({ type: 'object', fields, required });
/** A free object. @param {Rule} [items] @param {Partial<Rule>} [more] @returns {Rule} */
export const map = (items = anything, more = {}) => ({ type: 'map', items, ...more });

const KIND_NAMES = {
  object: 'an object', map: 'an object', variants: 'an object', array: 'an array', boolean: 'a boolean', string: 'a string',
  integer: 'an integer', number: 'a number', any: 'a value', union: 'a value',
};

/**
 * @param {unknown} value
 * @param {Rule} rule
 * @param {string} [path]
 */
export function check(value, rule, path = '') {
  if (value === null && rule.nullable) return;
  switch (rule.type) {
    case 'any':
      return;
    case 'object':
      return checkObject(value, rule, path);
    case 'map':
      return checkMap(value, rule, path);
    case 'array':
      return checkArray(value, rule, path);
    case 'variants':
      return checkVariants(value, rule, path);
    case 'union': {
      const option = rule.options?.find(({ type }) => fits(value, type));
      if (!option) throw invalidType(path, (rule.options ?? []).map(({ type }) => KIND_NAMES[type]).join(' or '), value);
      return check(value, option, path);
    }
    case 'boolean':
      if (typeof value !== 'boolean') throw invalidType(path, 'a boolean', value);
      return;
    case 'string':
      return checkString(value, rule, path);
    default:
      return checkNumber(value, rule, path);
  }
}

/** The path of a field in messages: a.b[0].c */
export const within = (path, name) => (typeof name === 'number' ? `${path}[${name}]` : path ? `${path}.${name}` : name);

/** @param {string} message @param {string | null} param @param {string | null} [code] */
export function invalid(message, param, code = null) {
  return new HttpError(400, message, { param, code });
}

export function missing(param) {
  return invalid(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter');
}

export function invalidValue(path, value, allowed) {
  const known = `Supported values are: '${allowed.join("', '")}'.`;
  return invalid(`Invalid value: '${String(value).slice(0, 80)}'. ${known}`, path, 'invalid_value');
}

function fits(value, type) {
  if (type === 'object' || type === 'map' || type === 'variants') return isObject(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer' || type === 'number') return typeof value === 'number';
  return typeof value === type;
}

function checkObject(value, { fields = {}, required = [] }, path) {
  if (!isObject(value)) throw invalidType(path, 'an object', value);
  for (const name of required) {
    if (!Object.hasOwn(value, name)) throw missing(within(path, name));
  }
  for (const name of Object.keys(value)) {
    const at = within(path, name);
    if (!Object.hasOwn(fields, name)) throw invalid(`Unknown parameter: '${at}'.`, at, 'unknown_parameter');
    check(value[name], fields[name], at);
  }
}

function checkMap(value, { items = anything, max = Infinity, maxKey = Infinity }, path) {
  if (!isObject(value)) throw invalidType(path, 'an object', value);
  const names = Object.keys(value);
  if (names.length > max) {
    throw invalid(`Invalid '${path}': ${names.length} properties, the maximum is ${max}.`, path, 'object_above_max_properties');
  }
  for (const name of names) {
    if (length(name) > maxKey) throw invalid(`Invalid '${path}': a key is longer than ${maxKey} characters.`, path, 'invalid_value');
    check(value[name], items, within(path, name));
  }
}

function checkArray(value, { items = anything, min = 0, max = Infinity }, path) {
  if (!Array.isArray(value)) throw invalidType(path, 'an array', value);
  if (value.length < min) {
    throw invalid(`Invalid '${path}': empty array. Expected an array with minimum length ${min}.`, path, 'empty_array');
  }
  if (value.length > max) {
    throw invalid(`Invalid '${path}': array too long. The maximum length is ${max}.`, path, 'array_above_max_length');
  }
  value.forEach((item, index) => check(item, items, within(path, index)));
}

function checkVariants(value, { variants = {}, tag = 'type' }, path) {
  if (!isObject(value)) throw invalidType(path, 'an object', value);
  if (!Object.hasOwn(value, tag)) throw missing(within(path, tag));
  if (!Object.hasOwn(variants, String(value[tag]))) throw invalidValue(within(path, tag), value[tag], Object.keys(variants));
  checkObject(value, variants[value[tag]], path);
}

function checkString(value, /** @type {Rule} */ { min = 0, max = Infinity, allowed, prefix, pattern }, path) {
  if (typeof value !== 'string') throw invalidType(path, 'a string', value);
  if (value.length < min) {
    throw invalid(`Invalid '${path}': empty string. Expected a string with minimum length ${min}.`, path, 'empty_string');
  }
  if (value.length > max && length(value) > max) {
    throw invalid(`Invalid '${path}': string too long. The maximum length is ${max}.`, path, 'string_above_max_length');
  }
  if (allowed && !allowed.includes(value)) throw invalidValue(path, value, allowed);
  if (prefix && !value.startsWith(prefix)) {
    throw invalid(`Invalid '${path}': '${value}'. Expected an ID that begins with '${prefix}'.`, path, 'invalid_value');
  }
  if (pattern && !pattern.test(value)) {
    const expected = `Expected a string that matches the pattern '${pattern.source}'.`;
    throw invalid(`Invalid '${path}': string does not match pattern. ${expected}`, path, 'invalid_value');
  }
}

function checkNumber(value, { type, min = -Infinity, max = Infinity }, path) {
  if (type === 'integer' ? !Number.isInteger(value) : !Number.isFinite(value)) throw invalidType(path, KIND_NAMES[type], value);
  const kind = type === 'integer' ? 'integer' : 'decimal';
  if (value < min) {
    const message = `Invalid '${path}': ${kind} below minimum value. Expected >= ${min}, but got ${value}.`;
    throw invalid(message, path, `${kind}_below_min_value`);
  }
  if (value > max) {
    const message = `Invalid '${path}': ${kind} above maximum value. Expected <= ${max}, but got ${value}.`;
    throw invalid(message, path, `${kind}_above_max_value`);
  }
}

/** Length in code points, as in JSON Schema. */
function length(string) {
  let count = 0;
  for (const _ of string) count++;
  return count;
}

export function invalidType(path, expected, value) {
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  const where = path ? `'${path}'` : 'the request body';
  return invalid(`Invalid type for ${where}: expected ${expected}, but got ${got} instead.`, path || null, 'invalid_type');
}
