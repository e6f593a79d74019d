// The Workers of the comparison in plain workerd, the ledger's object stubbed the same for all.
import { startWorkerd } from '../../tests/support/workerd.mjs';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { buildWorker } from './build.mjs';

export const KEY = 'sk-bench-key-0000000000000000';
export const WORKFLOW = 'wf_bench';
/** The site whose pages send the compared requests; not the Worker's own, so that CORS headers are part of the work. */
export const SITE = 'https://www.example.com';

/** Where each Worker's build is. */
export const buildOf = (/** @type {'ours' | 'javascript' | 'hono'} */ name) =>
  name === 'ours' ? inRoot('build', 'deploy') : buildWorker(name);

/**
 * @param {'ours' | 'javascript' | 'hono'} name
 * @param {string} baseUrl of OpenAI's stand-in
 * @param {{ quiet?: boolean, inspector?: string, variables?: Record<string, string> }} [options]
 */
export async function startCompared(name, baseUrl, { quiet = true, inspector, variables = {} } = {}) {
  return startWorkerd(
    {
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: baseUrl,
      OPENAI_CHATKIT_WORKFLOW_ID: WORKFLOW,
      ALLOWED_ORIGINS: SITE,
      RATE_LIMITS: 'off',
      ...variables,
    },
    { build: await buildOf(name), ledger: inRoot('bench', 'workers', 'ledger.js'), quiet, inspector },
  );
}
