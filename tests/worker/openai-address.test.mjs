// What is at OPENAI_BASE_URL: the owner's organization and project reach it, and a 404 that is not OpenAI's is not about the
// workflow or the session.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';
import { cookieOf } from '../support/worker.mjs';
import { startWorkerd } from '../support/workerd.mjs';

const ADMIN_TOKEN = 'admin-token-for-tests';

/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.close());

/** @param {Record<string, string>} variables @param {(worker: Awaited<ReturnType<typeof startWorkerd>>) => Promise<void>} use */
async function withWorker(variables, use) {
  const worker = await startWorkerd({
    OPENAI_API_KEY: SANDBOX_KEY,
    OPENAI_BASE_URL: sandbox.baseUrl,
    OPENAI_CHATKIT_WORKFLOW_ID: SANDBOX_WORKFLOW,
    ADMIN_TOKEN,
    RATE_LIMITS: 'off',
    ...variables,
  });
  try {
    await use(worker);
  } finally {
    await worker.close();
  }
}

test('OPENAI_ORG_ID and OPENAI_PROJECT_ID arrive as headers, and without them there are none', async () => {
  const headers = () => {
    const { headers: all } = sandbox.requests.at(-1) ?? assert.fail('OpenAI got no request');
    return [all['openai-organization'], all['openai-project']];
  };
  await withWorker({ OPENAI_ORG_ID: 'org-9', OPENAI_PROJECT_ID: 'proj_9' }, async (worker) => {
    const start = await worker.fetch('/api/chatkit/session', { method: 'POST' });
    assert.equal(start.status, 200);
    assert.deepEqual(headers(), ['org-9', 'proj_9']);
    const { session_id: id } = await start.json();
    const Cookie = cookieOf(start) ?? '';
    await worker.fetch(`/api/chatkit/session/${id}`, { method: 'DELETE', headers: { Cookie } });
    assert.match(sandbox.requests.at(-1)?.path ?? '', /\/cancel$/);
    assert.deepEqual(headers(), ['org-9', 'proj_9']);
  });
  await withWorker({}, async (worker) => {
    assert.equal((await worker.fetch('/api/chatkit/session', { method: 'POST' })).status, 200);
    assert.deepEqual(headers(), [undefined, undefined]);
  });
});

describe('a 404', () => {
  const sentence = /There is no ChatKit API at OPENAI_BASE_URL\. .*\/v1/;

  test('at an address without /v1 names OPENAI_BASE_URL, to the page and in the doctor', () =>
    withWorker({ OPENAI_BASE_URL: sandbox.url }, async (worker) => {
      const problem = await (await worker.fetch('/api/chatkit/session', { method: 'POST' })).json();
      assert.equal(problem.code, 'openai_bad_response');
      assert.match(problem.detail, sentence);
      assert.match(await doctor(worker), sentence);
    }));

  test('of a gateway is not about the workflow, and a session that it answers for is not cancelled', async () => {
    const gateway = await startGateway();
    try {
      await withWorker({ OPENAI_BASE_URL: gateway.url }, async (worker) => {
        const start = await worker.fetch('/api/chatkit/session', { method: 'POST' });
        const { session_id: id } = await start.json();
        gateway.isBroken = true;
        const failed = await (await worker.fetch('/api/chatkit/session', { method: 'POST' })).json();
        assert.deepEqual([failed.status, failed.code], [502, 'openai_bad_response']);
        assert.ok(!(await doctor(worker)).includes('Workflow not found'));
        const init = { headers: { Cookie: cookieOf(start) ?? '' } };
        const path = `/api/chatkit/session/${id}`;
        assert.equal((await worker.fetch(path, { method: 'DELETE', ...init })).status, 502);
        assert.equal((await (await worker.fetch(path, init)).json()).status, 'active');
      });
    } finally {
      await gateway.close();
    }
  });

  test('of OpenAI is about the workflow', async () => {
    await withWorker({ OPENAI_CHATKIT_WORKFLOW_ID: 'wf_missing' }, async (worker) => {
      const problem = await (await worker.fetch('/api/chatkit/session', { method: 'POST' })).json();
      assert.deepEqual([problem.status, problem.code], [502, 'workflow_not_found']);
    });
  });
});

/** The doctor's report on the session. */
async function doctor(/** @type {Awaited<ReturnType<typeof startWorkerd>>} */ worker) {
  const response = await worker.fetch('/api/chatkit/doctor', { method: 'POST', headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } });
  const { checks } = await response.json();
  return checks.find((/** @type {any} */ { name }) => name === 'session').detail;
}

/** A gateway that passes requests on to the sandbox. Once it is broken, it answers as a web server without that page. */
async function startGateway() {
  const gateway = { url: '', isBroken: false, close: async () => {} };
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    if (gateway.isBroken) return response.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>404 Not Found</h1>');
    const passedOn = ['authorization', 'openai-beta', 'content-type'];
    const headers = passedOn.map((name) => /** @type {[string, string]} */ ([name, String(request.headers[name])]));
    const { method } = request;
    const answer = await fetch(sandbox.url + request.url, { method, headers, body: body.length ? body : undefined });
    response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(await answer.text());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  gateway.url = `http://127.0.0.1:${port}/v1`;
  gateway.close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return gateway;
}
