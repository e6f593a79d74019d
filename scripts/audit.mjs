// `npm run audit`: what the project depends on. Licences, sources, doubles and known weaknesses of crates (cargo-deny, see
// deny.toml), known weaknesses of npm packages, and dependencies, files and exports that nothing uses (cargo-machete, knip).
// Not a part of `npm test`: its tools take minutes to compile on a new machine, and what it says changes without a commit.
//
// Exit status: 0 when nothing was found, 1 when something was. With --complete, also 1 when something could not be checked.
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

/** knip has a program for each system, which would fill our lockfile; here it is beside it. */
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

/** A found problem, or a reason why nothing could be checked. @typedef {{ found: boolean } | { notChecked: string }} Outcome */

/** @returns {Promise<Outcome>} */
async function denied(/** @type {string[]} */ ...checks) {
  let found = false;
  for (const manifest of manifests) {
    // What is skipped for one of the two need not be in the other.
    const { code } = await deny(manifest, 'check', '--hide-inclusion-graph', '--allow', 'unmatched-skip', ...checks);
    found ||= code !== 0;
  }
  return { found };
}

/** @type {Record<string, () => Promise<Outcome>>} */
const audits = {
  'licences, sources and doubles of crates': () => denied('licenses', 'sources', 'bans'),

  async 'known weaknesses of crates'() {
    const { code } = await deny(manifests[0], 'fetch', 'db');
    if (code !== 0) return { notChecked: "RustSec's database (github.com/RustSec/advisory-db) could not be fetched, see above" };
    return denied('advisories');
  },

  async 'known weaknesses of npm packages'() {
    const { stdout } = await run('npm', ['audit', '--json'], { capture: true });
    const report = JSON.parse(stdout || '{}');
    if (!report.auditReportVersion) {
      return { notChecked: `the registry gave no report: ${report.message ?? report.error?.summary ?? 'no answer'}` };
    }
    if (report.metadata.vulnerabilities.total) await run('npm', ['audit']);
    return { found: report.metadata.vulnerabilities.total > 0 };
  },

  async 'crates that nothing uses'() {
    const { code } = await run(path.join(toolsBin, 'cargo-machete'), ['--skip-target-dir', '.']);
    return { found: code !== 0 };
  },

  async 'npm packages, files and exports that nothing uses'() {
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
    ? `Found something in: ${failed.join('; ')}.`
    : `Nothing found in ${all - unchecked.length} of ${all} checks.`);
  return failed.length || (complete && unchecked.length) ? 1 : 0;
}

await main(audit);
