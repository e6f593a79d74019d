/** Builds the widget's options from the element's attributes and its property `options`. */

/** @import { ChatKitOptions, ColorScheme, ModelOption, StartScreenPrompt, SupportedLocale } from '@openai/chatkit' */
/** @import { Agent, Config } from '../public/demo/worker.js' */

/** @typedef {Partial<Omit<ChatKitOptions, 'api'>>} PageOptions the options a page may set; the element sets `api` */

/** Locales that the widget translates by region. All others are passed as the language alone. */
const LOCALES_WITH_REGION = /^(es-419|es-ES|fr-CA|pt-BR|pt-PT|zh-(CN|HK|TW|Hant))$/i;

/** @type {Record<string, string>} */
const LANGUAGE_ALIASES = { no: 'nb', nn: 'nb', iw: 'he', in: 'id', fil: 'tl' };

/** Converts a language tag to a locale of the widget. @param {string} tag BCP 47 */
function toWidgetLocale(tag) {
  const normalized = tag.trim().replaceAll('_', '-');
  if (LOCALES_WITH_REGION.test(normalized)) return /** @type {SupportedLocale} */ (normalized);
  const language = normalized.split('-')[0].toLowerCase();
  return /** @type {SupportedLocale} */ (LANGUAGE_ALIASES[language] ?? language);
}

/** The element's language: its attribute, else the surrounding `lang`, else the browser's. @param {HTMLElement} element */
export function resolveLanguage(element) {
  const inherited = element.closest('[lang]')?.getAttribute('lang') || document.documentElement.lang;
  return element.getAttribute('locale') || inherited || navigator.language || 'en';
}

/** The element's theme: its attribute, else the page's color scheme. @param {HTMLElement} element @returns {ColorScheme} */
export function resolveTheme(element) {
  const attribute = element.getAttribute('theme');
  if (attribute === 'light' || attribute === 'dark') return attribute;
  // A page that does not declare `dark` is light, whatever the system prefers.
  const schemes = getComputedStyle(element).colorScheme.split(' ');
  if (!schemes.includes('dark')) return 'light';
  return !schemes.includes('light') || matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/**
 * Parses `prompts`: JSON as in the widget's options, or texts separated by "|".
 * @param {string} text
 * @returns {StartScreenPrompt[]}
 */
function parsePrompts(text) {
  if (text.trim().startsWith('[')) {
    try {
      return JSON.parse(text);
    } catch {
      console.warn('<chatkit-edge>: the attribute "prompts" is not valid JSON. Correct it, or separate the texts by "|".');
      return [];
    }
  }
  const labels = text.split('|').map((label) => label.trim());
  return labels.filter(Boolean).map((label) => ({ label, prompt: label }));
}

/**
 * @param {HTMLElement} element
 * @param {PageOptions} options
 * @param {Config} config
 * @param {ChatKitOptions['api']} api
 * @param {string | null} initialThread
 * @returns {ChatKitOptions}
 */
export function buildWidgetOptions(element, options, { features, agents = [] }, api, initialThread) {
  const pageOptions = withoutProxies(options);
  const attribute = (/** @type {string} */ name) => element.getAttribute(name) ?? undefined;
  const agent = agents.find(({ id }) => id === (attribute('agent') || 'default'));
  const promptsText = attribute('prompts');
  const prompts = promptsText === undefined ? promptsOf(agent) : parsePrompts(promptsText);
  const theme = typeof pageOptions.theme === 'string' ? { colorScheme: pageOptions.theme } : pageOptions.theme;
  return {
    locale: toWidgetLocale(resolveLanguage(element)),
    ...pageOptions,
    ...withoutUndefined({ frameTitle: attribute('label') }),
    api,
    initialThread,
    theme: { colorScheme: resolveTheme(element), ...theme },
    history: { enabled: features.history, ...pageOptions.history },
    // Without this, an upload that the session forbids would fail only after the visitor has picked a file.
    composer: {
      ...withoutUndefined({ placeholder: attribute('placeholder'), models: modelsOf(agent) }),
      ...pageOptions.composer,
      attachments: {
        enabled: true,
        ...pageOptions.composer?.attachments,
        ...(features.file_upload ? {} : { enabled: false }),
      },
    },
    startScreen: {
      ...withoutUndefined({ greeting: attribute('greeting') ?? agent?.greeting, prompts }),
      ...pageOptions.startScreen,
    },
    thread: { autoScroll: true, ...pageOptions.thread },
  };
}

/** @param {Agent} [agent] */
function promptsOf(agent) {
  const prompts = agent?.prompts ?? [];
  return prompts.length > 0 ? /** @type {StartScreenPrompt[]} */ (prompts) : undefined;
}

/** The models to choose from, if there is a choice. @param {Agent} [agent] @returns {ModelOption[] | undefined} */
function modelsOf(agent) {
  const models = agent?.models ?? [];
  if (!agent || models.length < 2) return undefined;
  return models.map((id) => ({ id, label: id, ...(id === agent.model && { default: true }) }));
}

/** @template {object} T @param {T} object @returns {Partial<T>} the object without undefined values */
function withoutUndefined(object) {
  return /** @type {Partial<T>} */ (Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)));
}

/**
 * Copies plain objects and arrays. The widget posts its options to a frame, and Vue's reactive proxies cannot be cloned.
 * @template T
 * @param {T} value
 * @returns {T}
 */
function withoutProxies(value) {
  if (Array.isArray(value)) return /** @type {T} */ (value.map(withoutProxies));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return /** @type {T} */ (Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutProxies(each)])));
}
