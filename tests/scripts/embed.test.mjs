// The bundle of the element: one small file without imports.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { bundleEmbed } from '../../scripts/embed.mjs';

test('the bundle is one file without imports, is below 18 KB gzip, and is written only if it changed', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatkit-edge-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const to = path.join(folder, 'embed.js');
  const first = await bundleEmbed({ to });
  assert.equal(first.written, true);
  assert.ok(first.gzip < 18_000, `${first.gzip} bytes`);
  const code = await readFile(to, 'utf8');
  assert.doesNotMatch(code, /\bimport\s*[{("'*]|\bfrom\s*["']|\brequire\(/);
  assert.match(code, /import\.meta\.url/, 'it finds its Worker by the URL of the module');
  assert.equal((await bundleEmbed({ to })).written, false);
});
