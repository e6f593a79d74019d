// Pages written for other backends, in Chromium: OpenAI's quick start, guide and starter apps, and plugins for WordPress and Vue.
// Each sends what the published code sends, either through a rewrite of /api/ on its own site or to the Worker's own origin. A
// session lasts four seconds here, so that each page requests its next secret during the test.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { launch } from '../browser/browser.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { bundle, startSite, visitPage } from './site.mjs';

const START = 'POST /api/chatkit/start';
const SESSION = 'POST /api/chatkit/session';
const REFRESH = 'POST /api/chatkit/refresh';
const CREATE = 'POST /api/create-session';

const workflow = { id: SANDBOX_WORKFLOW };

/** Flags of Vue's build. */
const define = {
  __VUE_OPTIONS_API__: 'false',
  __VUE_PROD_DEVTOOLS__: 'false',
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
};

/**
 * @typedef {object} Client
 * @property {string} name
 * @property {string} file the page, in pages/
 * @property {string} [credentials] of the requests to another origin, where the page names them
 * @property {[string, any]} start the first request
 * @property {[string, any]} next the request for the next secret; a function checks its body
 * @property {('rewritten' | 'direct')[]} places where the page keeps its visitor
 */

/** A refresh whose body has nothing but the old secret. @param {any} body */
function hasSecret(body) {
  assert.deepEqual(Object.keys(body), ['currentClientSecret']);
  assert.match(body.currentClientSecret, /^ek_/);
}

const uploads = { workflow, chatkit_configuration: { file_upload: { enabled: true } } };

/** @type {Client[]} */
const clients = [
  {
    name: "OpenAI's quick start",
    file: 'openai-quick-start.js',
    start: [SESSION, null],
    next: [SESSION, null],
    places: ['rewritten'],
  },
  {
    name: "OpenAI's guide, which sends no credentials",
    file: 'openai-guide.js',
    start: [START, null],
    next: [REFRESH, hasSecret],
    places: ['rewritten', 'direct'],
  },
  {
    name: "OpenAI's starter app",
    file: 'starter-app.jsx',
    credentials: 'include',
    start: [CREATE, uploads],
    next: [CREATE, uploads],
    places: ['rewritten', 'direct'],
  },
  {
    name: 'managed-chatkit without its early return',
    file: 'managed-chatkit.jsx',
    credentials: 'include',
    start: [CREATE, { workflow }],
    next: [CREATE, { workflow }],
    places: ['rewritten', 'direct'],
  },
  {
    name: 'a WordPress plugin with same-origin credentials',
    file: 'wordpress-shortcode.js',
    start: [SESSION, null],
    next: [SESSION, null],
    places: ['rewritten'],
  },
  {
    name: 'a WordPress plugin without credentials',
    file: 'wordpress-cached-secret.js',
    start: [START, {}],
    next: [REFRESH, hasSecret],
    places: ['rewritten', 'direct'],
  },
  {
    name: 'a Vue app with a helper for client secrets',
    file: 'vue-hosted-secret.js',
    credentials: 'include',
    start: [SESSION, { user_id: 'user-of-the-site' }],
    next: [SESSION, { user_id: 'user-of-the-site' }],
    places: ['rewritten', 'direct'],
  },
];

/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
/** The page of the current test. @type {Awaited<ReturnType<typeof visitPage>> | undefined} */
let visited;
before(async () => {
  site = await startSite();
  const vars = { ALLOWED_ORIGINS: site.origin, SESSION_TTL_SECONDS: '4', FILE_UPLOAD: 'true' };
  [worker, browser] = await Promise.all([startWorkerWithSandbox({ wordDelayMs: 0, vars }), launch()]);
  site.rewriteTo(worker.url);
});
beforeEach(() => worker.sandbox.reset());
// A page that stays open after a failure would send its refreshes during the next test.
afterEach(async () => {
  await visited?.close();
  visited = undefined;
});
after(() => Promise.all([browser?.close(), worker?.close(), site?.close()]));

const users = () => worker.sandbox.requests.map(({ body }) => body.user);

/**
 * Opens a client's page as a new visitor.
 * @param {Pick<Client, 'file' | 'credentials'>} client
 * @param {'rewritten' | 'direct'} place
 */
async function visit({ file, credentials }, place, more = {}) {
  const path = `/${file}/${place}/${Object.keys(more)}`;
  if (!site.pages.has(path)) {
    const [WORKER, CREDENTIALS] = place === 'direct' ? [worker.url, credentials ?? 'same-origin'] : ['', 'same-origin'];
    const env = { WORKER, CREDENTIALS, WORKFLOW: SANDBOX_WORKFLOW, REUSES_SECRET: '', ...more };
    site.pages.set(path, { script: await bundle(new URL(`pages/${file}`, import.meta.url), env, { define }), loadsWidget: true });
  }
  visited = await visitPage(browser, worker.sandbox, site.origin + path);
  return visited;
}

/** Waits for the second session that OpenAI creates, and for its response. @param {import('playwright-core').Page} page */
const nextSession = (page) =>
  page.waitForResponse((response) => /\/api\//.test(response.url()) && response.ok() && worker.sandbox.requests.length > 1);

/** @param {{ call: string, body: any }} sent @param {Client['start']} expected */
function assertSent({ call, body }, [expectedCall, expected]) {
  assert.equal(call, expectedCall);
  if (typeof expected === 'function') expected(body);
  else assert.deepEqual(body, expected);
}

for (const client of clients) {
  describe(client.name, () => {
    for (const place of client.places) {
      test(`${place}, gets a session, the next one of the same visitor, and its thread`, async () => {
        const { context, page, say, calls, troubles } = await visit(client, place);
        const next = nextSession(page);
        assert.match(await say('Before'), /Before/);
        await next;
        assert.match(await say('After'), /After/);
        assert.equal(await page.locator('openai-chatkit .message').count(), 4, 'the thread is the same');
        assertSent(calls[0], client.start);
        assertSent(calls[1], client.next);
        assert.equal(new Set(users()).size, 1);
        assert.match(users()[0], /^visitor_/, 'the user is not taken from the page');
        assert.deepEqual(troubles, []);
        if (place === 'direct' && !client.credentials) assert.deepEqual(await context.cookies(), []);
      });
    }
  });
}

for (const client of clients.filter(({ places }) => !places.includes('direct'))) {
  test(`${client.name}, direct, gets each session as a new visitor, because its requests carry no proof`, async () => {
    const { page, calls } = await visit(client, 'direct');
    await nextSession(page);
    assertSent(calls[1], client.next);
    const [first, second] = users();
    assert.notEqual(first, second);
  });
}

test('managed-chatkit as published gets a session and a thread until that session ends, and requests no other', async () => {
  const { page, say, calls, error } = await visit({ file: 'managed-chatkit.jsx' }, 'rewritten', { REUSES_SECRET: 'yes' });
  const ended = page.waitForResponse((response) => response.status() === 401);
  assert.match(await say('Before'), /Before/);
  await ended;
  const composer = page.locator('openai-chatkit textarea');
  await composer.fill('After');
  await composer.press('Enter');
  assert.match(await error(), /expired/);
  assert.deepEqual(calls.map(({ call }) => call), [CREATE]);
});

describe('a failure shows the sentence of the Worker', () => {
  for (const [what, file] of /** @type {const} */ ([
    ["in OpenAI's starter app, from `error`", 'starter-app.jsx'],
    ['in managed-chatkit, from `error`', 'managed-chatkit.jsx'],
    ['in a WordPress plugin, from `message`', 'wordpress-shortcode.js'],
  ])) {
    test(what, async () => {
      worker.sandbox.fail('workflow-not-found', { times: Infinity });
      const { error } = await visit({ file, credentials: 'include' }, 'direct');
      assert.match(await error(), /^Error creating ChatKit session: Workflow not found/);
    });
  }
});
