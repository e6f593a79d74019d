// Every wrangler.toml of the repository can be deployed in each of its environments, as far as a dry run tells: `wrangler deploy`
// bundles the Worker, finds what is bound and knows every field.
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
    // An empty name is the top of the file, without an environment.
    const args = ['deploy', '--dry-run', '--config', config, '--env', environment, '--outdir', folder];
    const child = spawn(path.join(npmBin, 'wrangler'), args,
      { cwd: root, env: projectEnv({ NO_COLOR: '1' }), stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise((resolve) => child.once('close', resolve));
    const [out, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { status: await ended, out, complaints };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const configs = projectFiles().filter((file) => /(^|\/)wrangler\.(toml|jsonc?)$/.test(file))
  .map((file) => ({ file, settings: /** @type {any} */ (parse(readText(file))) }));

describe('wrangler deploy', { concurrency: 2 }, () => {
  for (const { file, settings } of configs) {
    for (const environment of ['', ...Object.keys(settings.env ?? {})]) {
      test(`${file} can be deployed ${environment ? `to the environment "${environment}"` : 'as it is'}`, async () => {
        const { status, out, complaints } = await dryRun(file, environment);
        assert.equal(status, 0, out + complaints);
        assert.match(out, /--dry-run: exiting now\./);
        assert.doesNotMatch(complaints, /Unexpected fields|No environment found|not inherited/);
        // What the top binds, every environment must bind too: wrangler hands nothing of it down.
        const bound = [settings.durable_objects?.bindings, settings.kv_namespaces, settings.ratelimits].flat().filter(Boolean);
        for (const { name, binding } of bound) {
          assert.ok(out.includes(`env.${name ?? binding}`), `${name ?? binding} is not bound:\n${out}`);
        }
      });
    }
  }
});
