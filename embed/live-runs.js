/**
 * The answers that are being written, by thread. They are kept for the tab, so that a page which was reloaded in the middle of
 * an answer finds it again.
 */

import { workerOrigin } from './worker.js';

/** @typedef {{ run: string, thread: string, agent: string | null, startedAt: number }} LiveRun */

const KEY = `chatkit-edge-runs ${workerOrigin}`;
// An answer takes ten minutes at most, and the Worker keeps its events for ten more.
const MAX_AGE_MS = 20 * 60_000;

/** Without storage the entries last as long as the page. @type {LiveRun[]} */
let runs = [];

/** @returns {LiveRun[]} oldest first */
function load() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    if (Array.isArray(stored)) runs = stored;
  } catch {}
  return runs.filter(({ startedAt }) => Date.now() - startedAt < MAX_AGE_MS);
}

/** @param {LiveRun[]} list */
function save(list) {
  runs = list;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(list));
  } catch {}
}

/** A thread has one answer at a time. @param {Omit<LiveRun, 'startedAt'>} run */
export function rememberRun(run) {
  save([...load().filter(({ thread }) => thread !== run.thread), { ...run, startedAt: Date.now() }]);
}

/** @param {string} id */
export function forgetRun(id) {
  save(load().filter(({ run }) => run !== id));
}

/** @param {string} thread */
export const findRun = (thread) => load().find((run) => run.thread === thread) ?? null;

/** The newest run of an agent. @param {string | null} agent */
export const newestRun = (agent) => load().findLast((run) => run.agent === agent) ?? null;
