// Renders the items of a thread that only show something: messages with their sources, the steps of a workflow, images.
import { icon } from './icons.js';
import { h, outsideLink } from './markup.js';

/** @import { Item } from './thread-items.js' */
/** @import { Texts } from './texts.js' */

/** @param {Item} item @param {Texts} texts */
export function renderUserMessage(item, texts) {
  const quoted = item.quoted_text ? [h('blockquote', { class: 'quoted' }, item.quoted_text)] : [];
  const text = h('div', { class: 'text' }, ...quoted, ...item.content.map(renderInput));
  for (const { name } of item.attachments ?? []) text.append(h('div', { class: 'file' }, icon('document'), name));
  return h('div', { class: 'message user' }, h('span', { class: 'unseen' }, texts.you), text);
}

/** @param {{ type: string, text: string }} part */
const renderInput = ({ type, text }) => (type === 'input_tag' ? h('span', { class: 'tag' }, text) : text);

/** @param {Item} item @param {Texts} texts */
export function renderAssistantMessage(item, texts) {
  /** @type {any[]} */
  const sources = [];
  const parts = item.content.flatMap((/** @type {any} */ part) => withMarkers(part, sources, texts));
  const body = h('div', { class: 'text' }, ...parts);
  const element = h('div', { class: 'message assistant' }, h('span', { class: 'unseen' }, texts.assistant), body);
  if (sources.length > 0) {
    const entries = sources.map((source) => h('li', {}, renderSource(source)));
    body.append(h('ol', { class: 'sources', 'aria-label': texts.sources }, ...entries));
  }
  return element;
}

/**
 * The text of a part, with a small number where an annotation belongs. Positions count characters, not UTF-16 units.
 * @param {{ text: string, annotations?: { source?: any, index?: number }[] }} part
 * @param {any[]} sources of the message so far, to which this adds its own
 * @param {Texts} texts
 */
function withMarkers({ text, annotations = [] }, sources, texts) {
  const known = annotations.filter((annotation) => annotation?.source);
  if (known.length === 0) return [text];
  const characters = [...text];
  const placed = known.map(({ source, index }) => ({ source, at: Math.min(index ?? characters.length, characters.length) }));
  placed.sort((a, b) => a.at - b.at);
  /** @type {(Node | string)[]} */
  const parts = [];
  let from = 0;
  for (const { source, at } of placed) {
    const key = JSON.stringify(source);
    const same = sources.findIndex((other) => JSON.stringify(other) === key);
    const number = same < 0 ? sources.push(source) : same + 1;
    const label = `${texts.source} ${number}: ${titleOf(source)}`;
    const marker = h('sup', { class: 'marker', role: 'img', 'aria-label': label, title: label }, String(number));
    parts.push(characters.slice(from, at).join(''), marker);
    from = at;
  }
  return [...parts, characters.slice(from).join('')];
}

/** @param {any} source */
const titleOf = (source) => source.title || source.filename || source.label || source.url || source.id || '';

/** @param {any} source */
function renderSource(source) {
  return source.type === 'url' ? outsideLink(source.url, titleOf(source)) : h('span', {}, titleOf(source));
}

/** A workflow is one line that opens to its steps. @param {Item} item @param {Texts} texts */
export function renderWorkflow({ workflow }, texts) {
  const { summary, expanded = false, tasks = [], type } = workflow;
  const title = summary?.title ?? (summary?.duration === undefined ? '' : texts.thoughtFor(summary.duration));
  const running = title === '';
  const fallback = type === 'reasoning' ? texts.thinking : texts.working;
  const steps = h('ul', { class: 'steps' }, ...tasks.filter(Boolean).map((/** @type {any} */ task) => renderTask(task, texts)));
  const line = h('summary', {}, icon(summary?.icon ?? 'sparkle'), title || fallback);
  return h('details', { class: `workflow${running ? ' running' : ''}`, open: expanded || running }, line, steps);
}

/** @param {Item} item @param {Texts} texts */
export const renderTaskItem = ({ task }, texts) => h('ul', { class: 'steps alone' }, renderTask(task, texts));

/** @param {any} task @param {Texts} texts */
function renderTask(task, texts) {
  const names = { web_search: texts.searching, file: texts.files, image: texts.image };
  const title = task.title ?? task.title_query ?? names[/** @type {keyof typeof names} */ (task.type)] ?? '';
  const step = h('li', { class: `step ${task.type} ${task.status_indicator ?? 'none'}` });
  if (title) step.append(h('span', { class: 'step-title' }, title));
  if (task.status_indicator === 'loading') step.append(h('span', { class: 'unseen' }, ` ${texts.loading}`));
  if (task.content) step.append(h('div', { class: 'step-text' }, task.content));
  for (const query of task.queries ?? []) step.append(h('span', { class: 'query' }, query));
  const sources = task.sources ?? [];
  if (sources.length > 0) {
    const entries = sources.map((/** @type {any} */ source) => h('li', {}, renderSource(source)));
    step.append(h('ul', { class: 'step-sources' }, ...entries));
  }
  return step;
}

/** @param {Item} item @param {Texts} texts */
export function renderImage({ image }, texts) {
  if (!image?.url) return h('p', { class: 'picture' }, texts.loading);
  return h('p', { class: 'picture' }, h('img', { src: image.url, alt: texts.image }));
}
