// The built Worker as a chat server whose model is recorded, and visitors whose every response the model check reads.
import { startWorker } from '../support/worker.mjs';
import { startModelCheck } from './programs.mjs';
import { startRecordedResponses } from './recorded-responses.mjs';
import { message } from './requests.mjs';

/** @typedef {import('./programs.mjs').Report} Report */
/** @typedef {Parameters<Awaited<ReturnType<typeof startModelCheck>>['read']>[2]} ReadOptions */

/** A tool that the page runs. */
export const CLIENT_TOOL = 'show_on_map';

export const AGENT = {
  model: 'gpt-5.2',
  models: ['gpt-5.2', 'gpt-5.2-mini'],
  tools: [
    { type: 'web_search' },
    { type: 'function', name: CLIENT_TOOL, client: true, parameters: { type: 'object', properties: {} } },
  ],
};

/** Starts the Worker with the recorded model. @param {{ vars?: Record<string, unknown> }} [options] */
export async function startChat({ vars = {} } = {}) {
  const responses = await startRecordedResponses();
  const worker = await startWorker({
    // No title by a call to the model, so that each call is an answer.
    vars: { AGENT, OPENAI_BASE_URL: responses.url, RATE_LIMITS: 'off', THREAD_TITLES: 'off', ...vars },
    secrets: { OPENAI_API_KEY: 'sk-unused' },
  }).catch(async (error) => {
    // A server that is still open would keep the test process from its end.
    await responses.close();
    throw error;
  });
  const check = await startModelCheck();
  return {
    worker,
    responses,
    visitor: () => newVisitor(check, `${worker.url}/chatkit`),
    async close() {
      await Promise.all([check.close(), worker.close(), responses.close()]);
    },
  };
}

/**
 * A new visitor of a chat server, who keeps the cookie.
 * @param {Awaited<ReturnType<typeof startModelCheck>>} check
 * @param {string} url
 * @param {ReadOptions} [defaults]
 */
export function newVisitor(check, url, defaults = { strict: true }) {
  /** @type {Record<string, string>} */
  const headers = {};

  /** @param {'read' | 'report'} how @param {string} type @param {unknown} params @param {ReadOptions} [options] */
  async function call(how, type, params, options) {
    const report = await check[how](url, { type, params }, { ...defaults, ...options, headers: { ...headers, ...options?.headers } });
    const cookie = report.headers.find(([name]) => name.toLowerCase() === 'set-cookie')?.[1];
    if (cookie) headers.cookie = cookie.split(';', 1)[0];
    return report;
  }

  /** A request whose response must be as chatkit-python would write it. */
  const read = (/** @type {string} */ type, /** @type {unknown} */ params, /** @type {ReadOptions} */ options) =>
    call('read', type, params, options);
  return {
    /** What proves the visitor. */
    headers,
    read,
    /** A request that may fail. @param {string} type @param {unknown} params */
    report: (type, params) => call('report', type, params),
    /**
     * Starts a thread. @param {string} text @param {Parameters<typeof message>[1]} [more] @param {ReadOptions} [options]
     */
    async create(text, more, options) {
      const report = await read('threads.create', { input: message(text, more) }, options);
      const { thread } = report.events[0];
      return { ...report, thread, thread_id: /** @type {string} */ (thread.id) };
    },
    /**
     * The events of the run that a report's stream was, from the first. `type`: its request.
     * @param {Report} report @param {string} type
     */
    replay(report, type) {
      const run = report.headers.find(([name]) => name.toLowerCase() === 'x-chatkit-run')?.[1];
      return check.read(`${url}/runs/${run}`, undefined, { ...defaults, method: 'GET', type, headers });
    },
    /** Sends a message. @param {string} thread_id @param {string} text @param {Parameters<typeof message>[1]} [more] */
    send: (thread_id, text, more) => read('threads.add_user_message', { thread_id, input: message(text, more) }),
    /** The items of a thread, newest first. @param {string} thread_id @returns {Promise<any[]>} */
    items: async (thread_id) => (await read('items.list', { thread_id, limit: 100 })).result.data,
  };
}

/** The text of a message item. */
export const textOf = (/** @type {any} */ item) => item.content.map((/** @type {any} */ part) => part.text).join('');

/** The items that a stream finished, of one type. @param {any[]} events @param {string} type */
export const done = (events, type) =>
  events.filter((event) => event.type === 'thread.item.done' && event.item.type === type).map(({ item }) => item);
