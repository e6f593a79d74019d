// The list of a thread's items in the page. An item is rendered again only when it is another object than before.
import { renderAssistantMessage, renderImage, renderTaskItem, renderUserMessage, renderWorkflow } from './item-parts.js';
import { h, toolButton } from './markup.js';
import { renderQuestions } from './question-form.js';
import { renderWidget } from './widget-tree.js';

/** @import { Submission } from './question-form.js' */
/** @import { Item } from './thread-items.js' */
/** @import { Texts } from './texts.js' */
/** @import { WidgetAction } from './widget-tree.js' */

const AUTOSCROLL_MARGIN_PX = 80;

/**
 * @typedef {object} ItemHandlers
 * @property {(action: WidgetAction, item: Item) => void} act
 * @property {(item: Item, submission: Submission) => void} answer
 * @property {(item: Item, kind: 'positive' | 'negative') => void} rate
 * @property {() => void} retryAnswer
 */

/** @typedef {{ feedback: boolean, retry: boolean }} ItemActions which buttons follow an answer */

/** @typedef {{ item: Item, actions: string, node: HTMLElement }} Shown */

export class ItemList {
  element = h('div', { class: 'log', role: 'log', 'aria-live': 'polite', tabindex: '0', hidden: true });
  #handlers;
  #texts;
  /** @type {Map<string, Shown>} */
  #shown = new Map();
  #progress = h('p', { class: 'progress', role: 'status', hidden: true });
  #running = false;

  /** @param {ItemHandlers} handlers @param {Texts} texts */
  constructor(handlers, texts) {
    this.#handlers = handlers;
    this.#texts = texts;
    this.element.append(this.#progress);
  }

  /** @param {Texts} texts */
  configure(texts) {
    this.#texts = texts;
    this.element.setAttribute('aria-label', texts.messages);
  }

  /**
   * Shows these items in this order.
   * @param {Item[]} items
   * @param {ItemActions} allowed
   * @param {boolean} running whether an answer is streaming
   */
  show(items, allowed, running) {
    const log = this.element;
    const nearEnd = log.scrollHeight - log.scrollTop - log.clientHeight < AUTOSCROLL_MARGIN_PX;
    this.#running = running;
    const before = this.#shown;
    this.#shown = new Map();
    /** @type {ChildNode | null} */
    let next = log.firstChild;
    for (const [i, item] of items.entries()) {
      const old = before.get(item.id);
      const actions = endsAnswer(items, i, running) ? `${allowed.feedback}${allowed.retry}` : '';
      const node = old?.item === item && old.actions === actions ? old.node : this.#render(item, actions === '' ? null : allowed);
      if (!node) continue;
      if (old && old.node !== node) {
        if (next === old.node) next = next.nextSibling;
        old.node.remove();
      }
      this.#shown.set(item.id, { item, actions, node });
      before.delete(item.id);
      if (node === next) next = next.nextSibling;
      else log.insertBefore(node, next);
    }
    for (const { node } of before.values()) node.remove();
    log.append(this.#progress);
    this.#markWaiting();
    if (nearEnd) log.scrollTop = log.scrollHeight;
  }

  /** What the server is doing at the moment; empty for a plain dot. @param {string} text */
  setProgress(text) {
    this.#progress.textContent = text;
  }

  // The answer that grows has a dot at its end. Before there is one, the dot stands alone.
  #markWaiting() {
    const last = [...this.#shown.values()].at(-1);
    const growing = this.#running && last?.item.type === 'assistant_message';
    for (const { node } of this.#shown.values()) node.classList.toggle('waiting', growing && node === last?.node);
    this.#progress.hidden = !this.#running || (growing && this.#progress.textContent === '');
  }

  /** @param {Item} item @param {ItemActions | null} actions @returns {HTMLElement | null} null for what is not shown */
  #render(item, actions) {
    const texts = this.#texts;
    switch (item.type) {
      case 'user_message':
        return renderUserMessage(item, texts);
      case 'assistant_message': {
        const element = renderAssistantMessage(item, texts);
        const buttons = actions ? this.#actionButtons(item, actions) : [];
        if (buttons.length > 0) element.append(h('div', { class: 'after' }, ...buttons));
        return element;
      }
      case 'workflow':
        return renderWorkflow(item, texts);
      case 'task':
        return renderTaskItem(item, texts);
      case 'generated_image':
        return renderImage(item, texts);
      case 'structured_input':
        return renderQuestions(item, texts, (submission) => this.#handlers.answer(item, submission));
      case 'widget':
        return renderWidget(item.widget, (action) => this.#handlers.act(action, item));
      default:
        return null;
    }
  }

  /** @param {Item} item @param {ItemActions} allowed */
  #actionButtons(item, { feedback, retry }) {
    const { goodAnswer, badAnswer, answerAgain } = this.#texts;
    /** @param {'positive' | 'negative'} kind @param {string} label */
    const rate = (kind, label) => {
      const button = toolButton(kind, label, () => {
        button.setAttribute('aria-pressed', 'true');
        this.#handlers.rate(item, kind);
      });
      return button;
    };
    return [
      ...(feedback ? [rate('positive', goodAnswer), rate('negative', badAnswer)] : []),
      ...(retry ? [toolButton('reload', answerAgain, () => this.#handlers.retryAnswer())] : []),
    ];
  }
}

/** @param {Item[]} items @param {number} i @param {boolean} running */
function endsAnswer(items, i, running) {
  if (items[i].type !== 'assistant_message') return false;
  const next = items.slice(i + 1).find(({ type }) => type !== 'end_of_turn');
  return next ? next.type === 'user_message' : !running;
}
