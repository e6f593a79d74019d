/** The floating button that opens and closes the chat, with its focus management. */

import { make } from '../public/demo/dom.js';

/** @import { Strings } from './strings.js' */

const SVG = 'http://www.w3.org/2000/svg';
const BUBBLE = 'M21 12a8 8 0 0 1-11.8 7.1L4 20.5l1.4-5A8 8 0 1 1 21 12Z';
const CROSS = 'm6 6 12 12M18 6 6 18';

export class Launcher {
  #path = document.createElementNS(SVG, 'path');
  #text = make('span', {});
  #button = make('button', { type: 'button', className: 'launch' }, this.#icon(), this.#text);

  /**
   * @param {HTMLElement} panel the chat's panel
   * @param {(open: boolean) => void} toggle
   * @param {() => void} preload called when the visitor is about to open the chat
   */
  constructor(panel, toggle, preload) {
    this.#button.part.add('launcher');
    this.#button.addEventListener('click', () => toggle(this.#button.getAttribute('aria-expanded') !== 'true'));
    for (const type of ['pointerenter', 'focus']) this.#button.addEventListener(type, preload);
    panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented || !this.#button.isConnected) return;
      toggle(false);
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
   * @param {string} label the value of the attribute `launcher`; empty for the icon alone
   * @param {Strings} strings
   */
  update(open, label, strings) {
    const name = open ? strings.close : label || strings.open;
    this.#path.setAttribute('d', open ? CROSS : BUBBLE);
    this.#text.textContent = open ? '' : label;
    this.#text.hidden = this.#text.textContent === '';
    this.#button.setAttribute('aria-label', name);
    this.#button.setAttribute('aria-expanded', String(open));
  }

  #icon() {
    const icon = document.createElementNS(SVG, 'svg');
    icon.setAttribute('viewBox', '0 0 24 24');
    icon.setAttribute('aria-hidden', 'true');
    icon.append(this.#path);
    return icon;
  }
}
