/** Loads the widget's script once per page and waits until it defines its element. */

import { Problem } from '../public/demo/problem.js';
import { checkForViolation } from './csp-violations.js';
import { withTimeout } from './time.js';

const ELEMENT_NAME = 'openai-chatkit';
const LOAD_TIMEOUT_MS = 20_000;
const DEFINE_TIMEOUT_MS = 10_000;

/** Loads in progress, by URL. @type {Map<string, Promise<void>>} */
const loading = new Map();

/**
 * @param {string} url
 * @param {string} nonce of the page's Content-Security-Policy; empty if it has none
 * @returns {Promise<void>}
 */
export function loadWidget(url, nonce) {
  if (customElements.get(ELEMENT_NAME)) return Promise.resolve();
  let promise = loading.get(url);
  if (!promise) {
    promise = load(url, nonce).finally(() => loading.delete(url));
    loading.set(url, promise);
  }
  return promise;
}

/**
 * @param {string} url
 * @param {string} nonce
 */
async function load(url, nonce) {
  // The page may load the script itself. Wait for that tag first, then add our own.
  const pageHasScript = [...document.scripts].some(({ src }) => src === url);
  if (pageHasScript && (await waitForDefinition(DEFINE_TIMEOUT_MS))) return;
  if (customElements.get(ELEMENT_NAME)) return;
  const script = await appendScript(url, nonce);
  if (await waitForDefinition(DEFINE_TIMEOUT_MS)) return;
  script.remove();
  throw new Problem('widget_not_defined', `${url} loaded, but it does not define <${ELEMENT_NAME}>.`);
}

/** @param {number} ms @returns {Promise<boolean>} whether the element is defined in time */
function waitForDefinition(ms) {
  const late = new Error('late');
  return withTimeout(customElements.whenDefined(ELEMENT_NAME), ms, () => late).then(
    () => true,
    () => false,
  );
}

/**
 * Removes the tag if it fails, so that the next attempt requests the file again.
 * @param {string} url
 * @param {string} nonce
 */
async function appendScript(url, nonce) {
  const script = document.createElement('script');
  script.src = url;
  script.async = true;
  script.nonce = nonce;
  /** @type {Promise<void>} */
  const loaded = new Promise((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => {
      const code = navigator.onLine ? 'widget_script_failed' : 'offline';
      reject(new Problem(code, `The browser could not load ${url}.`));
    };
  });
  document.head.append(script);
  try {
    const late = `${url} did not load within ${LOAD_TIMEOUT_MS / 1000} seconds.`;
    await withTimeout(loaded, LOAD_TIMEOUT_MS, () => new Problem('widget_script_failed', late));
  } catch (error) {
    script.remove();
    throw (await checkForViolation('script-src', url)) ?? error;
  }
  return script;
}
