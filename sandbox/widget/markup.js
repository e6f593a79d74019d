// Makes the elements of the stand-in widget. Text is always set as text, never parsed as HTML.
import { icon } from './icons.js';

/**
 * Makes an element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null | undefined | EventListener>} [attributes] functions become
 *   listeners; null and false are skipped
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/**
 * A button with an icon and an accessible name.
 * @param {string} name of the icon
 * @param {string} label
 * @param {() => void} click
 */
export function toolButton(name, label, click) {
  return h('button', { type: 'button', class: 'tool', 'aria-label': label, title: label, click }, icon(name));
}

/** Renders Markdown links; other Markdown is shown as plain text. @param {string} text @returns {(Node | string)[]} */
export function withLinks(text) {
  return text.split(/(\[[^\]]+\]\(https?:\/\/[^\s)]+\))/).map((part) => {
    const link = /^\[([^\]]+)\]\((.+)\)$/.exec(part);
    return link ? h('a', { href: link[2], target: '_blank', rel: 'noopener noreferrer' }, link[1]) : part;
  });
}

/** A link that opens in a new tab, or the text alone if the address is not http. @param {string} url @param {string} text */
export function outsideLink(url, text) {
  if (!/^https?:\/\//i.test(url)) return h('span', {}, text);
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text);
}

/** The text of structured content. @param {{ text?: string }[]} [content] */
export function textOf(content) {
  return (Array.isArray(content) ? content : []).map((part) => part?.text ?? '').join('');
}
