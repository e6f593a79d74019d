/** Marker shapes and dashes that distinguish the lines of a plot without color, for the canvas and the legend. */

/** Outlines around 0,0 with a radius of about 1, as SVG path data, which Path2D accepts too. */
const OUTLINES = {
  circle: 'M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z',
  square: 'M-.9-.9H.9V.9H-.9Z',
  triangle: 'M0-1.2L1.15.85H-1.15Z',
  diamond: 'M0-1.3L1.2 0L0 1.3L-1.2 0Z',
};

/** @typedef {keyof typeof OUTLINES} Shape */

/**
 * One path with the shape at each of the points.
 * @param {Shape} shape
 * @param {[x: number, y: number][]} points
 * @param {number} radius
 */
export function markersPath(shape, points, radius) {
  const outline = new Path2D(OUTLINES[shape]);
  const path = new Path2D();
  for (const [x, y] of points) path.addPath(outline, new DOMMatrix([radius, 0, 0, radius, x, y]));
  return path;
}

/**
 * Offsets that put markers at nearly the same height side by side, around the middle, in the order of the lines.
 * @param {(number | null)[]} heights one per line; null without a marker
 * @param {number} near markers that are closer than this hide each other
 * @returns {number[]} in markers, such as -0.5 and 0.5 for two
 */
export function spread(heights, near) {
  const sorted = heights.flatMap((y, line) => (y === null ? [] : [{ y, line }])).sort((a, b) => a.y - b.y);
  /** @type {(typeof sorted)[]} */
  const groups = [];
  for (const marker of sorted) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group && last && marker.y - last.y < near) group.push(marker);
    else groups.push([marker]);
  }
  const offsets = heights.map(() => 0);
  for (const group of groups) {
    const lines = group.map(({ line }) => line).sort((a, b) => a - b);
    for (const [i, line] of lines.entries()) offsets[line] = i - (lines.length - 1) / 2;
  }
  return offsets;
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * A short piece of the line for the legend, in the text color.
 * @param {Shape} shape
 * @param {number[]} dash
 */
export function createSample(shape, dash) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 32 12');
  svg.setAttribute('class', 'sample');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', 'M0 6H32');
  line.setAttribute('stroke', 'currentColor');
  line.setAttribute('stroke-width', '2');
  line.setAttribute('stroke-dasharray', dash.join(' '));
  const marker = document.createElementNS(SVG, 'path');
  marker.setAttribute('d', OUTLINES[shape]);
  marker.setAttribute('transform', 'translate(16 6) scale(4.2)');
  marker.setAttribute('fill', 'currentColor');
  svg.append(line, marker);
  return svg;
}
