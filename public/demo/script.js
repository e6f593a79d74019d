/** Loads the widget's script and waits until its element is defined. */

import { Problem } from './problem.js';

const ELEMENT = 'openai-chatkit';
const LOAD_MS = 20_000;
const DEFINE_MS = 10_000;

/** @param {string} url */
export async function loadWidget(url) {
  if (customElements.get(ELEMENT)) return;
  await load(url);
  await within(
    customElements.whenDefined(ELEMENT),
    DEFINE_MS,
    () => new Problem('widget_not_defined', `${url} loaded, but it does not define <${ELEMENT}>.`),
  );
}

/**
 * @param {string} url
 * @returns {Promise<void>}
 */
function load(url) {
  const script = document.createElement('script');
  script.src = url;
  script.async = true;
  /** @type {Promise<void>} */
  const loaded = new Promise((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => reject(new Problem('widget_script_failed', `The browser could not load ${url}.`));
  });
  document.head.append(script);
  // The tag goes again in either case, so that "Try again" asks for the file anew.
  return within(
    loaded,
    LOAD_MS,
    () => new Problem('widget_script_failed', `${url} did not load within ${LOAD_MS / 1000} seconds.`),
  ).finally(() => script.remove());
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 * @param {() => Problem} late
 * @returns {Promise<T>}
 */
function within(promise, ms, late) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
