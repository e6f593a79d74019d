// Parses HTML for the tests: its elements and its errors.
import { parse } from '@vue/compiler-dom';

/** @returns {any[]} */
const flat = (/** @type {any} */ node) => [node, ...(node.children ?? []).flatMap(flat)].filter(({ tag }) => tag);

export function readHtml(/** @type {string} */ text) {
  /** @type {string[]} */ const errors = [];
  const elements = flat(parse(text, { parseMode: 'html', onError: ({ message }) => errors.push(message) }));
  return { elements, errors };
}

/** @returns {string | undefined} */
export const attribute = (/** @type {any} */ element, /** @type {string} */ name) =>
  element.props.find((/** @type {any} */ prop) => prop.name === name)?.value?.content;
