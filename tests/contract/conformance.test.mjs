// The Worker conforms to public/openapi.yaml. Schemathesis generates valid and invalid requests, single and in sequence. It checks
// status, headers and body of every response: valid requests are accepted, invalid or unauthenticated ones rejected.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pythonProgram } from '../../scripts/setup/python.mjs';
import { hs256 } from '../support/tokens.mjs';
import { cookieOf, startWorkerWithSandbox } from '../support/worker.mjs';

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));
const description = here('../../public/openapi.yaml');

const STATE_VARIABLES = 'plan,seats';
const SITE = 'https://site.example';
const secrets = {
  ADMIN_TOKEN: 'admin-token-for-tests',
  AUTH_JWT_SECRET: 'a-secret-that-the-site-shares-with-the-worker',
  PROXY_SECRET: 'the-secret-of-the-proxy',
};

const newThread = { type: 'threads.create', params: { input: { content: [{ type: 'input_text', text: 'Hello' }] } } };
/** Its endpoints answer 409 with every other backend than the agent, whoever asks, so nothing of them would be checked. */
const RUNS = '/chatkit/runs/{id}';
const RUN_OPERATIONS = 2;

/**
 * Runs Schemathesis against a Worker with these variables and returns its output.
 * @param {{ vars?: Record<string, string>, proof?: string, args?: string[] }} options
 *   proof: the security scheme that identifies the caller
 */
async function check({ vars = {}, proof = 'visitorHeader', args = [] }) {
  const worker = await startWorkerWithSandbox({ vars: { STATE_VARIABLES, ...vars }, secrets });
  const folder = await mkdtemp(path.join(tmpdir(), 'chatkit-edge-'));
  try {
    const [first, body] = vars.BACKEND === 'agent' ? ['/chatkit', JSON.stringify(newThread)] : ['/api/chatkit/session', null];
    const visitor = cookieOf(await worker.fetch(first, { method: 'POST', body }))?.split('=')[1];
    const child = spawn(
      pythonProgram('schemathesis'),
      ['--config-file', here('schemathesis.toml'), 'run', description, '--url', worker.url, '--no-color', ...args],
      {
        cwd: folder,
        env: {
          ...process.env,
          HOOKS: here('hooks.py'),
          STATE_VARIABLES,
          TRUST_CLIENT_USER: vars.TRUST_CLIENT_USER ?? 'false',
          ADMIN_TOKEN: secrets.ADMIN_TOKEN,
          VISITOR: visitor ?? 'none',
          USER_TOKEN: hs256({ sub: 'user-1', exp: Math.floor(Date.now() / 1000) + 3600 }, secrets.AUTH_JWT_SECRET),
          PROOF: proof,
          PYTHONDONTWRITEBYTECODE: '1',
        },
      },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    assert.equal(code, 0, output);
    return output;
  } finally {
    await worker.close();
    await rm(folder, { recursive: true });
  }
}

/** The number of generated requests, all of which must have passed. */
function passedRequests(/** @type {string} */ output) {
  const [, generated, passed] = /(\d+) generated, (\d+) passed/.exec(output) ?? [];
  assert.equal(generated, passed, output);
  return Number(generated);
}

// Each run mostly waits for the Worker's disk, so running them concurrently takes half as long.
describe('the Worker', { concurrency: true }, () => {
  test('conforms to its API description at every endpoint', async () => {
    const output = await check({ args: ['--max-examples', '10', '--exclude-path', RUNS] });
    const operations = (await readFile(description, 'utf8')).match(/^ {6}operationId:/gm) ?? [];
    assert.match(output, new RegExp(`Tested: ${operations.length - RUN_OPERATIONS}\n`));
    assert.ok(passedRequests(output) > 1000, output);
  });

  test('conforms at the endpoints of runs where it answers itself', async () => {
    const agent = { BACKEND: 'agent', AGENT: '{"model":"gpt-5.2"}', OPENAI_CHATKIT_WORKFLOW_ID: '' };
    // The ids are generated, so 404 is the answer of a proven visitor. What a run streams is checked in tests/chatkit/.
    const args = ['--max-examples', '10', '--include-path', RUNS, '--phases', 'coverage,fuzzing', '--warnings', 'off'];
    const output = await check({ vars: agent, args });
    assert.match(output, new RegExp(`Tested: ${RUN_OPERATIONS}\n`));
    assert.ok(passedRequests(output) > 20, output);
  });

  test('conforms for signed-in users of a page on another site', async () => {
    const output = await check({
      vars: { AUTH: 'jwt', ALLOWED_ORIGINS: SITE },
      proof: 'userToken',
      args: [
        '--include-tag', 'Sessions', '--phases', 'examples,fuzzing,stateful', '--max-examples', '10', '--header', `Origin: ${SITE}`,
      ],
    });
    assert.match(output, /Tested: 6\n/);
    assert.ok(passedRequests(output) > 50, output);
  });

  test('conforms with TRUST_CLIENT_USER', async () => {
    const output = await check({
      vars: { TRUST_CLIENT_USER: 'true' },
      args: ['--header', `X-ChatKit-Proxy-Secret: ${secrets.PROXY_SECRET}`, '--include-operation-id', 'createSession', '--phases', 'coverage,fuzzing', '--max-examples', '30'],
    });
    assert.ok(passedRequests(output) > 50, output);
  });
});
