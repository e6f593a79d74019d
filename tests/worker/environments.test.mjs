// Every wrangler.toml of the repository passes `wrangler deploy --dry-run` in each of its environments: the Worker is bundled,
// its bindings are found, and every field is known.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { parse } from 'smol-toml';
import { npmBin, projectEnv, root } from '../../scripts/setup/paths.mjs';
import { projectFiles, readText } from '../docs/markdown.mjs';

async function dryRun(/** @type {string} */ config, /** @type {string} */ environment) {
  const folder = mkdtempSync(path.join(tmpdir(), 'chatkit-edge-deploy-'));
  try {
    // An empty name means the top level of the file, without an environment.
    const args = ['deploy', '--dry-run', '--config', config, '--env', environment, '--outdir', folder];
    const child = spawn(path.join(npmBin, 'wrangler'), args,
      { cwd: root, env: projectEnv({ NO_COLOR: '1' }), stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = new Promise((resolve) => child.once('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { status: await exited, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const configs = projectFiles().filter((file) => /(^|\/)wrangler\.(toml|jsonc?)$/.test(file))
  .map((file) => ({ file, settings: /** @type {any} */ (parse(readText(file))) }));

describe('wrangler deploy --dry-run', { concurrency: 2 }, () => {
  for (const { file, settings } of configs) {
    for (const environment of ['', ...Object.keys(settings.env ?? {})]) {
      test(`accepts ${file} ${environment ? `for the environment "${environment}"` : 'without an environment'}`, async () => {
        const { status, stdout, stderr } = await dryRun(file, environment);
        assert.equal(status, 0, stdout + stderr);
        assert.match(stdout, /--dry-run: exiting now\./);
        assert.doesNotMatch(stderr, /Unexpected fields|No environment found|not inherited/);
        // Environments do not inherit bindings, so each must repeat those of the top level.
        const bound = [settings.durable_objects?.bindings, settings.kv_namespaces, settings.ratelimits].flat().filter(Boolean);
        for (const { name, binding } of bound) {
          assert.ok(stdout.includes(`env.${name ?? binding}`), `${name ?? binding} is not bound:\n${stdout}`);
        }
      });
    }
  }
});
