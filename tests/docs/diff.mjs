// Applies a diff as docs/ prints it to a text, which must contain the lines that the diff changes exactly once.

/**
 * @param {string} text
 * @param {string} diff lines that begin with " ", "-" or "+"
 */
export function applyDiff(text, diff) {
  const lines = diff.trimEnd().split('\n');
  const without = (/** @type {string} */ mark) =>
    lines.filter((line) => line[0] !== mark).map((line) => line.slice(1)).join('\n');
  const [before, after] = [without('+'), without('-')];
  const parts = text.split(before);
  if (parts.length !== 2) throw new Error(`The text must contain these lines once, not ${parts.length - 1} times:\n${before}`);
  return parts.join(after);
}
