// Runs axe-core's accessibility rules on a page.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The violated rules, each with the elements that violate it. @param {import('playwright-core').Page} page */
export async function violations(page) {
  // Evaluated by the browser's debugger, so the page's policy against other scripts does not apply.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    // @ts-ignore: defined by the script above
    const { violations } = await window.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  });
}
