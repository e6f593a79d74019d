/** The widget's options, from what the page says in attributes and in the property `options`. */

/** @import { ChatKitOptions, ColorScheme, StartScreenPrompt, SupportedLocale } from '@openai/chatkit' */
/** @import { Config } from '../public/demo/worker.js' */

/** @typedef {Partial<Omit<ChatKitOptions, 'api'>>} PageOptions what a page may set; the session is the element's affair */

/** Those with a translation of their own; the others are known by their language alone. */
const LOCALES_WITH_REGION = /^(es-419|es-ES|fr-CA|pt-BR|pt-PT|zh-(CN|HK|TW|Hant))$/i;

/** @type {Record<string, string>} */
const LANGUAGE_ALIASES = { no: 'nb', nn: 'nb', iw: 'he', in: 'id', fil: 'tl' };

/** The page's language, as the widget takes it. @param {string} tag of BCP 47 */
function toWidgetLocale(tag) {
  const normalized = tag.trim().replaceAll('_', '-');
  if (LOCALES_WITH_REGION.test(normalized)) return /** @type {SupportedLocale} */ (normalized);
  const language = normalized.split('-')[0].toLowerCase();
  return /** @type {SupportedLocale} */ (LANGUAGE_ALIASES[language] ?? language);
}

/** The language where the element stands: its own attribute's, the page's, or the browser's. @param {HTMLElement} element */
export function resolveLanguage(element) {
  const inherited = element.closest('[lang]')?.getAttribute('lang') || document.documentElement.lang;
  return element.getAttribute('locale') || inherited || navigator.language || 'en';
}

/** The attribute's theme, or that of the page where the element stands. @param {HTMLElement} element @returns {ColorScheme} */
export function resolveTheme(element) {
  const attribute = element.getAttribute('theme');
  if (attribute === 'light' || attribute === 'dark') return attribute;
  // A page that does not speak of dark is light, whatever the system prefers.
  const schemes = getComputedStyle(element).colorScheme.split(' ');
  if (!schemes.includes('dark')) return 'light';
  return !schemes.includes('light') || matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/**
 * `prompts`: JSON as in the widget's options, or texts separated by "|".
 * @param {string} text
 * @returns {StartScreenPrompt[]}
 */
function parsePrompts(text) {
  if (text.trim().startsWith('[')) {
    try {
      return JSON.parse(text);
    } catch {
      console.warn('<chatkit-edge>: the attribute "prompts" begins like JSON and is none.');
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
export function buildWidgetOptions(element, options, { features }, api, initialThread) {
  const pageOptions = withoutProxies(options);
  const attribute = (/** @type {string} */ name) => element.getAttribute(name) ?? undefined;
  const prompts = attribute('prompts');
  const theme = typeof pageOptions.theme === 'string' ? { colorScheme: pageOptions.theme } : pageOptions.theme;
  return {
    locale: toWidgetLocale(resolveLanguage(element)),
    ...pageOptions,
    ...withoutUndefined({ frameTitle: attribute('label') }),
    api,
    initialThread,
    theme: { colorScheme: resolveTheme(element), ...theme },
    history: { enabled: features.history, ...pageOptions.history },
    // Uploads that the session does not allow would fail only after the visitor has picked a file.
    composer: {
      ...withoutUndefined({ placeholder: attribute('placeholder') }),
      ...pageOptions.composer,
      attachments: {
        enabled: true,
        ...pageOptions.composer?.attachments,
        ...(features.file_upload ? {} : { enabled: false }),
      },
    },
    startScreen: {
      ...withoutUndefined({ greeting: attribute('greeting'), prompts: prompts === undefined ? undefined : parsePrompts(prompts) }),
      ...pageOptions.startScreen,
    },
    thread: { autoScroll: true, ...pageOptions.thread },
  };
}

/** @template {object} T @param {T} object @returns {Partial<T>} without what is undefined */
function withoutUndefined(object) {
  return /** @type {Partial<T>} */ (Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)));
}

/**
 * A copy for the widget, which posts its options to a frame: that fails with the proxies that Vue makes of a page's objects.
 * @template T
 * @param {T} value
 * @returns {T}
 */
function withoutProxies(value) {
  if (Array.isArray(value)) return /** @type {T} */ (value.map(withoutProxies));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return /** @type {T} */ (Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutProxies(each)])));
}
