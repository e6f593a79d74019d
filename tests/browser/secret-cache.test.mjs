// The page's caches of client secrets: which elements share one, and when one is freed. Runs in Node.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '../support/until.mjs';

// The modules listen for violations of the page's policy as soon as they are loaded.
Object.assign(globalThis, { document: { addEventListener() {} } });
const { SecretCache } = await import('../../embed/secret-cache.js');

setFlagsFromString('--expose-gc');
const collectGarbage = /** @type {() => void} */ (runInNewContext('gc'));

const newToken = () => () => 'a token';

describe('elements', () => {
  test('with the same workflow and the same getToken share a cache', () => {
    const getToken = newToken();
    assert.equal(SecretCache.for('wf_1', getToken), SecretCache.for('wf_1', getToken));
    assert.equal(SecretCache.for('wf_1', null), SecretCache.for('wf_1', null));
  });

  test('with another workflow or another getToken do not', () => {
    const getToken = newToken();
    const caches = [['wf_1', null], ['wf_2', null], ['wf_1', getToken], ['wf_2', getToken], ['wf_1', newToken()]]
      .map(([workflow, token]) => SecretCache.for(/** @type {any} */ (workflow), /** @type {any} */ (token)));
    assert.equal(new Set(caches).size, caches.length);
  });

  test('keep their cache when the page sets a new function, as React does on every render', () => {
    const [first, second] = [newToken(), newToken()];
    const cache = SecretCache.for(null, first);
    cache.replaceToken(second);
    assert.equal(SecretCache.for(null, second), cache);
    assert.notEqual(SecretCache.for(null, first), cache, 'another element with the old function may have another user');
  });

  test('get a new cache after reload(), also if the page then sets a new function', () => {
    const [first, second] = [newToken(), newToken()];
    const cache = SecretCache.for(null, first);
    cache.evict();
    cache.replaceToken(second);
    assert.notEqual(SecretCache.for(null, first), cache);
    assert.notEqual(SecretCache.for(null, second), cache);
  });
});

test('a cache is freed with its getToken, so that a page with a function per render does not fill the memory', async () => {
  const caches = Array.from({ length: 20 }, () => {
    const cache = SecretCache.for(null, newToken());
    cache.replaceToken(newToken());
    return new WeakRef(cache);
  });
  const left = () => caches.filter((cache) => cache.deref()).length;
  await until(() => (collectGarbage(), left() === 0), () => `${left()} of ${caches.length} caches are freed`);
});
