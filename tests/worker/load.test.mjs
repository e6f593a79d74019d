// 500 concurrent clients, with an OpenAI that is slow and fails, and clients that leave: each gets its own answer, and nothing
// stays in memory. `npm run bench -- load` is the same for 20 seconds.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { measureLoad } from '../support/load.mjs';

describe('under the load of 500 concurrent clients', () => {
  /** @type {Awaited<ReturnType<typeof measureLoad>>} */
  let load;
  before(async () => {
    load = await measureLoad({ clients: 500, seconds: 5 });
  });

  test('no answer is wrong, of another visitor, or missing', () => {
    assert.deepEqual(load.wrong, {});
    for (const [name, least] of /** @type {const} */ ([['answered', 400], ['failed', 4], ['left', 10]])) {
      assert.ok(load[name] >= least, `${name}: ${load[name]}`);
    }
  });

  test('every session that OpenAI created was answered, or cancelled because its client left', () => {
    const { ofOthers, open, cancelled } = load.unanswered;
    assert.deepEqual({ ofOthers, open }, { ofOthers: 0, open: 0 });
    assert.ok(cancelled >= 10, `${cancelled} cancelled`);
  });

  // After a warm-up the heap grows by 0.1 MB at most, WebAssembly by 0.1 MB and the process by 14 MB, which are mostly SQLite's
  // caches. A leak of 1 KB in each request would exceed the first two bounds, 64 KB of the runtime's own memory the last.
  test('memory is back where it was once the clients are gone', () => {
    const grown = (/** @type {'heap' | 'wasm' | 'rss'} */ name) => load.after[name] - load.before[name];
    for (const [name, most] of /** @type {const} */ ([['heap', 0.4], ['wasm', 0.4], ['rss', 30]])) {
      assert.ok(grown(name) < most, `${name} grew by ${grown(name).toFixed(2)} MB, to ${load.after[name].toFixed(1)} MB`);
    }
  });
});
