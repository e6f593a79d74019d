// `npm run audit` checks the dependencies: licences, sources, duplicate versions and known vulnerabilities of crates (cargo-deny,
// see deny.toml), known vulnerabilities of npm packages, and unused dependencies, files and exports (cargo-machete, knip).
// It is not part of `npm test`: its tools take minutes to compile on a new machine, and its result can change without a commit.
//
// Exit status: 0 if nothing was found, 1 if something was. With --complete, also 1 if a check could not run.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { continueWithProjectNode, npmInstall, npmReady } from './setup/npm.mjs';
import { inRoot, projectEnv, toolsBin } from './setup/paths.mjs';
import { checkRust } from './setup/rust.mjs';
import { main, Problem, run, say } from './setup/run.mjs';
import { crateReady, installCrates } from './setup/tools.mjs';

const crates = [
  { crate: 'cargo-deny', binary: 'cargo-deny', version: '0.20.2' },
  { crate: 'cargo-machete', binary: 'cargo-machete', version: '0.9.2' },
];
const knipVersion = '6.44.2';
const knipHome = inRoot('.tools', 'knip');

const knipReady = () => {
  const installed = path.join(knipHome, 'node_modules', 'knip', 'package.json');
  return existsSync(installed) && JSON.parse(readFileSync(installed, 'utf8')).version === knipVersion;
};

/** Installs knip outside of package-lock.json, which would otherwise list its binaries for every platform. */
async function installKnip() {
  mkdirSync(knipHome, { recursive: true });
  writeFileSync(path.join(knipHome, 'package.json'), '{"private":true}\n');
  const options = ['--prefix', knipHome, '--no-package-lock', '--ignore-scripts', '--loglevel=error'];
  const { code } = await run('npm', ['install', ...options, `knip@${knipVersion}`]);
  if (code !== 0) throw new Problem(`knip ${knipVersion} could not be installed: "npm install" failed, see above.`);
}

async function installTools() {
  const missing = crates.filter((tool) => !crateReady(tool));
  if (missing.length) {
    say(`Installing ${missing.map(({ crate }) => crate).join(' and ')} (about 3 minutes on two cores)`);
    await installCrates(missing);
  }
  if (!knipReady()) {
    say('Installing knip (about 10 seconds)');
    await installKnip();
  }
}

/** fuzz/ is a workspace of its own. */
const manifests = ['Cargo.toml', 'fuzz/Cargo.toml'];

const deny = (/** @type {string} */ manifest, /** @type {string[]} */ ...args) =>
  run(path.join(toolsBin, 'cargo-deny'),
    ['--manifest-path', inRoot(manifest), '--config', inRoot('deny.toml'), '--locked', ...args]);

/** The result of a check, or the reason why it could not run. @typedef {{ found: boolean } | { notChecked: string }} Outcome */

/** @returns {Promise<Outcome>} */
async function cargoDeny(/** @type {string[]} */ ...checks) {
  let found = false;
  for (const manifest of manifests) {
    // A crate that deny.toml skips may be in only one of the two workspaces.
    const { code } = await deny(manifest, 'check', '--hide-inclusion-graph', '--allow', 'unmatched-skip', ...checks);
    found ||= code !== 0;
  }
  return { found };
}

/** @type {Record<string, () => Promise<Outcome>>} */
const audits = {
  'licences, sources and duplicate versions of crates': () => cargoDeny('licenses', 'sources', 'bans'),

  async 'known vulnerabilities of crates'() {
    const { code } = await deny(manifests[0], 'fetch', 'db');
    if (code !== 0) return { notChecked: "RustSec's database (github.com/RustSec/advisory-db) could not be fetched, see above" };
    return cargoDeny('advisories');
  },

  async 'known vulnerabilities of npm packages'() {
    const { stdout } = await run('npm', ['audit', '--json'], { capture: true });
    const report = JSON.parse(stdout || '{}');
    if (!report.auditReportVersion) {
      return { notChecked: `the registry returned no report: ${report.message ?? report.error?.summary ?? 'no response'}` };
    }
    if (report.metadata.vulnerabilities.total) await run('npm', ['audit']);
    return { found: report.metadata.vulnerabilities.total > 0 };
  },

  async 'unused crates'() {
    const { code } = await run(path.join(toolsBin, 'cargo-machete'), ['--skip-target-dir', '.']);
    return { found: code !== 0 };
  },

  async 'unused npm packages, files and exports'() {
    const knip = path.join(knipHome, 'node_modules', 'knip', 'bin', 'knip.js');
    const { code } = await run(process.execPath, [knip, '--no-progress'], { env: projectEnv() });
    return { found: code !== 0 };
  },
};

async function audit() {
  const complete = process.argv.includes('--complete');
  if (!npmReady()) await npmInstall();
  await checkRust();
  const continued = await continueWithProjectNode(import.meta.url);
  if (continued !== null) return continued;
  await installTools();

  /** @type {string[]} */ const failed = [];
  /** @type {string[]} */ const unchecked = [];
  for (const [name, check] of Object.entries(audits)) {
    say(`\n${name}`);
    const outcome = await check();
    if ('notChecked' in outcome) unchecked.push(`${name}: ${outcome.notChecked}`);
    else if (outcome.found) failed.push(name);
  }

  say('');
  for (const line of unchecked) say(`NOT CHECKED: ${line}.`);
  const all = Object.keys(audits).length;
  say(failed.length
    ? `Failed: ${failed.join('; ')}.`
    : `${all - unchecked.length} of ${all} checks passed.`);
  return failed.length || (complete && unchecked.length) ? 1 : 0;
}

await main(audit);
