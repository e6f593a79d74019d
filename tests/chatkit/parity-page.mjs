// Reads docs/parity.md: the types it lists, the tests it names, and how the Worker differs from chatkit-python.
import { readPage } from '../docs/page.mjs';

const page = readPage('parity.md');

const spans = (/** @type {string} */ cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);

/** The first column of a section, without the marks of code. @param {string} heading */
export const listed = (heading) => page.firstColumn(heading).map((cell) => cell.replaceAll('`', ''));

/** The rows of a section: what they are of, and the last cell. @param {string} heading */
export const lastCells = (heading) => page.rows(heading).map((row) => ({ of: row[0], cell: row[row.length - 1] }));

/** The files and the tests in them that a cell names: `FILE` "TITLE". @param {string} cell */
export const testsIn = (cell) =>
  [...cell.matchAll(/`([\w.-]+\.(?:m?js|rs|json))`(?: "([^"]+)")?/g)].map(([, file, title]) => ({ file, title }));

/** How the Worker differs, and the recordings that show it. */
export const differences = () =>
  page.rows('What differs').map(([name, , , shown]) => ({
    name,
    recordings: spans(shown).filter((file) => file.endsWith('.json')).map((file) => file.replace('.json', '')),
  }));

/** The files that the pages name as places in the code. @param {string} heading */
export const places = (heading) => page.rows(heading).flatMap(([, place]) => spans(place)).filter((text) => text.endsWith('.rs'));
