// What the widget needs of a server. Two classes implement it: protocol-client.js for a server of the page's owner, and
// hosted-backend.js for the chats that the sandbox runs in OpenAI's place.

/** @import { ChatEvent } from './event-reader.js' */
/** @import { Item } from './thread-items.js' */

/** @typedef {{ id: string, title?: string | null, created_at: string | number }} ThreadSummary */

/** @typedef {ThreadSummary & { items: Item[], status?: ThreadStatus }} LoadedThread */

/** @typedef {{ type: string, reason?: string }} ThreadStatus */

/**
 * @typedef {object} Backend
 * @property {boolean} canEditThreads whether threads can be renamed and deleted
 * @property {boolean} stopped
 * @property {() => void} stop ends all requests
 * @property {(withHistory: boolean) => Promise<void>} connect
 * @property {() => Promise<ThreadSummary[]>} listThreads newest first
 * @property {(id: string) => Promise<LoadedThread>} loadThread
 * @property {(type: string, params: Record<string, unknown>) => Promise<Record<string, any>>} call
 * @property {(type: string, params: Record<string, unknown>, signal: AbortSignal) => Promise<AsyncIterable<ChatEvent>>} open
 *   resolves when the server has accepted the request
 */

export {};
