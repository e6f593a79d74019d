// Starts a Worker of the comparison in plain workerd. The ledger's object is the same stub for all.
import { startWorkerd } from '../../tests/support/workerd.mjs';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { buildWorker } from './build.mjs';

export const KEY = 'sk-bench-key-0000000000000000';
export const WORKFLOW = 'wf_bench';
/** The site whose pages send the compared requests. It is not the Worker's own, so that CORS headers are part of the work. */
export const SITE = 'https://www.example.com';

/** `ours`, `javascript`, `hono`, or the absolute path of another build of ChatKit Edge. @typedef {string} Worker */

/** The folder with a Worker's index.js and .wasm. @param {Worker} worker */
export async function buildOf(worker) {
  if (worker === 'ours') return inRoot('build', 'deploy');
  return worker === 'javascript' || worker === 'hono' ? buildWorker(worker) : worker;
}

/**
 * @param {Worker} worker
 * @param {string} baseUrl of the stand-in for OpenAI
 * @param {{ quiet?: boolean, inspector?: string, variables?: Record<string, string>, ledger?: string }} [options]
 *   `ledger`: the module of another stub
 */
export async function startCompared(worker, baseUrl, options = {}) {
  const { quiet = true, inspector, variables = {}, ledger = inRoot('bench', 'workers', 'ledger.js') } = options;
  return startWorkerd(
    {
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: baseUrl,
      OPENAI_CHATKIT_WORKFLOW_ID: WORKFLOW,
      ALLOWED_ORIGINS: SITE,
      RATE_LIMITS: 'off',
      ...variables,
    },
    { build: await buildOf(worker), ledger, quiet, inspector },
  );
}
