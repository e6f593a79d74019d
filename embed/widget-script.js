/** Loads the widget's script, once for the page, and waits until its element is defined. */

import { Problem } from '../public/demo/problem.js';
import { blockedByPolicy } from './csp-violations.js';
import { within } from './time.js';

const ELEMENT = 'openai-chatkit';
const LOAD_MS = 20_000;
const DEFINE_MS = 10_000;

/** By URL, while it is under way. @type {Map<string, Promise<void>>} */
const loading = new Map();

/**
 * @param {string} url
 * @param {string} nonce of the page's Content-Security-Policy; empty where it has none
 * @returns {Promise<void>}
 */
export function loadWidget(url, nonce) {
  if (customElements.get(ELEMENT)) return Promise.resolve();
  let run = loading.get(url);
  if (!run) {
    run = load(url, nonce).finally(() => loading.delete(url));
    loading.set(url, run);
  }
  return run;
}

/**
 * @param {string} url
 * @param {string} nonce
 */
async function load(url, nonce) {
  // The page may have the tag itself. It is given its time; if nothing comes of it, ours is tried.
  const theirs = [...document.scripts].some(({ src }) => src === url);
  if (theirs && (await defined(DEFINE_MS))) return;
  if (customElements.get(ELEMENT)) return;
  const script = await append(url, nonce);
  if (await defined(DEFINE_MS)) return;
  script.remove();
  throw new Problem('widget_not_defined', `${url} loaded, but it does not define <${ELEMENT}>.`);
}

/** @param {number} ms @returns {Promise<boolean>} whether it is, by then */
function defined(ms) {
  const late = new Error('late');
  return within(customElements.whenDefined(ELEMENT), ms, () => late).then(
    () => true,
    () => false,
  );
}

/**
 * A tag that came to nothing goes again, so that the next attempt asks for the file anew.
 * @param {string} url
 * @param {string} nonce
 */
async function append(url, nonce) {
  const script = document.createElement('script');
  script.src = url;
  script.async = true;
  script.nonce = nonce;
  /** @type {Promise<void>} */
  const loaded = new Promise((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => reject(new Problem(navigator.onLine ? 'widget_script_failed' : 'offline', `The browser could not load ${url}.`));
  });
  document.head.append(script);
  try {
    const late = `${url} did not load within ${LOAD_MS / 1000} seconds.`;
    await within(loaded, LOAD_MS, () => new Problem('widget_script_failed', late));
  } catch (error) {
    script.remove();
    throw (await blockedByPolicy('script-src', url)) ?? error;
  }
  return script;
}
