// The items of the open thread, changed by the events of the server. A changed item is a new object, so that a view can tell
// by identity what to render again.

/** @typedef {{ id: string, type: string, [field: string]: any }} Item */

/** Id of the visitor's message until the server has stored it. */
export const ECHO_ID = 'echo';

export class ThreadItems {
  /** @type {Item[]} */
  #items = [];

  get list() {
    return this.#items;
  }

  /** @param {Item[]} items all items; those that are equal to the current ones stay the same objects */
  replaceAll(items) {
    const current = new Map(this.#items.map((item) => [item.id, item]));
    this.#items = items.map((item) => {
      const old = current.get(item.id);
      return old && JSON.stringify(old) === JSON.stringify(item) ? old : item;
    });
  }

  /** Adds an item, or replaces the one with its id. A new message of the visitor replaces the echo. @param {Item} item */
  put(item) {
    const replaced = item.type === 'user_message' && item.id !== ECHO_ID && !this.find(item.id) ? ECHO_ID : item.id;
    const index = this.#items.findIndex(({ id }) => id === replaced);
    this.#items = index < 0 ? [...this.#items, item] : this.#items.with(index, item);
  }

  /** @param {string} id */
  remove(id) {
    this.#items = this.#items.filter((item) => item.id !== id);
  }

  /** Removes what a retry of this item replaces. @param {string} id */
  removeAfter(id) {
    const index = this.#items.findIndex((item) => item.id === id);
    if (index >= 0) this.#items = this.#items.slice(0, index + 1);
  }

  /** @param {string} id */
  find(id) {
    return this.#items.find((item) => item.id === id) ?? null;
  }

  /** The newest message of the visitor that the server has stored. */
  lastUserMessage() {
    return this.#items.findLast(({ type, id }) => type === 'user_message' && id !== ECHO_ID) ?? null;
  }

  /** @param {string} id @param {{ type: string, [field: string]: any }} update */
  update(id, update) {
    const item = this.find(id);
    if (!item) return;
    const changed = applyUpdate(structuredClone(item), update);
    if (changed) this.put(changed);
  }
}

/**
 * @param {Item} item a copy, which this changes
 * @param {{ type: string, [field: string]: any }} update
 * @returns {Item | null} null for an unknown update
 */
function applyUpdate(item, update) {
  const { type, content_index: index } = update;
  const part = item.content?.[index] ?? { type: 'output_text', text: '', annotations: [] };
  switch (type) {
    case 'assistant_message.content_part.added':
    case 'assistant_message.content_part.done':
      item.content[index] = update.content;
      return item;
    case 'assistant_message.content_part.text_delta':
      item.content[index] = { ...part, text: part.text + update.delta };
      return item;
    case 'assistant_message.content_part.annotation_added':
      part.annotations[update.annotation_index] = update.annotation;
      item.content[index] = part;
      return item;
    case 'workflow.task.added':
    case 'workflow.task.updated':
      item.workflow.tasks[update.task_index] = update.task;
      return item;
    case 'generated_image.updated':
      item.image = update.image;
      return item;
    case 'widget.root.updated':
      item.widget = update.widget;
      return item;
    case 'widget.component.updated':
      replaceComponent(item.widget, update.component_id, () => update.component);
      return item;
    case 'widget.streaming_text.value_delta':
      replaceComponent(item.widget, update.component_id, (old) => ({ ...old, value: (old.value ?? '') + update.delta }));
      return item;
    default:
      return null;
  }
}

/**
 * @param {any} node a part of a widget
 * @param {string} id
 * @param {(old: any) => any} change
 */
function replaceComponent(node, id, change) {
  const { children } = node ?? {};
  const list = Array.isArray(children) ? children : [];
  for (const [i, child] of list.entries()) {
    if (child?.id === id) list[i] = change(child);
    else replaceComponent(child, id, change);
  }
  if (!Array.isArray(children) && children?.id === id) node.children = change(children);
}
