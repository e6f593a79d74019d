/** Puts the ChatKit element on the page and sets it up the way its published types say. */

import { Problem } from './problem.js';
import { currentTheme } from './theme.js';

/** @import { ChatKitOptions, OpenAIChatKit } from '@openai/chatkit' */
/** @import { Config } from './worker.js' */

const READY_MS = 30_000;

export class Widget {
  /** @type {OpenAIChatKit | null} */
  #element = null;
  /** @type {Config | null} */
  #config = null;
  /** The thread on show, so that starting over comes back to it.
   * @type {string | null} */
  #thread = null;
  #host;
  #getClientSecret;

  /**
   * @param {HTMLElement} host
   * @param {(current: string | null) => Promise<string>} getClientSecret
   */
  constructor(host, getClientSecret) {
    this.#host = host;
    this.#getClientSecret = getClientSecret;
  }

  /**
   * @param {Config} config
   * @param {(element: OpenAIChatKit) => void} watch told of the element before it can fire anything
   * @returns {Promise<void>} settles when the widget is ready, or is not in time
   */
  mount(config, watch) {
    this.remove();
    const element = /** @type {OpenAIChatKit} */ (document.createElement('openai-chatkit'));
    this.#element = element;
    this.#config = config;
    watch(element);
    element.addEventListener('chatkit.thread.change', ({ detail }) => {
      this.#thread = detail.threadId;
    });
    /** @type {Promise<void>} */
    const ready = new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Problem('widget_not_ready', `The widget did not report that it is ready within ${READY_MS / 1000} seconds.`)),
        READY_MS,
      );
      element.addEventListener('chatkit.ready', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    element.setOptions(this.#options(config));
    this.#host.append(element);
    return ready;
  }

  remove() {
    this.#element?.remove();
    this.#element = null;
  }

  // setOptions does not merge, so a change of theme sets all of them again.
  refreshTheme() {
    if (this.#element && this.#config) this.#element.setOptions(this.#options(this.#config));
  }

  /**
   * @param {Config} config
   * @returns {ChatKitOptions}
   */
  #options({ features }) {
    const colorScheme = currentTheme();
    return {
      api: { getClientSecret: this.#getClientSecret },
      frameTitle: 'Chat',
      initialThread: this.#thread,
      theme: {
        colorScheme,
        radius: 'round',
        color: { accent: { primary: colorScheme === 'dark' ? '#8ab8f5' : '#1f5fae', level: 1 } },
      },
      history: { enabled: features.history },
      // Uploads that the session does not allow would fail only after the visitor has picked a file.
      composer: { placeholder: 'Write a message', attachments: { enabled: features.file_upload } },
      startScreen: {
        greeting: 'What can I help with?',
        prompts: [
          { label: 'What can you do?', prompt: 'What can you do?', icon: 'circle-question' },
          { label: 'Tell me something surprising', prompt: 'Tell me something surprising.', icon: 'sparkle' },
        ],
      },
      thread: { autoScroll: true },
    };
  }
}
