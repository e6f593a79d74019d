// References inside the repository resolve: links in Markdown and in the pages, and paths named in Markdown and in comments.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse as parseToml } from 'smol-toml';
import { attribute, readHtml } from './html.mjs';
import { root } from '../../scripts/setup/paths.mjs';
import { projectFiles, readMarkdown, readText } from './markdown.mjs';

const files = projectFiles();
const markdown = new Map(files.filter((file) => file.endsWith('.md')).map((file) => [file, readMarkdown(file)]));
const isExternal = (/** @type {string} */ href) => /^[a-z][a-z0-9+.-]*:/i.test(href);

/** Why a reference from one file to another is wrong, or null. */
function problem(/** @type {string} */ from, /** @type {string} */ href) {
  const [place, anchor] = decodeURI(href).split('#');
  const target = place ? path.posix.normalize(path.posix.join(path.posix.dirname(from), place)) : from;
  if (target.startsWith('..')) return `${href} leaves the repository`;
  if (!existsSync(root + target)) return `there is no ${target}`;
  if (anchor === undefined) return null;
  if (!markdown.has(target)) return /^L\d+/.test(anchor) ? `${href} names a line, which moves` : `${target} has no anchors`;
  return markdown.get(target)?.anchors.has(anchor) ? null : `${target} has no "#${anchor}"`;
}

for (const { file, links } of markdown.values()) {
  test(`links in ${file} resolve`, () => {
    const broken = links.filter(({ href }) => !isExternal(href))
      .map(({ where, href }) => [where, problem(file, href)]).filter(([, why]) => why);
    assert.deepEqual(broken, []);
    for (const { where, href } of links.filter(({ href }) => isExternal(href))) {
      assert.match(href, /^(https:\/\/|mailto:)/, `${where}: ${href}`);
      assert.ok(URL.canParse(href), `${where}: ${href}`);
    }
  });
}

const pages = files.filter((file) => /^public\/.*\.html$/.test(file))
  .map((file) => ({ file, elements: readHtml(readText(file)).elements }));

/** Paths that the Worker handles itself, from wrangler.toml. */
const workerPaths = /** @type {any} */ (parseToml(readText('wrangler.toml'))).assets.run_worker_first;

const isWorkerPath = (/** @type {string} */ address) =>
  workerPaths.some((/** @type {string} */ rule) =>
    (rule.endsWith('*') ? address.startsWith(rule.slice(0, -1)) : rule === address));

/** The file that the platform serves for a path. */
const fileAt = (/** @type {string} */ address) =>
  ['', '.html', '/index.html'].map((end) => `public${address}${end}`)
    .find((file) => existsSync(root + file) && path.extname(file));

for (const page of pages) {
  test(`links in ${page.file} resolve`, () => {
    const ids = new Set(page.elements.map((element) => attribute(element, 'id')));
    for (const element of page.elements) {
      for (const name of ['for', 'aria-labelledby', 'aria-describedby', 'aria-controls']) {
        for (const id of attribute(element, name)?.split(/\s+/) ?? []) assert.ok(ids.has(id), `${page.file}: ${name}="${id}"`);
      }
      const hrefs = ['href', 'src'].map((name) => attribute(element, name) ?? '');
      for (const href of hrefs.filter((text) => text && !isExternal(text))) {
        const [address, anchor] = href.split(/[?#]/);
        const target = address ? fileAt(path.posix.resolve('/', address)) : page.file;
        assert.ok(target || isWorkerPath(address), `${page.file}: there is no ${href}`);
        if (anchor && href.includes('#') && target === page.file) assert.ok(ids.has(anchor), `${page.file}: ${href}`);
      }
    }
  });
}

const folders = [...new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0].replace('.', '\\.')))];
const folderPath = new RegExp(`(?<![\\w/.@:$}{-])(?:${folders.join('|')})/[\\w./*-]*[\\w*/]`, 'g');
/** Names of Markdown files that a comment or a page may refer to, with or without an anchor. */
const document = /(?<![\w/.-])((?:docs\/|fuzz\/)?[\w-]+\.md)(#[\w-]+)?/g;

/** Where a file may name paths: the code spans of a Markdown file, the comments of other files. */
function mentions(/** @type {string} */ file) {
  if (markdown.has(file)) return markdown.get(file)?.spans.map(({ where, text }) => ({ where, text })) ?? [];
  return readText(file).split('\n').map((text, i) => ({ where: `${file}:${i + 1}`, text }))
    .filter(({ text }) => /^\s*(\/\/|\/\*|\*|#|<!--)/.test(text) || /\s(\/\/|#) /.test(text));
}

/** A file in the folder that a document's name is relative to: the top, docs/ or the file's own. */
const folderOf = (/** @type {string} */ name, /** @type {string} */ file) =>
  ['README.md', 'docs/security.md'].find((from) => existsSync(path.join(root, path.dirname(from), name))) ?? file;

/** Whether the file is generated and not committed, by .gitignore. */
const isIgnored = (/** @type {string} */ file) => spawnSync('git', ['check-ignore', '-q', file], { cwd: root }).status === 0;

const exists = (/** @type {string} */ name, /** @type {string} */ file) =>
  globSync(name, { cwd: root }).length > 0 || existsSync(path.join(root, path.dirname(file), name)) || isIgnored(name);

test('paths named in Markdown and in comments exist', () => {
  const read = files.filter((file) => /\.(md|m?js|jsx|tsx?|rs|toml|ya?ml|py|html|css|sh)$|^\.ci\/run$/.test(file));
  const missing = read.flatMap((file) => mentions(file).flatMap(({ where, text }) => {
    // A last part in capitals is a placeholder.
    const paths = [...text.matchAll(folderPath)].map(([name]) => name).filter((name) => !/[A-Z]{3,}/.test(path.basename(name)));
    const gone = paths.filter((name) => !exists(name, file)).map((name) => `there is no ${name}`);
    const documents = [...text.matchAll(document)]
      .map(([, name, anchor]) => problem(folderOf(name, file), name + (anchor ?? ''))).filter(Boolean);
    return [...gone, ...documents].map((why) => `${where}: ${why}`);
  }));
  assert.deepEqual(missing, []);
});

test('no ignored file is committed', () => {
  const list = ['ls-files', '--cached', '--ignored', '--exclude-standard'];
  assert.equal(execFileSync('git', list, { cwd: root, encoding: 'utf8' }), '');
});
