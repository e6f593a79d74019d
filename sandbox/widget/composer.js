// The composer: the text, the choice of a model and a tool, and one button that sends the message or stops the answer.
import { icon } from './icons.js';
import { h } from './markup.js';

/** @import { ComposerOption, ModelOption, ToolOption } from '@openai/chatkit' */
/** @import { Texts } from './texts.js' */

const MAX_MESSAGE_CHARS = 8000;

/** @typedef {{ tool_choice?: { id: string }, model?: string }} InferenceOptions */

export class Composer {
  #send;
  #stop;
  #input = h('textarea', { rows: '1', maxlength: MAX_MESSAGE_CHARS, input: () => this.#refresh() });
  #button = h('button', { type: 'submit', class: 'send', 'aria-disabled': 'true' }, icon('send'));
  #model = h('select', { class: 'choice', hidden: true });
  #tool = h('select', { class: 'choice', hidden: true });
  element;
  /** @type {Texts} */
  #texts;
  /** @type {{ models: string, tools: string }} the options that are shown, as JSON */
  #offered = { models: '[]', tools: '[]' };
  #busy = false;
  #locked = false;
  /** Whether the answer that is streaming can be stopped. */
  #stoppable = false;
  /** The tools that stay chosen after a message. @type {Set<string>} */
  #persistent = new Set();

  /**
   * @param {(text: string) => void} send
   * @param {() => void} stop
   * @param {Texts} texts
   */
  constructor(send, stop, texts) {
    this.#send = send;
    this.#stop = stop;
    this.#texts = texts;
    this.#input.addEventListener('keydown', (event) => this.#onKeyDown(event));
    const choices = h('div', { class: 'choices' }, this.#tool, this.#model);
    this.element = h('form', { class: 'composer', submit: (event) => this.#onSubmit(event) }, this.#input, choices, this.#button);
  }

  /** @param {ComposerOption | undefined} options @param {Texts} texts */
  configure(options, texts) {
    this.#texts = texts;
    this.#input.placeholder = options?.placeholder ?? texts.placeholder;
    this.#input.setAttribute('aria-label', this.#input.placeholder);
    this.#model.setAttribute('aria-label', texts.model);
    this.#tool.setAttribute('aria-label', texts.tool);
    const { models = [], tools = [] } = options ?? {};
    this.#offerModels(models);
    this.#offerTools(tools);
    this.#refresh();
  }

  /** @param {ModelOption[]} models */
  #offerModels(models) {
    const offered = JSON.stringify(models);
    if (offered === this.#offered.models) return;
    this.#offered.models = offered;
    const preferred = (models.find((model) => model.default) ?? models[0])?.id;
    this.#model.replaceChildren(
      ...models.map(({ id, label, disabled }) => h('option', { value: id, disabled, selected: id === preferred }, label)),
    );
    this.#model.hidden = models.length === 0;
  }

  /** @param {ToolOption[]} tools */
  #offerTools(tools) {
    const offered = JSON.stringify(tools);
    if (offered === this.#offered.tools) return;
    this.#offered.tools = offered;
    this.#persistent = new Set(tools.filter(({ persistent }) => persistent).map(({ id }) => id));
    const options = tools.map(({ id, label }) => h('option', { value: id }, label));
    this.#tool.replaceChildren(h('option', { value: '' }, this.#texts.noTool), ...options);
    this.#tool.hidden = tools.length === 0;
  }

  /** The visitor's choices for the next message. @returns {InferenceOptions} */
  get inference() {
    const model = this.#model.hidden ? '' : this.#model.value;
    const tool = this.#tool.hidden ? '' : this.#tool.value;
    return { ...(tool && { tool_choice: { id: tool } }), ...(model && { model }) };
  }

  /** A tool is chosen for one message, unless it is a persistent one. */
  clearTool() {
    if (!this.#persistent.has(this.#tool.value)) this.#tool.value = '';
  }

  /** @param {string | null} id */
  set tool(id) {
    this.#tool.value = id ?? '';
  }

  /** @param {string} id */
  set model(id) {
    this.#model.value = id;
  }

  get text() {
    return this.#input.value;
  }

  set text(text) {
    this.#input.value = text;
    this.#refresh();
  }

  get isBusy() {
    return this.#busy;
  }

  /** @param {boolean} busy */
  setBusy(busy) {
    this.#busy = busy;
    if (!busy) this.#stoppable = false;
    this.#refresh();
  }

  /** @param {boolean} stoppable */
  setStoppable(stoppable) {
    this.#stoppable = stoppable;
    this.#refresh();
  }

  /** @param {boolean} locked whether the thread takes no messages */
  setLocked(locked) {
    this.#locked = locked;
    this.#input.disabled = locked;
    this.#refresh();
  }

  focus() {
    this.#input.focus();
  }

  #refresh() {
    const stops = this.#busy && this.#stoppable;
    const name = stops ? 'stop' : 'send';
    if (this.#button.value !== name) {
      this.#button.value = name;
      this.#button.replaceChildren(icon(name));
    }
    this.#button.setAttribute('aria-label', stops ? this.#texts.stop : this.#texts.send);
    this.#button.setAttribute('aria-disabled', String(!stops && (this.#busy || this.#locked || this.text.trim() === '')));
  }

  /** @param {KeyboardEvent} event */
  #onKeyDown(event) {
    // During IME composition (Japanese, Chinese), Enter confirms the characters and does not send.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!this.#busy) this.#submit();
  }

  /** @param {Event} event */
  #onSubmit(event) {
    event.preventDefault();
    if (this.#busy && this.#stoppable) return this.#stop();
    this.#submit();
  }

  #submit() {
    const text = this.text.trim();
    if (this.#busy || this.#locked || text === '') return;
    this.text = '';
    this.#send(text);
  }
}
