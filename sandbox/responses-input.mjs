// Checks the body of POST /v1/responses as OpenAI does: first its types, then what belongs together (calls and their outputs,
// reasoning and what follows it, ids, tools and tool_choice), then what the model supports. Messages are those of OpenAI.
import { check, invalid, invalidType, invalidValue, missing, within } from './body-check.mjs';
import { HttpError, isObject } from './http.mjs';
import { sealedFor } from './reasoning-seal.mjs';
import { BODY, ITEMS, MESSAGES, TOOL_CHOICES, TOOLS } from './responses-schema.mjs';

const CHARS_PER_TOKEN = 4;
const isReasoningModel = (model) => !/^gpt-(3|4)/.test(model);

/**
 * @typedef {object} Known what the sandbox knows beside the body
 * @property {string[]} models
 * @property {number} contextTokens the longest input
 * @property {(id: string) => boolean} isStored whether an item is stored (`store: true`)
 * @property {(id: string) => string | undefined} reasoningOf the reasoning item that an item needs
 */

/**
 * Throws OpenAI's error for the first fault of a body.
 * @param {any} body
 * @param {Known} known
 */
export function checkResponsesRequest(body, known) {
  if (isObject(body) && !Object.hasOwn(body, 'model')) throw missing('model');
  check(body, BODY);
  if (!known.models.includes(body.model)) {
    throw new HttpError(404, `The model '${body.model}' does not exist or you do not have access to it.`, {
      param: 'model', code: 'model_not_found',
    });
  }
  checkRetired(body);
  checkTools(body.tools ?? []);
  checkToolChoice(body.tool_choice, body.tools ?? []);
  checkInput(body, known);
  checkSupport(body);
  if (body.background && body.store === false) {
    throw invalid("Background mode requires 'store' to be true.", 'background');
  }
  if (inputTokens(body) > known.contextTokens && body.truncation !== 'auto') throw contextError();
}

export function contextError() {
  const message = 'Your input exceeds the context window of this model. Please adjust your input and try again.';
  return invalid(message, 'input', 'context_length_exceeded');
}

/** What the model reads, as text. Its length is the base of `usage`. */
export function promptText({ instructions, tools, input }) {
  return JSON.stringify([tools ?? [], instructions ?? '', input]);
}

export const tokensOf = (/** @type {string} */ text) => Math.ceil(text.length / CHARS_PER_TOKEN);
export const inputTokens = (body) => tokensOf(promptText(body));

function checkRetired(body) {
  if (body.prompt) throw new HttpError(404, `Prompt with id '${body.prompt.id}' not found.`, { param: 'prompt' });
  if (body.conversation) {
    const id = body.conversation.id ?? body.conversation;
    throw new HttpError(404, `Conversation with id '${id}' not found.`, { param: 'conversation' });
  }
  if (body.previous_response_id) {
    const message = `Previous response with id '${body.previous_response_id}' not found.`;
    throw invalid(message, 'previous_response_id', 'previous_response_not_found');
  }
}

function checkInput({ input, store }, known) {
  if (input === undefined) throw missing('input');
  if (input.length === 0) {
    throw invalid("Invalid 'input': empty. Expected at least one item.", 'input', typeof input === 'string' ? 'empty_string' : 'empty_array');
  }
  if (typeof input === 'string') return;
  input.forEach((item, index) => checkItem(item, within('input', index)));
  checkIds(input);
  checkCalls(input, 'function_call', 'function call');
  checkCalls(input, 'custom_tool_call', 'custom tool call');
  checkReasoning(input, store !== false, known);
}

function checkItem(item, path) {
  if (!isObject(item)) throw invalidType(path, 'an object', item);
  const type = item.type ?? (Object.hasOwn(item, 'role') ? 'message' : Object.hasOwn(item, 'id') ? 'item_reference' : undefined);
  if (type === undefined) throw missing(`${path}.type`);
  if (type !== 'message') {
    if (!Object.hasOwn(ITEMS, type)) throw invalidValue(`${path}.type`, type, ['message', ...Object.keys(ITEMS)]);
    if (ITEMS[type]) check(item, ITEMS[type], path);
    return;
  }
  if (!Object.hasOwn(item, 'role')) throw missing(`${path}.role`);
  if (!Object.hasOwn(MESSAGES, item.role)) throw invalidValue(`${path}.role`, item.role, Object.keys(MESSAGES));
  checkParts(item, path);
  check(item, MESSAGES[item.role], path);
}

/** The error for a part of the wrong role names the part, not its type. */
function checkParts(/** @type {any} */ { role, content }, path) {
  if (!Array.isArray(content)) return;
  const allowed = role === 'assistant' ? ['output_text', 'refusal'] : ['input_text', 'input_image', 'input_file'];
  content.forEach((part, index) => {
    const at = within(`${path}.content`, index);
    if (isObject(part) && part.type !== undefined && !allowed.includes(part.type)) throw invalidValue(at, part.type, allowed);
    if (part?.type === 'input_image' && !part.image_url && !part.file_id) throw missing(`${at}.image_url`);
  });
}

function checkIds(input) {
  const seen = new Set();
  for (const { type, id, call_id } of input) {
    for (const key of [id, call_id && `${type} ${call_id}`]) {
      if (!key) continue;
      if (seen.has(key)) {
        throw invalid(`Duplicate item found with id ${id ?? call_id}. Remove duplicate items from your input and try again.`, 'input');
      }
      seen.add(key);
    }
  }
}

function checkCalls(input, type, words) {
  const open = new Set();
  const outputs = new Set(input.filter((item) => item.type === `${type}_output`).map((item) => item.call_id));
  for (const item of input) {
    if (item.type === type) open.add(item.call_id);
    if (item.type === `${type}_output` && !open.has(item.call_id)) {
      throw invalid(`No tool call found for ${words} output with call_id ${item.call_id}.`, 'input');
    }
  }
  for (const id of open) {
    if (!outputs.has(id)) throw invalid(`No tool output found for ${words} ${id}.`, 'input');
  }
}

function checkReasoning(input, stored, { isStored, reasoningOf }) {
  const present = new Set(input.map(({ id }) => id));
  input.forEach((item, index) => {
    const known = isStored(item.id);
    if (item.type === 'item_reference' || (item.type === undefined && item.role === undefined) || (item.type === 'reasoning' && !item.encrypted_content)) {
      const hint = stored
        ? ''
        : ' Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.';
      if (!known) throw new HttpError(404, `Item with id '${item.id}' not found.${hint}`, { param: 'input' });
    }
    if (item.type === 'reasoning') {
      if (item.encrypted_content && sealedFor(item.encrypted_content) !== item.id) {
        const shown = `${item.encrypted_content.slice(0, 4)}...${item.encrypted_content.slice(-4)}`;
        throw invalid(`The encrypted content ${shown} could not be verified.`, null, 'invalid_encrypted_content');
      }
      if (!isOutput(input[index + 1])) {
        throw invalid(`Item '${item.id}' of type 'reasoning' was provided without its required following item.`, 'input');
      }
    }
    const needed = reasoningOf(item.id);
    if (needed && !present.has(needed)) {
      const what = `Item '${item.id}' of type '${item.type ?? 'message'}'`;
      throw invalid(`${what} was provided without its required 'reasoning' item: '${needed}'.`, 'input');
    }
  });
}

/** Whether a model wrote the item. */
function isOutput(item) {
  if (!item) return false;
  if (item.role) return item.role === 'assistant';
  return !/(_output|_response|_trigger)$/.test(item.type ?? '');
}

function checkTools(tools) {
  tools.forEach((tool, index) => {
    const path = within('tools', index);
    if (tool.type === undefined) throw missing(`${path}.type`);
    if (!Object.hasOwn(TOOLS, tool.type)) throw invalidValue(`${path}.type`, tool.type, Object.keys(TOOLS));
    const rule = TOOLS[tool.type];
    if (rule) check(tool, rule, path);
    if (tool.type === 'mcp' && !tool.server_url && !tool.connector_id && !tool.tunnel_id) throw missing(`${path}.server_url`);
    if (tool.type === 'function' && tool.strict && tool.parameters) checkStrict(tool.parameters, tool.name, `${path}.parameters`);
  });
}

/** A strict function lists every property as required and allows no others. */
function checkStrict(schema, name, param, context = []) {
  if (!isObject(schema)) return;
  const fail = (reason) => {
    const where = `In context=(${context.map((part) => `'${part}'`).join(', ')}), `;
    return invalid(`Invalid schema for function '${name}': ${where}${reason}`, param, 'invalid_function_parameters');
  };
  if (schema.type === 'object') {
    if (schema.additionalProperties !== false) throw fail("'additionalProperties' is required to be supplied and to be false.");
    const absent = Object.keys(schema.properties ?? {}).find((key) => !(schema.required ?? []).includes(key));
    if (absent) {
      throw fail(`'required' is required to be supplied and to be an array including every key in properties. Missing '${absent}'.`);
    }
    for (const [key, value] of Object.entries(schema.properties ?? {})) checkStrict(value, name, param, [...context, 'properties', key]);
  }
  checkStrict(schema.items, name, param, [...context, 'items']);
}

function checkToolChoice(choice, tools) {
  if (choice === 'required' && tools.length === 0) {
    throw invalid("Tool choice 'required' must be specified with 'tools' parameter.", 'tool_choice');
  }
  if (!isObject(choice)) return;
  if (choice.type === undefined) throw missing('tool_choice.type');
  if (!Object.hasOwn(TOOLS, choice.type) && choice.type !== 'allowed_tools') {
    throw invalidValue('tool_choice.type', choice.type, [...Object.keys(TOOL_CHOICES), ...Object.keys(TOOLS)]);
  }
  check(choice, TOOL_CHOICES[choice.type] ?? { type: 'object', fields: { type: { type: 'string' } } }, 'tool_choice');
  for (const wanted of choice.type === 'allowed_tools' ? choice.tools : [choice]) {
    const found = tools.some((tool) =>
      tool.type === wanted.type && ['name', 'server_label'].every((key) => !tool[key] || !wanted[key] || tool[key] === wanted[key]));
    if (!found) throw invalid(`Tool choice '${wanted.name ?? wanted.type}' not found in 'tools' parameter.`, 'tool_choice');
  }
}

function checkSupport({ model, reasoning, include, temperature, top_p }) {
  const unsupported = (param) => invalid(`Unsupported parameter: '${param}' is not supported with this model.`, param, 'unsupported_parameter');
  if (!isReasoningModel(model)) {
    if (reasoning?.effort) throw unsupported('reasoning.effort');
    if (reasoning?.summary) throw unsupported('reasoning.summary');
    if (include?.includes('reasoning.encrypted_content')) throw invalid('Encrypted content is not supported with this model.', 'include');
    return;
  }
  if (!reasoning?.effort || reasoning.effort === 'none') return;
  if (temperature !== undefined && temperature !== null && temperature !== 1) throw unsupported('temperature');
  if (top_p !== undefined && top_p !== null && top_p !== 1) throw unsupported('top_p');
}
