/** The floating button that opens and closes the chat, and where the focus goes with it. */

import { make } from '../public/demo/dom.js';

/** @import { Words } from './words.js' */

const SVG = 'http://www.w3.org/2000/svg';
const BUBBLE = 'M21 11.5a8.4 8.4 0 0 1-8.5 8.3 8.7 8.7 0 0 1-3.7-.8L3 21l1.9-5.4A8.1 8.1 0 0 1 4 11.5a8.4 8.4 0 0 1 8.5-8.3A8.4 8.4 0 0 1 21 11.5Z';
const CROSS = 'm6 6 12 12M18 6 6 18';

export class Launcher {
  #path = document.createElementNS(SVG, 'path');
  #text = make('span', {});
  #button = make('button', { type: 'button', className: 'launch' }, this.#icon(), this.#text);

  /**
   * @param {HTMLElement} panel what it opens
   * @param {(open: boolean) => void} turn
   * @param {() => void} soon the visitor is about to open it
   */
  constructor(panel, turn, soon) {
    this.#button.part.add('launcher');
    this.#button.addEventListener('click', () => turn(this.#button.getAttribute('aria-expanded') !== 'true'));
    for (const type of ['pointerenter', 'focus']) this.#button.addEventListener(type, soon);
    panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented || !this.#button.isConnected) return;
      turn(false);
      this.focus();
    });
  }

  get element() {
    return this.#button;
  }

  focus() {
    this.#button.focus();
  }

  /**
   * @param {boolean} open
   * @param {string} label what the page wrote into the attribute; empty for the icon alone
   * @param {Words} words
   */
  show(open, label, words) {
    const name = open ? words.close : label || words.open;
    this.#path.setAttribute('d', open ? CROSS : BUBBLE);
    this.#text.textContent = open ? '' : label;
    this.#text.hidden = this.#text.textContent === '';
    this.#button.setAttribute('aria-label', name);
    this.#button.setAttribute('aria-expanded', String(open));
  }

  #icon() {
    const icon = document.createElementNS(SVG, 'svg');
    const shape = { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': '2', 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' };
    for (const [name, value] of Object.entries(shape)) icon.setAttribute(name, value);
    icon.append(this.#path);
    return icon;
  }
}
