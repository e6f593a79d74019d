// Session requests of public pages and back ends, as they are sent: paths, headers and bodies that other servers take. Each
// gets a session of the site's workflow for a visitor of the Worker's.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { SANDBOX_WORKFLOW } from '../../sandbox/openai.mjs';
import { launch, newVisitor } from '../browser/browser.mjs';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';
import { startSite } from './site.mjs';

const json = { 'Content-Type': 'application/json' };
const form = { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' };

/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  site = await startSite();
  const vars = { ALLOWED_ORIGINS: site.origin, STATE_VARIABLES: 'plan' };
  [worker, browser] = await Promise.all([startWorkerWithSandbox({ vars }), launch()]);
});
beforeEach(() => worker.sandbox.reset());
after(() => Promise.all([browser?.close(), worker?.close(), site?.close()]));

/**
 * Asserts that a response has the session that OpenAI just created, for a visitor and with the site's workflow.
 * @param {Response} response
 */
async function assertSession(response) {
  const session = await response.json();
  assert.equal(response.status, 200, session.detail);
  const [id, created] = [...worker.sandbox.sessions].at(-1) ?? [];
  assert.equal(session.client_secret, created?.clientSecret);
  assert.equal(session.session_id, id);
  assert.equal(session.expires_at, created?.expiresAt);
  const { body } = worker.sandbox.requests.at(-1) ?? {};
  assert.match(body.user, /^visitor_[\w-]{22}$/);
  assert.equal(body.workflow.id, SANDBOX_WORKFLOW);
  return session;
}

/** A path, then the headers and the body. @typedef {[string, string, Record<string, string>, (string | null)?]} Recorded */

describe('a session for', () => {
  /** @type {Recorded[]} */
  const recorded = [
    ["Django's route with a slash at the end", '/api/chatkit/session/', json],
    ["Django's token in X-CSRFToken", '/api/chatkit/session/', { ...json, 'X-CSRFToken': 'token' }, '{}'],
    ['a base URL that ends with a slash', '//api/chatkit/session', json],
    ['a base URL and a route with slashes', '//api/chatkit/start/', json],
    ['a Python router under /api/create-session/', '/api/create-session/', json, '{}'],
    ["PHP's json_encode of an empty array", '/api/chatkit/session', json, '[]'],
    ["PHP's empty arrays for empty objects", '/api/chatkit/session', json, '{"workflow":[],"state_variables":[]}'],
    ["PHP's empty configuration", '/api/create-session', json, '{"chatkit_configuration":{"file_upload":[]}}'],
    ["WordPress's wp_remote_post without a body", '/api/chatkit/session', form, ''],
    ["WordPress's nonce", '/api/chatkit/session', { ...json, 'X-WP-Nonce': '4f1c2b' }, '{}'],
    ["jQuery's $.post without data", '/api/chatkit/session', { ...form, Accept: '*/*' }, ''],
    ['axios without data', '/api/chatkit/session', { ...form, Accept: 'application/json, text/plain, */*' }],
    ['axios with an empty object', '/api/chatkit/start', { ...json, Accept: 'application/json, text/plain, */*' }, '{}'],
    ["Nuxt's $fetch with a user and a workflow", '/api/chatkit/session', { ...json, Accept: 'application/json' },
      JSON.stringify({ user: 'user_1', workflow: { id: SANDBOX_WORKFLOW } })],
    ['a body without a content type', '/api/chatkit/session', { 'Content-Type': 'text/plain;charset=UTF-8' }, '{"userId":"a"}'],
    ['a page that asks for no cache', '/api/chatkit/start', { ...json, 'Cache-Control': 'no-cache', Pragma: 'no-cache' }, '{}'],
    ['a user made up on each visit', '/api/create-session', json, '{"userId":"oracle-9a4b5c"}'],
    ['a user id that is not set', '/api/create-session', json, '{"userId":""}'],
    ['a user as an object', '/api/chatkit/session', json, '{"user":{"id":"anon_1"}}'],
    ['a device id', '/api/chatkit/session', json, '{"deviceId":"d4a1b2"}'],
    ['a device id that is not stored yet', '/api/chatkit/session', json, '{"deviceId":null}'],
    ['a domain key as a header', '/api/chatkit/start', { ...json, 'x-chatkit-domain-key': 'domain_pk_1' }, '{"userId":"u1"}'],
    ['a token of the site, where AUTH is anonymous', '/api/chatkit/session', { ...json, Authorization: 'Bearer APP_AUTH_TOKEN' }],
    ['an agent id', '/api/chatkit/session', json, '{"agent_id":"default"}'],
    ['metadata', '/api/chatkit/session', json, '{"metadata":{"source":"web","build":null}}'],
    ['a scope', '/api/create-session', json, JSON.stringify({ scope: { user_id: null }, workflow: { id: SANDBOX_WORKFLOW } })],
    ['a lifetime in seconds', '/api/chatkit/session', json, '{"expires_in_seconds":3600,"expires_after":null}'],
    ['a workflow that is not set, as a text', '/api/chatkit/session', json, '{"workflowId":""}'],
    ['a workflow that is not set, as an object', '/api/create-session', json, '{"workflow":{"id":""}}'],
    ['a workflow that is not set, as null', '/api/create-session', json, '{"workflow":{"id":null},"workflowId":null}'],
    ['a workflow with a line break from an environment file', '/api/chatkit/start', json,
      JSON.stringify({ workflowId: `${SANDBOX_WORKFLOW}\n` })],
    ['a padded workflow', '/api/create-session', json, JSON.stringify({ workflow: { id: ` ${SANDBOX_WORKFLOW} ` } })],
    ['uploads that are off', '/api/create-session', json, '{"chatkit_configuration":{"file_upload":{"enabled":false}}}'],
    ['state variables that the site lists', '/api/chatkit/session', json, '{"workflow":{"state_variables":{"plan":"pro"}}}'],
    ['a body of null', '/api/chatkit/session', json, 'null'],
    ['a blank body', '/api/chatkit/session', json, ' \r\n'],
  ];

  for (const [what, path, headers, body] of recorded) {
    test(what, async () => {
      const init = { method: 'POST', headers: { Origin: site.origin, ...headers }, body };
      const session = await assertSession(await worker.fetch(path, init));
      assert.deepEqual(Object.keys(session), ['client_secret', 'expires_at', 'session_id', 'visitor']);
    });
  }
});

describe('the thread of a session request', () => {
  /** @type {[string, string, string | null][]} */
  const recorded = [
    ['is echoed if it has an id', '{"thread_id":"cthr_1"}', 'cthr_1'],
    ['is echoed without its padding', '{"threadId":" cthr_1\\n"}', 'cthr_1'],
    ['is null if it is null', '{"thread_id":null}', null],
    ['is null if it is empty, as on a page without a stored thread', '{"thread_id":""}', null],
    ['is null if it is blank', '{"threadId":" "}', null],
  ];
  for (const [what, body, thread] of recorded) {
    test(what, async () => {
      const response = await worker.fetch('/api/chatkit/session', { method: 'POST', headers: json, body });
      assert.equal((await assertSession(response)).thread_id, thread);
    });
  }
});

describe('a refresh for the same visitor, proven by the cookie,', () => {
  /** @type {[string, string, (secret: string) => string | null][]} */
  const recorded = [
    ['without a body', '/api/chatkit/refresh', () => null],
    ['with a slash at the end', '/api/chatkit/refresh/', () => '{}'],
    ['with the old secret in snake case', '/api/chatkit/refresh', (secret) => JSON.stringify({ current_client_secret: secret })],
    ['with the old secret as the token of a query', '/api/chatkit/refresh?token=', () => null],
    ['with an empty secret', '/api/chatkit/refresh', () => '{"currentClientSecret":""}'],
    ['with a secret of null', '/api/chatkit/refresh', () => '{"existingSecret":null}'],
    ['with the user that the page made up', '/api/chatkit/refresh', () => '{"userId":"web_1"}'],
    ["with PHP's empty array", '/api/chatkit/refresh', () => '[]'],
  ];
  for (const [what, path, bodyOf] of recorded) {
    test(what, async () => {
      const start = await worker.fetch('/api/chatkit/session', { method: 'POST', headers: json });
      const { client_secret } = await assertSession(start);
      const url = path.endsWith('=') ? path + client_secret : path;
      const init = { method: 'POST', headers: { ...json, Cookie: cookieOf(start) ?? '' }, body: bodyOf(client_secret) };
      const next = await assertSession(await worker.fetch(url, init));
      assert.notEqual(next.client_secret, client_secret);
      const [first, second] = worker.sandbox.requests.map(({ body }) => body.user);
      assert.equal(second, first);
    });
  }
});

test('a health check under /api, with a slash or without, gets the status', async () => {
  for (const path of ['/health', '/health/', '/api/health', '/api/health/', '//api/health']) {
    const response = await worker.fetch(path);
    assert.equal(response.status, 200, path);
    assert.equal((await response.json()).status, 'healthy', path);
  }
});

describe('events with a slash at the end are counted for', () => {
  /** @type {[string, string, string, string][]} */
  const recorded = [
    ['messages', '/api/analytics/message/', '{"event":"message","data":{"threadId":""}}', 'tracked'],
    ['thread changes', '/api/analytics/thread-change/', '{"threadId":null}', 'tracked'],
    ["PHP's empty array", '/api/analytics/message', '[]', 'tracked'],
    ['errors', '/api/errors/', '{"message":"It broke","stack":"","url":""}', 'logged'],
  ];
  for (const [what, path, body, status] of recorded) {
    test(what, async () => {
      const response = await worker.fetch(path, { method: 'POST', headers: { Origin: site.origin, ...json }, body });
      assert.deepEqual([response.status, await response.json()], [200, { status }]);
    });
  }
});

describe('in Chromium, a page of another origin gets a session with', () => {
  /** @type {Awaited<ReturnType<typeof newVisitor>>} */
  let visitor;
  before(async () => {
    visitor = await newVisitor(browser);
    await visitor.page.goto(site.origin);
  });

  /** @type {[string, Record<string, string>][]} */
  const headers = [
    ["Django's X-CSRFToken", { 'X-CSRFToken': 'token' }],
    ["WordPress's X-WP-Nonce", { 'X-WP-Nonce': '4f1c2b' }],
    ["jQuery's X-Requested-With", { 'X-Requested-With': 'XMLHttpRequest' }],
    ['a domain key', { 'x-chatkit-domain-key': 'domain_pk_1' }],
    ["Sentry's trace headers", { 'sentry-trace': '11112222333344445555666677778888-1111222233334444', baggage: 'a=1' }],
    ['a W3C trace', { traceparent: '00-11112222333344445555666677778888-1111222233334444-01', tracestate: 'shop=1' }],
    ["ngrok's header against its warning page", { 'ngrok-skip-browser-warning': 'true' }],
    ['the token of a tenant and a request id', { 'X-Tenant-Id': 'shop', 'X-Request-Id': 'c0ffee', Authorization: 'Bearer t' }],
    ["the widget's frame id", { 'chatkit-frame-instance-id': 'frame_1' }],
  ];
  for (const [what, own] of headers) {
    for (const credentials of /** @type {const} */ (['same-origin', 'include'])) {
      test(`${what}, credentials: ${credentials}`, async () => {
        const { page, troubles } = visitor;
        const init = { method: 'POST', credentials, headers: { ...json, ...own } };
        const secret = await page.evaluate(async ([url, init]) => {
          const response = await fetch(url, init);
          return (await response.json()).client_secret;
        }, /** @type {const} */ ([`${worker.url}/api/chatkit/session`, init]));
        assert.equal(secret, [...worker.sandbox.sessions.values()].at(-1)?.clientSecret);
        assert.deepEqual(troubles.splice(0), []);
      });
    }
  }
});

test('in Chromium, a page whose origin is not listed reads which origin is refused, whatever headers it sends', async () => {
  const other = await startSite();
  try {
    const { page } = await newVisitor(browser);
    await page.goto(other.origin);
    for (const headers of [{}, { ...json, 'X-CSRFToken': 'token' }]) {
      const problem = await page.evaluate(async ([url, headers]) => {
        const response = await fetch(url, { method: 'POST', headers });
        return response.json();
      }, /** @type {const} */ ([`${worker.url}/api/chatkit/session`, headers]));
      assert.equal(problem.code, 'origin_not_allowed');
      assert.ok(problem.error.includes(other.origin), problem.error);
    }
    assert.deepEqual(worker.sandbox.requests, []);
  } finally {
    await other.close();
  }
});
