// The Chromium that the browser tests drive: found on the machine, or installed on Debian and Ubuntu.
import { existsSync } from 'node:fs';
import { aptInstall } from './setup/apt.mjs';
import { Problem, which } from './setup/run.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The path of a Chromium or Chrome, or null. CHROME_BIN names another one. */
export function findChromium() {
  const chosen = process.env.CHROME_BIN;
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new Problem(`CHROME_BIN is ${chosen}, and there is no such file. Correct it, or unset it to have Chromium looked for.`);
  }
  for (const name of names) {
    const found = which(name);
    if (found) return found;
  }
  return places.find((file) => existsSync(file)) ?? null;
}

export async function installChromium() {
  if (which('apt-get')) await aptInstall(['chromium'], 'Chromium, which the browser tests need,');
  if (!findChromium()) {
    throw new Problem('The browser tests need Chromium or Chrome, and there is none here.\n'
      + 'Install one (https://www.chromium.org/getting-involved/download-chromium/), or name its program in CHROME_BIN.');
  }
}
