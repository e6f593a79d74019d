// A change as docs/ prints it, made to a text: what is not there before cannot be changed.

/**
 * @param {string} text
 * @param {string} diff lines that begin with " ", "-" or "+"
 */
export function applied(text, diff) {
  const lines = diff.trimEnd().split('\n');
  const kept = (/** @type {string} */ gone) => lines.filter((line) => line[0] !== gone).map((line) => line.slice(1));
  const [before, after] = [kept('+').join('\n'), kept('-').join('\n')];
  const parts = text.split(before);
  if (parts.length !== 2) throw new Error(`These lines are there ${parts.length - 1} times, and not once:\n${before}`);
  return parts.join(after);
}
