// docs/api.md: its tables match public/openapi.yaml, and its examples run as printed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { fill, operations, problems, readDocument } from '../../scripts/api-docs.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
const document = readDocument();

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({ secrets: { ADMIN_TOKEN: 'admin-token-for-tests' } });
});
after(() => worker?.close());

test('the tables are up to date; if not, run: node scripts/api-docs.mjs', () => {
  assert.equal(page, fill(page, document));
});

test('every endpoint and every problem of openapi.yaml is in the tables, and every problem has one example', () => {
  // An endpoint is in two tables: what it does, and what it returns.
  for (const { method, path: where } of operations(document)) {
    assert.equal(page.split(`\n| \`${method} ${where}\` |`).length, 3, where);
  }
  const codes = problems(document).map(({ code }) => code);
  assert.deepEqual([...codes].sort(), [...document.components.schemas.Problem.properties.code.enum].sort());
  for (const code of codes) assert.ok(page.includes(`\n| \`${code}\` |`), code);
});

test('the examples, run in order, print what the page says', async () => {
  const blocks = [...page.matchAll(/^```console\n([^]*?)^```$/gm)].map(([, text]) => text);
  const examples = blocks.flatMap((block) => block.split(/^\$ /m).slice(1)).map((example) => {
    const [command, ...printed] = example.trimEnd().split('\n');
    return { command, printed: printed.join('\n') };
  });
  assert.ok(examples.length > 12);
  const folder = mkdtempSync(path.join(tmpdir(), 'chatkit-edge-'));
  const script = examples.map(({ command }) => `${command}\nprintf '\\n==\\n'`).join('\n')
    .replaceAll('http://localhost:8787', worker.url);
  const env = { ...process.env, ADMIN_TOKEN: 'admin-token-for-tests', NO_PROXY: 'localhost', no_proxy: 'localhost' };
  const running = promisify(execFile)('sh', ['-c', script], { cwd: folder, env });
  const { stdout } = await running.finally(() => rmSync(folder, { recursive: true }));
  const outputs = stdout.split('\n==\n');
  for (const [i, { command, printed }] of examples.entries()) {
    const pattern = printed.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*');
    assert.match((outputs[i] ?? '').trim(), new RegExp(`^${pattern}$`), command);
  }
});
