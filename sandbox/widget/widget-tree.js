// Renders ChatKit's widgets (cards, lists, forms) plainly: their texts, controls and actions. A component that it does not
// know shows its children.
import { h, outsideLink } from './markup.js';

/** @typedef {{ type: string, payload?: any, handler?: string, streaming?: boolean }} WidgetAction */

/** @typedef {(action: WidgetAction) => void} Act */

/**
 * @param {any} root
 * @param {Act} act
 */
export function renderWidget(root, act) {
  return h('div', { class: 'widget' }, ...renderNode(root, act));
}

/** @param {any} node @param {Act} act @returns {(Node | string)[]} */
function renderNode(node, act) {
  if (typeof node === 'string') return [node];
  if (typeof node !== 'object' || node === null) return [];
  const label = String(node.value ?? node.label ?? node.title ?? '');
  switch (node.type) {
    case 'Text':
    case 'Markdown':
    case 'Caption':
    case 'Badge':
    case 'Label':
      return [h('p', { class: `part ${node.type.toLowerCase()}` }, label)];
    case 'Title':
      return [h('p', { class: 'part title-text' }, h('strong', {}, label))];
    case 'Divider':
      return [h('hr')];
    case 'Image':
      return [h('img', { class: 'part', src: node.src, alt: node.alt ?? '' })];
    case 'Link':
      return [outsideLink(String(node.href ?? ''), label)];
    case 'Button':
      return [renderButton(node, act)];
    case 'Input':
    case 'Textarea':
    case 'DatePicker':
      return [renderField(node)];
    case 'Checkbox': {
      const box = h('input', { type: 'checkbox', name: node.name, checked: Boolean(node.defaultChecked) });
      return [h('label', { class: 'part' }, box, ` ${node.label ?? ''}`)];
    }
    case 'Select':
    case 'RadioGroup':
      return [renderSelect(node, act)];
    case 'Form':
      return [renderForm(node.onSubmitAction, renderChildren(node, act), act)];
    case 'Card':
      return renderCard(node, act);
    case 'ListViewItem':
      return [renderListItem(node, act)];
    default:
      return renderChildren(node, act);
  }
}

/** @param {any} node @param {Act} act */
function renderChildren({ children }, act) {
  const list = Array.isArray(children) ? children : [children];
  return list.flatMap((child) => renderNode(child, act));
}

/** @param {any} node @param {Act} act */
function renderButton({ label, onClickAction, submit, disabled }, act) {
  const click = () => onClickAction && act(onClickAction);
  return h('button', { type: submit ? 'submit' : 'button', class: 'action', disabled, click }, String(label ?? ''));
}

/** @param {any} node */
function renderField({ type, name, placeholder, defaultValue }) {
  const attributes = { class: 'field', name, placeholder, 'aria-label': placeholder ?? name };
  if (type === 'Textarea') return h('textarea', attributes, String(defaultValue ?? ''));
  return h('input', { ...attributes, type: type === 'DatePicker' ? 'date' : 'text', value: defaultValue });
}

/** @param {any} node @param {Act} act */
function renderSelect({ name, options = [], placeholder, defaultValue, onChangeAction }, act) {
  const choices = options.map((/** @type {any} */ { value, label }) => {
    return h('option', { value, selected: value === defaultValue }, label ?? value);
  });
  const select = h('select', { class: 'field', name, 'aria-label': placeholder ?? name }, ...choices);
  if (onChangeAction) select.addEventListener('change', () => act(withFields(onChangeAction, { [name]: select.value })));
  return select;
}

/**
 * @param {WidgetAction | undefined} action
 * @param {(Node | string)[]} children
 * @param {Act} act
 */
function renderForm(action, children, act) {
  const form = h('form', { class: 'form' }, ...children);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (action) act(withFields(action, Object.fromEntries(new FormData(form))));
  });
  return form;
}

/** @param {any} card @param {Act} act */
function renderCard(card, act) {
  const { confirm, cancel, asForm } = card;
  const status = card.status?.text ? [h('p', { class: 'part caption' }, card.status.text)] : [];
  const buttons = [cancel, confirm].filter(Boolean).map((/** @type {any} */ { label, action }) => {
    const submit = asForm && action === confirm?.action;
    return h('button', { type: submit ? 'submit' : 'button', class: 'action', click: () => submit || act(action) }, label);
  });
  const children = [...status, ...renderChildren(card, act), ...buttons];
  return asForm ? [renderForm(confirm?.action, children, act)] : children;
}

/** @param {any} item @param {Act} act */
function renderListItem(item, act) {
  const children = renderChildren(item, act);
  const action = item.onClickAction;
  if (!action) return h('div', { class: 'row' }, ...children);
  return h('button', { type: 'button', class: 'row', click: () => act(action) }, ...children);
}

/**
 * An action with the fields of a form in its payload. A dot in a name makes an object within the payload.
 * @param {WidgetAction} action
 * @param {Record<string, unknown>} fields
 */
function withFields(action, fields) {
  const payload = structuredClone(action.payload ?? {});
  for (const [name, value] of Object.entries(fields)) {
    const path = name.split('.');
    const last = path.pop() ?? name;
    let target = payload;
    for (const step of path) target = target[step] ??= {};
    target[last] ??= value;
  }
  return { ...action, payload };
}
