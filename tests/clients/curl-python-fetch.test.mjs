// A session asked for from a shell, from Python and from JavaScript, by the calls that sites and scripts already make.
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

/** What a program prints. It reaches the Worker directly, whatever proxy the machine has. @param {string[]} args */
async function printed(/** @type {string} */ program, ...args) {
  const env = { ...process.env, NO_PROXY: 'localhost', no_proxy: 'localhost' };
  return (await promisify(execFile)(program, args, { env })).stdout;
}

const secretGivenOut = () => [...worker.sandbox.sessions.values()].at(-1)?.clientSecret;

describe('a client secret comes to', () => {
  for (const [how, headers] of /** @type {const} */ ([
    ['with the content type of a body that it does not send', ['-H', 'Content-Type: application/json']],
    ['with no header', []],
  ])) {
    test(`curl ${how}`, async () => {
      const { client_secret } = JSON.parse(await printed('curl', '-X', 'POST', `${worker.url}/api/chatkit/session`, ...headers));
      assert.match(client_secret, /^ek_/);
      assert.equal(client_secret, secretGivenOut());
    });
  }

  test("Python's requests", async () => {
    const program = `import requests
data = requests.post("${worker.url}/api/chatkit/session").json()
print(f"Client Secret: {data['client_secret']}")`;
    assert.equal((await printed(pythonProgram(), '-c', program)).trim(), `Client Secret: ${secretGivenOut()}`);
  });

  for (const [how, init] of /** @type {const} */ ([
    ['with a content type', { method: 'POST', headers: JSON_TYPE }],
    ['with nothing but the method', { method: 'POST' }],
  ])) {
    test(`fetch ${how}`, async () => {
      const { client_secret } = await (await fetch(`${worker.url}/api/chatkit/session`, init)).json();
      assert.match(client_secret, /^ek_/);
      assert.equal(client_secret, secretGivenOut());
    });
  }
});

test("fetch on a page of another site gets it too, though the browser asks first because of the content type", async () => {
  const browser = await launch();
  try {
    const { page, troubles } = await newVisitor(browser);
    await page.goto(site.origin);
    const secret = await page.evaluate(async ([url, headers]) => {
      const response = await fetch(`${url}/api/chatkit/session`, { method: 'POST', headers });
      return (await response.json()).client_secret;
    }, /** @type {const} */ ([worker.url, JSON_TYPE]));
    assert.equal(secret, secretGivenOut());
    assert.deepEqual(troubles, []);
  } finally {
    await browser.close();
  }
});

test('without an API key the answer is 500 with a detail that begins as such clients know it', async () => {
  const bare = await startWorker();
  try {
    const answer = await bare.fetch('/api/chatkit/session', { method: 'POST', headers: JSON_TYPE });
    assert.equal(answer.status, 500);
    assert.match((await answer.json()).detail, /^Error creating ChatKit session: .*OPENAI_API_KEY is not set/);
  } finally {
    await bare.close();
  }
});
