// A client as generators make it from public/openapi.yaml: one call per operationId, with the document's paths, media types and
// security schemes, and models whose unset fields are left out, null or empty, depending on the language.
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

const document = parse(await readFile(new URL('../../public/openapi.yaml', import.meta.url), 'utf8'));

/** Follows a `$ref`, and merges `allOf`. @param {any} node @returns {any} */
function resolve(node) {
  if (node?.$ref) {
    const found = node.$ref.slice(2).split('/').reduce((/** @type {any} */ at, /** @type {string} */ name) => at[name], document);
    return resolve(found);
  }
  if (!node?.allOf) return node;
  const parts = node.allOf.map(resolve);
  return { type: parts[0].type, properties: Object.assign({}, ...parts.map((/** @type {any} */ part) => part.properties)) };
}

const operations = new Map(
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(/** @type {Record<string, any>} */ (item))
      .filter(([, operation]) => operation.operationId)
      .map(([method, operation]) => [operation.operationId, { method: method.toUpperCase(), path, operation }]),
  ),
);

/** What a language writes for a field that is not set. @typedef {'omitted' | 'null' | 'empty'} Unset */

/**
 * A request model without any value set.
 * @param {any} schema
 * @param {Unset} unset
 * @returns {unknown}
 */
function model(schema, unset) {
  const { type, properties, oneOf, additionalProperties } = resolve(schema);
  if (oneOf) return model(oneOf[0], unset);
  const types = [type].flat();
  if (types.includes('object')) {
    if (additionalProperties || !properties) return {};
    const fields = unset === 'omitted' ? [] : Object.entries(properties);
    return Object.fromEntries(fields.map(([name, field]) => [name, unset === 'null' ? null : model(field, unset)]));
  }
  return types.includes('boolean') ? false : '';
}

/** The request body of an operation, without any value set. @param {string} operationId @param {Unset} unset */
export function emptyBody(operationId, unset) {
  const { requestBody } = operations.get(operationId)?.operation ?? {};
  return model(resolve(requestBody).content['application/json'].schema, unset);
}

/** The example of an operation's request body. @param {string} operationId */
export const exampleBody = (operationId) =>
  resolve(operations.get(operationId)?.operation.requestBody).content['application/json'].example;

/** The name of the header of a security scheme. @param {string} scheme */
export const headerOf = (scheme) => document.components.securitySchemes[scheme].name;

/**
 * Calls an operation, and checks that the document has the status and that the body has the required fields.
 * @param {string} url the address of the Worker
 * @param {string} operationId
 * @param {{ parameters?: Record<string, string>, body?: unknown, headers?: Record<string, string> }} [given]
 */
export async function call(url, operationId, { parameters = {}, body, headers = {} } = {}) {
  const found = operations.get(operationId);
  if (!found) throw new Error(`No operation "${operationId}".`);
  const { method, path, operation } = found;
  const accepted = Object.values(operation.responses).flatMap((response) => Object.keys(resolve(response).content ?? {}));
  let where = path;
  for (const [name, value] of Object.entries(parameters)) where = where.replace(`{${name}}`, encodeURIComponent(value));
  const response = await fetch(url + where, {
    method,
    headers: {
      Accept: [...new Set(accepted)].join(', '),
      'User-Agent': 'OpenAPI-Generator/1.0.0',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const described = resolve(operation.responses[response.status]);
  if (!described) throw new Error(`${operationId}: the document has no status ${response.status}: ${await response.text()}`);
  const value = await response.json();
  const [{ schema }] = Object.values(/** @type {Record<string, any>} */ (described.content));
  const missing = (resolve(schema).required ?? []).filter((/** @type {string} */ name) => !(name in value));
  if (missing.length) throw new Error(`${operationId}: the response has no ${missing.join(', ')}`);
  return { status: response.status, value, response };
}
