// Finds the Chromium that the browser tests use, or installs it on Debian and Ubuntu.
import { existsSync } from 'node:fs';
import { aptInstall } from './setup/apt.mjs';
import { Problem, which } from './setup/run.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The path of a Chromium or Chrome, or null. The environment variable CHROME_BIN overrides the search. */
export function findChromium() {
  const chosen = process.env.CHROME_BIN;
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new Problem(`CHROME_BIN is ${chosen}, which does not exist. Correct it, or unset it to search for Chromium.`);
  }
  for (const name of names) {
    const found = which(name);
    if (found) return found;
  }
  return macPaths.find((file) => existsSync(file)) ?? null;
}

export async function installChromium() {
  if (which('apt-get')) await aptInstall(['chromium'], 'Chromium, which the browser tests need,');
  if (!findChromium()) {
    throw new Problem('The browser tests need Chromium or Chrome, and none was found.\n'
      + 'Install one (https://www.chromium.org/getting-involved/download-chromium/), or set CHROME_BIN to its path.');
  }
}
