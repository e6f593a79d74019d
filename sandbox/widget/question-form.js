// Renders a structured input: questions with choices or free text, which the visitor answers or skips.
import { h } from './markup.js';

/** @import { Item } from './thread-items.js' */
/** @import { Texts } from './texts.js' */

/** @typedef {{ status: 'answered' | 'skipped', answers: Record<string, { values: string[], skipped: boolean }> }} Submission */

/**
 * @param {Item} item
 * @param {Texts} texts
 * @param {(submission: Submission) => void} submit
 */
export function renderQuestions(item, texts, submit) {
  if (item.status !== 'pending') return renderAnswers(item, texts);
  /** @type {{ id: string, values: () => string[] }[]} */
  const fields = [];
  const questions = item.inputs.map((/** @type {any} */ input) => {
    const { element, values } = renderQuestion(input, item.id);
    fields.push({ id: input.id, values });
    return element;
  });
  const onSkip = () => submit({ status: 'skipped', answers: {} });
  const skip = h('button', { type: 'button', class: 'action', click: onSkip }, texts.skip);
  const buttons = h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'action' }, texts.answer), skip);
  const form = h('form', { class: 'questions' }, ...questions, buttons);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const answers = fields.map(({ id, values }) => {
      const given = values();
      return [id, { values: given, skipped: given.length === 0 }];
    });
    submit({ status: 'answered', answers: Object.fromEntries(answers) });
  });
  return form;
}

/** @param {any} input @param {string} itemId */
function renderQuestion({ id, question, type, options = [], multiple = false, description }, itemId) {
  if (type === 'freeform') {
    const field = h('textarea', { class: 'field', rows: '2', 'aria-label': question, placeholder: description });
    const values = () => [field.value.trim()].filter(Boolean);
    return { element: h('label', { class: 'question' }, h('span', {}, question), field), values };
  }
  const kind = multiple ? 'checkbox' : 'radio';
  const name = `${itemId} ${id}`;
  /** @type {HTMLInputElement[]} */
  const inputs = options.map((/** @type {{ value: string }} */ { value }) => h('input', { type: kind, name, value }));
  const choices = inputs.map((input) => h('label', { class: 'choice' }, input, ` ${input.value}`));
  const values = () => inputs.filter(({ checked }) => checked).map(({ value }) => value);
  return { element: h('fieldset', { class: 'question' }, h('legend', {}, question), ...choices), values };
}

/** @param {Item} item @param {Texts} texts */
function renderAnswers({ inputs }, texts) {
  return h(
    'dl',
    { class: 'questions' },
    ...inputs.flatMap((/** @type {any} */ { question, answer }) => {
      const given = answer && !answer.skipped ? answer.values.join(', ') : texts.skipped;
      return [h('dt', {}, question), h('dd', {}, given)];
    }),
  );
}
