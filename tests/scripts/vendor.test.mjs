// The npm packages that the pages use are copied to public/vendor unchanged, and only if they differ.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { inRoot } from '../../scripts/setup/paths.mjs';
import { vendor } from '../../scripts/vendor.mjs';

const to = mkdtempSync(path.join(tmpdir(), 'chatkit-edge-vendor-'));
after(() => rmSync(to, { recursive: true }));
const content = (/** @type {string} */ name) => readFileSync(path.join(to, name), 'utf8');

test('copies the libraries with their styles and licences', () => {
  assert.deepEqual(vendor({ to }), [
    'uplot.js', 'uplot.css', 'uplot.LICENSE.txt',
    'swagger-ui.js', 'swagger-ui.css', 'swagger-ui.LICENSE.txt', 'swagger-ui.NOTICE.txt', 'swagger-ui-bundle.js.LICENSE.txt',
  ]);
  assert.equal(content('uplot.js'), readFileSync(inRoot('node_modules', 'uplot', 'dist', 'uPlot.esm.js'), 'utf8'));
  assert.match(content('uplot.LICENSE.txt'), /MIT License/);
  assert.match(content('swagger-ui.LICENSE.txt'), /Apache License/);
  assert.match(content('swagger-ui.js'), /swagger-ui-bundle\.js\.LICENSE\.txt/);
});

test('a second call writes nothing', () => {
  assert.deepEqual(vendor({ to }), []);
});

test('overwrites a file that differs and deletes a file that is not listed', () => {
  writeFileSync(path.join(to, 'uplot.css'), 'of another version');
  writeFileSync(path.join(to, 'left-over.js'), '');
  assert.deepEqual(vendor({ to }), ['uplot.css']);
  assert.throws(() => content('left-over.js'), { code: 'ENOENT' });
});
