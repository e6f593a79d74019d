// The Worker against public/openapi.yaml: Schemathesis makes requests of it, right ones and wrong ones, alone and in sequence,
// and checks every answer: status, headers, body; that the right are taken, the wrong refused, and no proof is no entrance.
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
const secrets = { ADMIN_TOKEN: 'admin-token-for-tests', AUTH_JWT_SECRET: 'a-secret-that-the-site-shares-with-the-worker' };

/**
 * Runs Schemathesis on a Worker with these variables and gives what it printed, without the colours.
 * @param {{ vars?: Record<string, string>, proof?: string, args?: string[] }} options
 *   proof: the security scheme that names the caller
 */
async function check({ vars = {}, proof = 'visitorHeader', args = [] }) {
  const worker = await startWorkerWithSandbox({ vars: { STATE_VARIABLES, ...vars }, secrets });
  const folder = await mkdtemp(path.join(tmpdir(), 'chatkit-edge-'));
  try {
    const visitor = cookieOf(await worker.fetch('/api/chatkit/session', { method: 'POST' }))?.split('=')[1];
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
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text));
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    assert.equal(code, 0, printed);
    return printed;
  } finally {
    await worker.close();
    await rm(folder, { recursive: true });
  }
}

/** How many requests were judged; all of them were found right. */
function judged(/** @type {string} */ printed) {
  const [, generated, passed] = /(\d+) generated, (\d+) passed/.exec(printed) ?? [];
  assert.equal(generated, passed, printed);
  return Number(generated);
}

// Each run mostly waits for the Worker's disk; beside each other they take half as long.
describe('the Worker', { concurrency: true }, () => {
  test('does what the description says, at every endpoint', async () => {
    const printed = await check({ args: ['--max-examples', '10'] });
    const operations = (await readFile(description, 'utf8')).match(/^ {6}operationId:/gm)?.length;
    assert.match(printed, new RegExp(`Tested: ${operations}\n`));
    assert.ok(judged(printed) > 1000, printed);
  });

  test('does so for signed-in users of a page on another site', async () => {
    const printed = await check({
      vars: { AUTH: 'jwt', ALLOWED_ORIGINS: SITE },
      proof: 'userToken',
      args: [
        '--include-tag', 'Sessions', '--phases', 'examples,fuzzing,stateful', '--max-examples', '10', '--header', `Origin: ${SITE}`,
      ],
    });
    assert.match(printed, /Tested: 6\n/);
    assert.ok(judged(printed) > 50, printed);
  });

  test('does so where the owner trusts the user that a request names', async () => {
    const printed = await check({
      vars: { TRUST_CLIENT_USER: 'true' },
      args: ['--include-operation-id', 'createSession', '--phases', 'coverage,fuzzing', '--max-examples', '30'],
    });
    assert.ok(judged(printed) > 50, printed);
  });
});
