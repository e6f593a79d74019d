// The second deployment of docs/configuration.md is complete. A test in Rust compares the tables of the page with the code, and
// tests/worker/missing-bindings.test.mjs tries what the page says of missing bindings.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse as parseToml } from 'smol-toml';
import { newFolder } from './folder.mjs';
import { readText } from './markdown.mjs';
import { readPage } from './page.mjs';
import { readConfigWith } from './samples.mjs';

test('the second deployment has every binding of the first, with its own rate limiters', () => {
  const sample = parseToml(readPage('configuration.md').code('A second deployment', 'toml'));
  const { folder, remove } = newFolder({ 'wrangler.toml': readText('wrangler.toml') });
  const [first, second] = [undefined, 'staging'].map((env) => readConfigWith(sample, folder, env));
  remove();
  const bindings = (/** @type {typeof first} */ config) => ({
    assets: config.assets,
    objects: config.durable_objects,
    namespaces: config.kv_namespaces,
    datasets: config.analytics_engine_datasets,
    limiters: config.ratelimits.map(({ name, simple }) => ({ name, simple })),
    // Cloudflare rejects an object whose class no migration creates.
    migrations: config.migrations,
  });
  assert.deepEqual(bindings(second), bindings(first));

  const classes = first.migrations.flatMap(({ new_sqlite_classes: created }) => created ?? []);
  for (const { class_name: name } of first.durable_objects.bindings) assert.ok(classes.includes(name), name);

  const ids = [...first.ratelimits, ...second.ratelimits].map(({ namespace_id: id }) => id);
  assert.equal(ids.length, 14);
  assert.equal(new Set(ids).size, ids.length);
});
