/** The widget's options, from what the page says in attributes and in the property `options`. */

/** @import { ChatKitOptions, ColorScheme, StartScreenPrompt, SupportedLocale } from '@openai/chatkit' */
/** @import { Config } from '../public/demo/worker.js' */

/** @typedef {Partial<Omit<ChatKitOptions, 'api'>>} PageOptions what a page may set; the session is the element's affair */

/** Those with a translation of their own; the others are known by their language alone. */
const WITH_REGION = /^(es-419|es-ES|fr-CA|pt-BR|pt-PT|zh-(CN|HK|TW|Hant))$/i;

/** @type {Record<string, string>} */
const SAME_LANGUAGE = { no: 'nb', nn: 'nb', iw: 'he', in: 'id', fil: 'tl' };

/** The page's language, as the widget takes it. @param {string} tag of BCP 47 */
function localeOf(tag) {
  const wanted = tag.trim().replaceAll('_', '-');
  if (WITH_REGION.test(wanted)) return /** @type {SupportedLocale} */ (wanted);
  const language = wanted.split('-')[0].toLowerCase();
  return /** @type {SupportedLocale} */ (SAME_LANGUAGE[language] ?? language);
}

/** The language where the element stands: its own attribute's, the page's, or the browser's. @param {HTMLElement} element */
export function languageOf(element) {
  const around = element.closest('[lang]')?.getAttribute('lang') || document.documentElement.lang;
  return element.getAttribute('locale') || around || navigator.language || 'en';
}

/** The attribute's theme, or that of the page where the element stands. @param {HTMLElement} element @returns {ColorScheme} */
export function themeOf(element) {
  const given = element.getAttribute('theme');
  if (given === 'light' || given === 'dark') return given;
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
function readPrompts(text) {
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
export function optionsFor(element, options, { features }, api, initialThread) {
  const given = withoutProxies(options);
  const attribute = (/** @type {string} */ name) => element.getAttribute(name) ?? undefined;
  const prompts = attribute('prompts');
  const theme = typeof given.theme === 'string' ? { colorScheme: given.theme } : given.theme;
  return {
    locale: localeOf(languageOf(element)),
    ...given,
    ...defined({ frameTitle: attribute('label') }),
    api,
    initialThread,
    theme: { colorScheme: themeOf(element), ...theme },
    history: { enabled: features.history, ...given.history },
    // Uploads that the session does not allow would fail only after the visitor has picked a file.
    composer: {
      ...defined({ placeholder: attribute('placeholder') }),
      ...given.composer,
      attachments: { enabled: true, ...given.composer?.attachments, ...(features.file_upload ? {} : { enabled: false }) },
    },
    startScreen: {
      ...defined({ greeting: attribute('greeting'), prompts: prompts === undefined ? undefined : readPrompts(prompts) }),
      ...given.startScreen,
    },
    thread: { autoScroll: true, ...given.thread },
  };
}

/** @template {object} T @param {T} object @returns {Partial<T>} without what is undefined */
function defined(object) {
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
