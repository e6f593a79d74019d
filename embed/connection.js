/** How a widget reaches its backend. The Worker's configuration says which of the two classes a page needs. */

/** @import { ChatKitOptions, OpenAIChatKit } from '@openai/chatkit' */
/** @import { Problem } from '../public/demo/problem.js' */

/** @typedef {(problem: Problem) => void} Fail called when the chat cannot go on */

/**
 * @typedef {object} Connection
 * @property {() => Promise<unknown>} start requests what the widget needs, in parallel with its script
 * @property {(fail: Fail) => ChatKitOptions['api']} api
 * @property {string | null} thread the thread to open first, unless the page names one
 * @property {(widget: OpenAIChatKit) => void} watch called before the widget can fire events
 * @property {() => void} reset called when the widget's frame is loaded again
 * @property {() => void} close called before the widget is removed
 */

export {};
