// Session requests from curl, Python and fetch, written as existing sites and scripts write them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { pythonProgram } from '../../scripts/setup/python.mjs';
import { launch, newVisitor } from '../browser/browser.mjs';
import { startWorker, startWorkerWithSandbox } from '../support/worker.mjs';
import { startSite } from './site.mjs';

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  site = await startSite();
  worker = await startWorkerWithSandbox({ vars: { ALLOWED_ORIGINS: site.origin } });
});
beforeEach(() => worker.sandbox.reset());
after(async () => {
  await worker?.close();
  await site?.close();
});

/** The stdout of a program, which connects to the Worker without the machine's proxy. @param {string[]} args */
async function stdoutOf(/** @type {string} */ program, ...args) {
  const env = { ...process.env, NO_PROXY: 'localhost', no_proxy: 'localhost' };
  return (await promisify(execFile)(program, args, { env })).stdout;
}

const lastClientSecret = () => [...worker.sandbox.sessions.values()].at(-1)?.clientSecret;

describe('POST /api/chatkit/session returns a client secret to', () => {
  for (const [how, headers] of /** @type {const} */ ([
    ['with a JSON content type and no body', ['-H', 'Content-Type: application/json']],
    ['without headers', []],
  ])) {
    test(`curl ${how}`, async () => {
      const { client_secret } = JSON.parse(await stdoutOf('curl', '-X', 'POST', `${worker.url}/api/chatkit/session`, ...headers));
      assert.match(client_secret, /^ek_/);
      assert.equal(client_secret, lastClientSecret());
    });
  }

  test("Python's requests", async () => {
    const program = `import requests
data = requests.post("${worker.url}/api/chatkit/session").json()
print(f"Client Secret: {data['client_secret']}")`;
    assert.equal((await stdoutOf(pythonProgram(), '-c', program)).trim(), `Client Secret: ${lastClientSecret()}`);
  });

  test("Python's requests.Session, which then refreshes with its cookies and no Origin", async () => {
    const program = `import requests
session = requests.Session()
session.post("${worker.url}/api/chatkit/session").raise_for_status()
answer = session.post("${worker.url}/api/chatkit/refresh")
print(answer.status_code, answer.json().get("client_secret"))`;
    assert.equal((await stdoutOf(pythonProgram(), '-c', program)).trim(), `200 ${lastClientSecret()}`);
    const [first, second] = worker.sandbox.requests.map(({ body }) => body.user);
    assert.equal(second, first);
  });

  for (const [how, init] of /** @type {const} */ ([
    ['with a JSON content type and no body', { method: 'POST', headers: JSON_TYPE }],
    ['without headers', { method: 'POST' }],
  ])) {
    test(`fetch ${how}`, async () => {
      const { client_secret } = await (await fetch(`${worker.url}/api/chatkit/session`, init)).json();
      assert.match(client_secret, /^ek_/);
      assert.equal(client_secret, lastClientSecret());
    });
  }
});

test('fetch on a page of another site gets a client secret after a CORS preflight', async () => {
  const browser = await launch();
  try {
    const { page, troubles } = await newVisitor(browser);
    await page.goto(site.origin);
    const secret = await page.evaluate(async ([url, headers]) => {
      const response = await fetch(`${url}/api/chatkit/session`, { method: 'POST', headers });
      return (await response.json()).client_secret;
    }, /** @type {const} */ ([worker.url, JSON_TYPE]));
    assert.equal(secret, lastClientSecret());
    assert.deepEqual(troubles, []);
  } finally {
    await browser.close();
  }
});

test('without an API key the response is 500, and the detail has the prefix that existing clients expect', async () => {
  const unconfigured = await startWorker();
  try {
    const response = await unconfigured.fetch('/api/chatkit/session', { method: 'POST', headers: JSON_TYPE });
    assert.equal(response.status, 500);
    assert.match((await response.json()).detail, /^Error creating ChatKit session: .*OPENAI_API_KEY is not set/);
  } finally {
    await unconfigured.close();
  }
});
