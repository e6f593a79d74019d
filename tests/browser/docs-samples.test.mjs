// The pages that docs/ and the demo print are tall enough to see: the widget has no height of its own.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Lexer, walkTokens } from 'marked';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { readText } from '../docs/markdown.mjs';
import { startSandbox } from '../../sandbox/openai.mjs';
import { launch, newVisitor } from './browser.mjs';
import { startSite } from './sites.mjs';

/** The blocks of HTML in a page of the documentation that contain the widget's element. */
function samples(/** @type {string} */ file) {
  /** @type {string[]} */
  const found = [];
  walkTokens(Lexer.lex(readText(file)), (token) => {
    if (token.type === 'code' && token.lang === 'html' && token.text.includes('<openai-chatkit')) found.push(token.text);
  });
  return found;
}

const files = ['README.md', ...readdirSync(inRoot('docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
const all = files.flatMap((file) => samples(file).map((sample) => ({ file, sample })));

/** @type {Awaited<ReturnType<typeof startSandbox>>} */
let sandbox;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  [sandbox, site, browser] = await Promise.all([startSandbox(), startSite(), launch()]);
});
after(async () => {
  await browser?.close();
  await sandbox?.close();
  site?.close();
});

/** The widget of a page, with the stand-in's script in place of the page's own scripts. @param {string} body */
async function openWidget(body) {
  const { context, page } = await newVisitor(browser);
  const html = body.replace(/<script[^]*?<\/script>/g, '');
  await page.goto(site.put('/sample', `<!doctype html><title>A site</title>${html}<script src="${sandbox.widgetUrl}"></script>`));
  const widget = page.locator('openai-chatkit');
  await widget.evaluate((element) => {
    /** @type {any} */ (element).setOptions({ api: { getClientSecret: async () => 'ek_none' } });
  });
  await widget.locator('.root').waitFor({ state: 'attached' });
  return { context, page, widget };
}

describe('the chat is at least 400 pixels high in the page of', () => {
  test('at least three pages', () => assert.ok(new Set(all.map(({ file }) => file)).size >= 3));
  for (const { file, sample } of all) {
    test(file, async () => {
      const { context, widget } = await openWidget(sample);
      const box = await widget.boundingBox();
      assert.ok(box && box.height >= 400, JSON.stringify(box));
      await context.close();
    });
  }
});

describe('the stand-in widget', () => {
  test('has no height in a page that gives it none, as the real one', async () => {
    const { context, widget } = await openWidget('<openai-chatkit></openai-chatkit>');
    assert.equal(await widget.evaluate((element) => element.getBoundingClientRect().height), 0);
    await context.close();
  });

  test('fires events that bubble out of a shadow root, as the real one', async () => {
    const { context, page } = await newVisitor(browser);
    const script = `<script src="${sandbox.widgetUrl}"></script>`;
    await page.goto(site.put('/host', `<!doctype html><title>A site</title><div></div>${script}`));
    const target = await page.evaluate(() => new Promise((resolve) => {
      document.addEventListener('chatkit.ready', ({ target }) => resolve(/** @type {Element} */ (target).localName));
      const widget = document.createElement('openai-chatkit');
      /** @type {any} */ (widget).setOptions({ api: { getClientSecret: async () => 'ek_none' } });
      document.querySelector('div')?.attachShadow({ mode: 'open' }).append(widget);
    }));
    assert.equal(target, 'div');
    await context.close();
  });
});
