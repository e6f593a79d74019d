// What the statements of a user's object read, by the plans of SQLite: a long thread costs no more than a short one, because every
// statement about a thread's entries goes by an index to the rows that it needs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { inRoot } from '../../scripts/setup/paths.mjs';

const source = readFileSync(inRoot('src', 'chats', 'thread_tables.rs'), 'utf8');
/** A text constant of the source. @param {string} name */
const constant = (name) => new RegExp(`const ${name}: &str = "([^"]+)"`).exec(source)?.[1] ?? '';
const AFTER = {
  threads: 'WHERE seq < (SELECT seq FROM threads WHERE id = ?2)',
  entries: 'AND seq < (SELECT seq FROM entries WHERE thread = ?1 AND id = ?3)',
};

/** Every statement about threads and entries, as the Worker sends it; a page's also with the place that it begins after. */
function statements() {
  const texts = [...source.matchAll(/"((?:SELECT|INSERT|DELETE|UPDATE) [^"]+)"/g)].map(([, text]) => /** @type {string} */ (text).replace(/\\\n\s*/g, ''));
  return texts.flatMap((text) => {
    const filled = text.replace('{VISIBLE}', constant('VISIBLE')).replace('{NEXT_PLACE}', constant('NEXT_PLACE')).replace('{order}', 'DESC');
    if (!filled.includes('{after}')) return [filled];
    const after = filled.includes('FROM threads') ? AFTER.threads : AFTER.entries;
    return [filled.replace('{after}', ''), filled.replace('{after}', after)];
  });
}

const database = new DatabaseSync(':memory:');
database.exec(constant('TABLES'));
/** @param {string} statement */
const planOf = (statement) => database.prepare(`EXPLAIN QUERY PLAN ${statement}`).all().map(({ detail }) => String(detail));

test('no statement about entries reads a whole table, or sorts', () => {
  const found = statements().filter((statement) => /\bentries\b/.test(statement));
  assert.ok(found.length >= 11, `${found.length} statements`);
  for (const statement of found) {
    assert.ok(!/[{}]/.test(statement), statement);
    for (const step of planOf(statement)) assert.doesNotMatch(step, /^SCAN (entries|threads)\b|TEMP B-TREE/, statement);
  }
});

test('a page of entries is read in the order of the table, from the place where it begins', () => {
  const pages = statements().filter((statement) => /FROM entries .* LIMIT/.test(statement));
  assert.ok(pages.length >= 3, `${pages.length} statements`);
  for (const statement of pages) assert.match(/** @type {string} */ (planOf(statement)[0]), /^SEARCH entries USING PRIMARY KEY \(thread=\?/, statement);
});

test('one entry is found by its id, without the others of its thread', () => {
  const single = statements().filter((statement) => /FROM entries WHERE thread = \?1 AND id = \?2$/.test(statement));
  assert.ok(single.length >= 3, `${single.length} statements`);
  for (const statement of single) assert.match(/** @type {string} */ (planOf(statement)[0]), /entries_by_id \(thread=\? AND id=\?\)$/, statement);
});
