/** Connects a widget to the hosted backend: it gets its client secrets from the page's cache. */

import { toProblem } from '../public/demo/problem.js';

/** @import { HostedApiConfig } from '@openai/chatkit' */
/** @import { Connection, Fail } from './chat.js' */
/** @import { Consumer, SecretCache } from './secret-cache.js' */

/** @implements {Connection} */
export class HostedConnection {
  /** OpenAI continues a hosted answer by itself. */
  thread = null;
  #secrets;
  /** @type {Consumer} */
  #consumer = { lastSecret: null };

  /** @param {SecretCache} secrets */
  constructor(secrets) {
    this.#secrets = secrets;
  }

  start() {
    return this.#secrets.start();
  }

  /** @param {Fail} fail @returns {HostedApiConfig} */
  api(fail) {
    return {
      getClientSecret: async (current) => {
        try {
          return await this.#secrets.getSecret(current, this.#consumer);
        } catch (error) {
          const problem = toProblem(error);
          fail(problem);
          throw problem;
        }
      },
    };
  }

  reset() {
    this.#consumer.lastSecret = null;
  }

  watch() {}

  close() {}
}
