// What the demo, the API reference and the dashboard have in common: the header with its links, and two languages.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { PROBLEMS_ES } from '../../public/demo/problems-es.js';
import { PROBLEMS } from '../../public/demo/problems.js';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { violations } from './axe.mjs';
import { launch, newVisitor } from './browser.mjs';

/** @import { Page } from 'playwright-core' */

const TOKEN = 'an-admin-token-for-tests';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  [worker, browser] = await Promise.all([startWorkerWithSandbox({ secrets: { ADMIN_TOKEN: TOKEN } }), launch()]);
});
after(() => Promise.all([worker?.close(), browser?.close()]));

/** Each page, its link in both languages, and what it shows when it is complete. */
const PAGES = [
  { path: '/', link: 'Chat', spanish: 'Chat', ready: 'chatkit-edge textarea' },
  { path: '/docs', link: 'API', spanish: 'API', ready: '.opblock' },
  { path: '/dashboard', link: 'Dashboard', spanish: 'Panel', ready: '#sign-in:not([hidden])' },
];

/**
 * Opens a page and waits until it is complete.
 * @param {typeof PAGES[number]} page
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
async function open({ path, ready }, options) {
  const visitor = await newVisitor(browser, options);
  await visitor.page.goto(worker.url + path);
  await visitor.page.locator(ready).first().waitFor();
  return visitor;
}

for (const each of PAGES) {
  describe(`the page ${each.path}`, () => {
    test('links to the other pages and marks its own link', async () => {
      const { context, page, troubles } = await open(each);
      const nav = page.getByRole('navigation', { name: 'Pages' });
      assert.deepEqual(await nav.getByRole('link').allInnerTexts(), PAGES.map(({ link }) => link));
      assert.equal(await nav.locator('[aria-current=page]').innerText(), each.link);
      for (const other of PAGES) {
        await nav.getByRole('link', { name: other.link }).click();
        await page.locator(other.ready).first().waitFor();
        assert.equal(new URL(page.url()).pathname, other.path);
      }
      assert.deepEqual(troubles, []);
      await context.close();
    });

    test('is in Spanish if the browser prefers it, and has no accessibility violations', async () => {
      const { context, page, troubles } = await open(each, { locale: 'es-AR' });
      assert.equal(await page.locator('html').getAttribute('lang'), 'es');
      const nav = page.getByRole('navigation', { name: 'Páginas' });
      assert.deepEqual(await nav.getByRole('link').allInnerTexts(), PAGES.map(({ spanish }) => spanish));
      assert.ok(await page.getByRole('button', { name: 'Tema oscuro' }).isVisible());
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(troubles, []);
      await context.close();
    });

    test('remembers the language that the visitor chose on another page', async () => {
      const { context, page } = await open(each);
      await page.getByRole('button', { name: 'Español' }).click();
      for (const other of PAGES) {
        await page.goto(worker.url + other.path);
        await page.getByRole('button', { name: 'English' }).waitFor();
        assert.equal(await page.locator('html').getAttribute('lang'), 'es');
      }
      await context.close();
    });

    for (const width of [320, 360, 700, 1280]) {
      test(`has the buttons in one row beside the name at ${width} pixels, in both languages, and fits`, async () => {
        const { context, page } = await open(each, { viewport: { width, height: 700 } });
        for (const _ of ['English', 'Spanish']) {
          const boxes = await page.locator('.brand, #language, #theme').evaluateAll((list) => list.map((element) => {
            const { top, bottom, left, right } = element.getBoundingClientRect();
            return { middle: (top + bottom) / 2, left, right };
          }));
          assert.equal(boxes.length, 3);
          const middles = boxes.map(({ middle }) => middle);
          assert.ok(Math.max(...middles) - Math.min(...middles) < 4, JSON.stringify(boxes));
          assert.ok(boxes.every(({ left, right }) => left >= 0 && right <= width), JSON.stringify(boxes));
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
          await page.locator('#language').click();
        }
        await context.close();
      });
    }
  });
}

describe('Spanish', () => {
  /** The keys of the texts that a page has no Spanish for. @param {Page} page @param {string} folder */
  const missing = (page, folder) => page.evaluate(async (folder) => {
    const { SPANISH, ENGLISH } = await import(`/${folder}/texts.js`);
    const bar = await import(`/demo/${'bar.js'}`);
    const known = { ...bar.SPANISH, ...SPANISH };
    const roots = [document, ...[...document.querySelectorAll('template')].map(({ content }) => content)];
    const elements = roots.flatMap((root) => [...root.querySelectorAll('[data-text], [data-label]')]);
    const keys = elements.flatMap((element) => [element.getAttribute('data-text'), element.getAttribute('data-label')]);
    return [...keys.filter((key) => key !== null), ...Object.keys(ENGLISH), ...Object.keys(bar.ENGLISH)].filter((key) => !known[key]);
  }, folder);

  for (const [path, folder] of [['/', 'demo'], ['/docs', 'docs'], ['/dashboard', 'dashboard']]) {
    test(`has every text of ${path}`, async () => {
      const { context, page } = await newVisitor(browser);
      await page.goto(worker.url + path);
      assert.deepEqual(await missing(page, folder), []);
      await context.close();
    });
  }

  test('is the language of the numbers, the plots and the errors of the dashboard, and can be switched there', async () => {
    const { context, page } = await open(PAGES[2], { locale: 'es-ES' });
    await page.getByLabel('Token de administración').fill('wrong');
    await page.getByRole('button', { name: 'Mostrar los números' }).click();
    await page.getByRole('alert').getByText('El token de administración no es correcto').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('alert').getByText('The admin token is wrong').waitFor();
    await page.getByRole('button', { name: 'Español' }).click();

    await page.getByLabel('Token de administración').fill(TOKEN);
    await page.getByRole('button', { name: 'Mostrar los números' }).click();
    await page.getByText('Completo hasta el').waitFor();
    assert.deepEqual(await page.locator('#tiles dt').allInnerTexts(), ['Sesiones creadas', 'Sesiones renovadas',
      'Sesiones canceladas', 'Sesiones fallidas', 'Mensajes', 'Cambios de hilo', 'Errores de páginas']);
    await page.getByRole('slider', { name: 'Sesiones por día: día' }).waitFor();
    await page.getByLabel('7 días', { exact: true }).check();
    assert.deepEqual(await violations(page), []);

    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('slider', { name: 'Sessions per day: day' }).waitFor();
    assert.ok(await page.getByLabel('7 days', { exact: true }).isChecked(), 'the days shown stay');
    assert.equal(await page.locator('#sessions tbody tr').count(), 7);
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'language', 'the focus stays');
    await context.close();
  });
});

test('every code of the API has a title and a hint in both languages', async () => {
  const description = await readFile(new URL('../../public/openapi.yaml', import.meta.url), 'utf8');
  const list = /\n {8}code:\n {10}enum:\n((?: {12}- \w+\n)+)/.exec(description)?.[1] ?? '';
  const codes = list.match(/\w+/g) ?? [];
  assert.ok(codes.includes('invalid_json') && codes.length > 15);
  for (const texts of [PROBLEMS, PROBLEMS_ES]) {
    assert.deepEqual(codes.filter((code) => !texts[code]?.title || !texts[code]?.hint), []);
  }
  assert.deepEqual(Object.keys(PROBLEMS_ES).sort(), Object.keys(PROBLEMS).sort());
});
