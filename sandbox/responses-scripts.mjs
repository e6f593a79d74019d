// What the stand-in for the Responses API answers. An answer depends only on the text of the last user message and on the
// outputs of functions after it, so that tests can rely on it. These words in a question choose the script, and can be combined:
//
// | word in the question | the answer has |
// | --- | --- |
// | think, reason | a reasoning item with two parts of summary (no model whose name begins with gpt-3 or gpt-4 reasons) |
// | search, news | a web_search_call, and two url_citation annotations in the text |
// | file, files, document | a file_search_call, and a file_citation |
// | code, calculate | a code_interpreter_call with streamed code, and a container_file_citation |
// | mcp | mcp_list_tools (unless the input has it already) and an mcp_call |
// | approval | with mcp: an mcp_approval_request in place of the call, until the input has its mcp_approval_response |
// | unknown | an item and an event of kinds that no client knows, in the middle |
// | NAME of a declared function | a function_call; JSON behind the name is its arguments, else they are made from its parameters. |
// | | Several names give parallel calls, or one call a time with `parallel_tool_calls: false` |
// | endlessly | with the name of a function: calls it again after every output |
// | refuse | a refusal instead of a text |
// | long | 200 deltas |
// | pace 50 | 50 ms between deltas, whatever the sandbox is set to |
// | fault: NAME | a fault: responses-faults.mjs lists them |
//
// Anything else is answered by a short text that quotes the question. Instructions with the word "title", in a call that is not
// streamed, are answered by the first words of the question. A `text.format` with a schema is answered by JSON of that schema.
import { CHOICE } from './responses-faults.mjs';

const MAX_QUOTED_CHARS = 200;
const TITLE_WORDS = 6;
const LONG_DELTAS = 200;
const SITE = 'https://shop.example';

const WORDS = {
  reasoning: /\b(think|reason|piensa)\b/i,
  search: /\b(search|news|busca)\b/i,
  files: /\b(files?|documents?|archivos?)\b/i,
  code: /\b(code|calculate|calcula)\b/i,
  mcp: /\bmcp\b/i,
  approval: /\bapproval\b/i,
  unknown: /\bunknown\b/i,
  endlessly: /\bendlessly\b/i,
  refuse: /\brefuse\b/i,
  long: /\blong\b/i,
};
const SPANISH = /[¿¡ñáéíóú]|\b(hola|gracias|busca|piensa|pedido)\b/i;

const TEXTS = {
  en: {
    asked: (quoted) => `You asked: “${quoted}”`,
    called: (name, output) => `${name} returned: ${output}`,
    search: 'The shop has a page about this',
    files: 'The return policy allows returns within 30 days',
    code: 'The calculation gives 42, and its steps are in steps.csv',
    mcp: 'The sandbox’s MCP server says: all parcels are on their way',
    sandbox: 'This is the sandbox: no model has read your message. Set OPENAI_API_KEY to get answers from a model.',
    refusal: 'I’m sorry, but I can’t help with that.',
  },
  es: {
    asked: (quoted) => `Ha preguntado: «${quoted}»`,
    called: (name, output) => `${name} ha devuelto: ${output}`,
    search: 'La tienda tiene una página sobre esto',
    files: 'Se puede devolver un pedido durante 30 días',
    code: 'El cálculo da 42, y los pasos están en steps.csv',
    mcp: 'El servidor MCP del entorno de pruebas dice: todos los paquetes están en camino',
    sandbox: 'Esto es el entorno de pruebas: ningún modelo ha leído su mensaje. Configure OPENAI_API_KEY para obtener respuestas de un modelo.',
    refusal: 'Lo siento, pero no puedo ayudarle con eso.',
  },
};

/**
 * @typedef {{ kind: 'reasoning' | 'web_search' | 'file_search' | 'code' | 'mcp_list' | 'mcp_call' | 'approval' | 'function_call' | 'note' | 'message' | 'refusal', [field: string]: any }} Step
 * one output item of an answer, without ids
 * @typedef {{ question: string, outputs: { name: string, output: string }[], called: string[], hasMcpList: boolean, approved: boolean | undefined }} Asked
 */

/** What the last user message asks, and what functions returned since. @param {string | any[]} input @returns {Asked} */
export function readQuestion(input) {
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  const at = items.findLastIndex(({ role }) => role === 'user');
  const names = new Map(items.filter(({ type }) => type === 'function_call').map(({ call_id, name }) => [call_id, name]));
  const since = items.slice(at + 1);
  return {
    question: at < 0 ? '' : textOf(items[at].content),
    outputs: since
      .filter(({ type }) => type === 'function_call_output')
      .map(({ call_id, output }) => ({ name: names.get(call_id) ?? 'function', output: textOf(output) })),
    called: since.filter(({ type }) => type === 'function_call').map(({ name }) => name),
    hasMcpList: items.some(({ type }) => type === 'mcp_list_tools'),
    approved: since.find(({ type }) => type === 'mcp_approval_response')?.approve,
  };
}

/** The delay between deltas that a question asks for, or undefined. @param {string} question */
export function paceOf(question) {
  const pace = /\bpace (\d{1,5})\b/i.exec(question)?.[1];
  return pace === undefined ? undefined : Number(pace);
}

/**
 * The output items of the answer.
 * @param {any} body a valid request
 * @param {Asked} asked
 * @returns {Step[]}
 */
export function stepsFor(body, asked) {
  const { question } = asked;
  // The name of a fault, such as end-of-file, chooses no script.
  const text = question.replace(CHOICE, '');
  const has = (/** @type {keyof typeof WORDS} */ word) => WORDS[word].test(text);
  const texts = SPANISH.test(question) ? TEXTS.es : TEXTS.en;
  if (!body.stream && isForTitle(body)) return [{ kind: 'message', ...plain(titleOf(question)) }];
  if (body.text?.format?.type === 'json_schema') {
    return [{ kind: 'message', ...plain(JSON.stringify(exampleOf(body.text.format.schema, question))) }];
  }
  /** @type {Step[]} */
  const steps = [];
  if (has('reasoning') && !/^gpt-(3|4)/.test(body.model)) {
    steps.push({
      kind: 'reasoning',
      summaries: [`**Reading the question**\n\nIt has ${[...question].length} characters.`, '**Choosing an answer**\n\nThe sandbox quotes the question.'],
    });
  }
  const calls = functionCalls(body, asked, has('endlessly'));
  if (calls.length) return [...steps, ...calls];
  const query = quote(question);
  if (has('search')) {
    steps.push({ kind: 'web_search', query, queries: [query, `${query} shop.example`], sources: [`${SITE}/help`, `${SITE}/news`, `${SITE}/contact`] });
  }
  if (has('files')) {
    const results = [{ attributes: {}, file_id: 'file-sandbox-policy', filename: 'return-policy.pdf', score: 0.92, text: 'Returns are accepted within 30 days.' }];
    steps.push({ kind: 'file_search', queries: [query], results });
  }
  if (has('code')) steps.push({ kind: 'code', code: 'steps = [6, 7]\nprint(steps[0] * steps[1])\n', logs: '42\n' });
  if (has('mcp')) {
    const label = body.tools?.find(({ type }) => type === 'mcp')?.server_label ?? 'sandbox';
    if (!asked.hasMcpList) steps.push({ kind: 'mcp_list', label });
    const call = { label, name: 'track_parcels', arguments: { all: true } };
    if (has('approval') && asked.approved === undefined) return [...steps, { kind: 'approval', ...call }];
    if (asked.approved !== false) steps.push({ kind: 'mcp_call', ...call, output: 'All parcels are on their way.' });
  }
  if (has('unknown')) steps.push({ kind: 'note', note: 'An item of a kind that no client knows.' });
  if (has('refuse')) return [...steps, { kind: 'refusal', deltas: words(texts.refusal) }];
  return [...steps, { kind: 'message', ...(has('long') ? longText() : answerText(asked, texts, has)) }];
}

/** Calls of the declared functions that the question names and that were not called since. */
function functionCalls({ tools = [], tool_choice, parallel_tool_calls }, { question, called }, endlessly) {
  if (tool_choice === 'none') return [];
  const forced = tool_choice?.type === 'function' && called.length === 0 ? tool_choice.name : undefined;
  const named = tools.filter(({ type, name }) =>
    type === 'function' && (name === forced || (mentions(question, name) && (endlessly || !called.includes(name)))));
  const calls = named.map(({ name, parameters }) => ({ kind: /** @type {const} */ ('function_call'), name, arguments: argumentsIn(question, name) ?? exampleOf(parameters, question) }));
  return parallel_tool_calls === false ? calls.slice(0, 1) : calls;
}

const mentions = (question, name) => ` ${question} `.split(/[^a-zA-Z0-9_-]+/).includes(name);

/** The JSON object that follows a name in the question. */
function argumentsIn(question, name) {
  const text = question.slice(question.indexOf(name) + name.length).trimStart();
  if (!text.startsWith('{')) return undefined;
  for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}', end + 1)) {
    try {
      return JSON.parse(text.slice(0, end + 1));
    } catch {
      // A brace inside: try up to the next one.
    }
  }
  return undefined;
}

/** A value that a JSON schema accepts. */
function exampleOf(schema, question) {
  const { type, properties = {}, required = Object.keys(properties), enum: allowed, items } = schema ?? {};
  if (allowed?.length) return allowed[0];
  switch (Array.isArray(type) ? type[0] : type) {
    case 'string':
      return titleOf(question);
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'array':
      return [exampleOf(items, question)];
    case 'null':
      return null;
    default:
      return Object.fromEntries(required.map((name) => [name, exampleOf(properties[name], question)]));
  }
}

function answerText({ question, outputs, approved }, texts, has) {
  const builder = new AnnotatedText();
  builder.add(texts.asked(quote(question)));
  for (const { name, output } of outputs) builder.add('\n\n').add(texts.called(name, output));
  if (has('search')) {
    builder.add('\n\n').add(texts.search).add(' ').cite(`([shop.example](${SITE}/help))`, (start_index, end_index) => ({
      type: 'url_citation', url: `${SITE}/help`, title: 'Help', start_index, end_index,
    })).add(' ').cite(`([shop.example](${SITE}/news))`, (start_index, end_index) => ({
      type: 'url_citation', url: `${SITE}/news`, title: 'News', start_index, end_index,
    })).add('.');
  }
  if (has('files')) {
    builder.add('\n\n').add(texts.files).cite('', (index) => ({
      type: 'file_citation', file_id: 'file-sandbox-policy', filename: 'return-policy.pdf', index,
    })).add('.');
  }
  if (has('code')) {
    builder.add('\n\n').add(texts.code).cite('', (start_index, end_index) => ({
      type: 'container_file_citation', container_id: 'cntr_sandbox', file_id: 'cfile_sandbox', filename: 'steps.csv', start_index, end_index,
    })).add('.');
  }
  if (has('mcp') && approved !== false) builder.add('\n\n').add(texts.mcp).add('.');
  if (!outputs.length) builder.add('\n\n').add(texts.sandbox);
  return { deltas: builder.deltas, annotations: builder.annotations };
}

/** A text in deltas, with annotations at their places. Positions count characters (code points), as OpenAI's do. */
class AnnotatedText {
  /** @type {string[]} */
  deltas = [];
  /** An annotation is sent after this many deltas. @type {{ after: number, annotation: any }[]} */
  annotations = [];
  #length = 0;

  add(text) {
    this.deltas.push(...words(text));
    this.#length += [...text].length;
    return this;
  }

  cite(text, annotationAt) {
    const start = this.#length;
    this.add(text);
    this.annotations.push({ after: this.deltas.length, annotation: annotationAt(start, this.#length) });
    return this;
  }
}

function longText() {
  return { deltas: Array.from({ length: LONG_DELTAS }, (_, i) => `${i ? ' ' : ''}word${i + 1}`), annotations: [] };
}

const plain = (text) => ({ deltas: words(text), annotations: [] });
const words = (text) => text.match(/\s*\S+|\s+$/g) ?? [];

function isForTitle({ instructions, input }) {
  const rules = Array.isArray(input) ? input.filter(({ role }) => role === 'developer' || role === 'system').map(({ content }) => textOf(content)) : [];
  return [instructions ?? '', ...rules].some((text) => /\btitle\b/i.test(text));
}

function titleOf(question) {
  return question.trim().split(/\s+/).slice(0, TITLE_WORDS).join(' ').replace(/[\s.,;:!?]+$/, '') || 'Sandbox';
}

function quote(question) {
  const characters = [...question];
  return characters.length > MAX_QUOTED_CHARS ? `${characters.slice(0, MAX_QUOTED_CHARS).join('')}…` : question;
}

function textOf(content) {
  return typeof content === 'string' ? content : content.map(({ text }) => text ?? '').filter(Boolean).join('\n');
}
