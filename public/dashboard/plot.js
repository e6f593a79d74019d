/** A line chart over days, drawn by uPlot in the page's colors. The x axis is the day's index, so time zones do not matter. */

import uPlot from '/vendor/uplot.js';
import { markersPath, spread } from './markers.js';
import { formatShort, formatShortDate } from './words.js';

import { COST } from './days.js';

/** @import { CounterName, Day } from './days.js' */
/** @import { Shape } from './markers.js' */

/**
 * @typedef {object} Line
 * @property {CounterName} counter
 * @property {string} name
 * @property {Shape} shape
 * @property {number[]} dash
 * @property {Element} sample its text color is the line's color
 */

const line = /** @type {uPlot.Series.LinearPathBuilderFactory} */ (uPlot.paths.linear)();
const HEIGHT = 220;
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
/** Minimum width per date label on the x axis, in pixels. */
const DATE_WIDTH = 64;
/** The markers of a day whose values are equal stand side by side, up to four, at this distance. */
const MARKER_RADIUS = 4;
const MARKER_GAP = 9;
/** Minimum width per day with markers. */
const MARKER_WIDTH = 4 * MARKER_GAP;

export class Plot {
  /** @type {Day[]} */
  #days = [];
  #host;
  #lines;
  #plot;
  #resizeObserver;

  /**
   * @param {HTMLElement} host its text color is used for the axes, its border color for the grid
   * @param {Line[]} lines
   * @param {(index: number | null) => void} onHover called with the day under the pointer; null when it leaves
   */
  constructor(host, lines, onHover) {
    this.#host = host;
    this.#lines = lines;
    this.#plot = new uPlot(this.#options(onHover), [[], ...lines.map(() => [])], host);
    this.#resizeObserver = new ResizeObserver(() => {
      if (host.clientWidth) this.#plot.setSize({ width: host.clientWidth, height: HEIGHT });
    });
    this.#resizeObserver.observe(host);
    this.#plot.over.addEventListener('mouseleave', () => onHover(null));
  }

  /**
   * Nothing is drawn before the first event: zeros of days when there was no site would hide each other.
   * @param {Day[]} days oldest first
   * @param {string | undefined} first the date of the first event
   */
  show(days, first) {
    this.#days = days;
    const isRecorded = (/** @type {Day} */ { date }) => first !== undefined && date >= first;
    const series = this.#lines.map(({ counter }) => days.map((day) => (isRecorded(day) ? day[counter] : null)));
    this.#plot.setData([days.map((_, i) => i), ...series]);
  }

  /** Moves the cursor line to a day, or hides it. @param {number | null} index */
  setCursor(index) {
    this.#plot.setCursor(index === null ? { left: -10, top: -10 } : { left: this.#plot.valToPos(index, 'x'), top: 0 }, false);
  }

  repaint() {
    this.#plot.redraw(false, false);
  }

  destroy() {
    this.#resizeObserver.disconnect();
    this.#plot.destroy();
  }

  /**
   * @param {(index: number) => void} onHover
   * @returns {uPlot.Options}
   */
  #options(onHover) {
    const style = getComputedStyle(this.#host);
    const text = () => style.color;
    // All lines of a plot have the same unit.
    const [{ counter }] = this.#lines;
    const grid = { stroke: () => style.borderTopColor, width: 1 };
    return {
      width: this.#host.clientWidth || 320,
      height: HEIGHT,
      padding: [8, 22, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 9 } },
      select: { show: false, left: 0, top: 0, width: 0, height: 0 },
      scales: {
        x: { time: false, range: () => [-0.5, Math.max(this.#days.length, 1) - 0.5] },
        // Start at zero, with a maximum of at least 4 events or 4 cents, so that a single event does not fill the plot.
        y: { range: (_, __, max) => [0, Math.max(counter === COST ? 40_000 : 4, (max ?? 0) * 1.08)] },
      },
      axes: [
        {
          font: FONT,
          stroke: text,
          grid: { show: false },
          ticks: { ...grid, size: 4 },
          size: 32,
          splits: (plot) => everyNth(this.#days.length, (plot.bbox.width / uPlot.pxRatio) / DATE_WIDTH),
          values: (_, indexes) => indexes.map((index) => formatShortDate(this.#days[index].date)),
        },
        {
          font: FONT,
          stroke: text,
          grid,
          ticks: { show: false },
          size: (_, values) => 16 + 7.5 * Math.max(1, ...(values ?? []).map(({ length }) => length)),
          incrs: [1, 2, 5]
            .flatMap((digit) => Array.from({ length: 12 }, (_, power) => digit * 10 ** power))
            .sort((a, b) => a - b),
          values: (_, counts) => counts.map((count) => formatShort(counter, count)),
        },
      ],
      series: [{}, ...this.#lines.map((line) => toSeries(line))],
      hooks: {
        setCursor: [
          ({ cursor }) => {
            if (typeof cursor.idx === 'number') onHover(cursor.idx);
          },
        ],
      },
    };
  }
}

/**
 * @param {Line} line
 * @returns {uPlot.Series}
 */
function toSeries({ name, shape, dash, sample }) {
  const style = getComputedStyle(sample);
  const color = () => style.color;
  return {
    label: name,
    stroke: color,
    width: 2,
    dash,
    // Today is incomplete: draw its point without a line, so that no line seems to fall.
    paths: (plot, index, from, to) => line(plot, index, from, Math.min(to, plot.data[0].length - 2)),
    points: {
      show: true,
      stroke: color,
      fill: color,
      width: 0,
      filter: (plot) => everyNth(plot.data[0].length, (plot.bbox.width / uPlot.pxRatio) / MARKER_WIDTH),
      paths: (plot, index, _, __, days) => ({
        fill: markersPath(shape, (days ?? []).flatMap((day) => markerAt(plot, index, day)), MARKER_RADIUS * uPlot.pxRatio),
        stroke: null,
        flags: 0,
      }),
    },
  };
}

/**
 * Where the marker of a day is, in pixels of the canvas: beside those of other lines that it would hide or be hidden by.
 * @param {uPlot} plot
 * @param {number} index of the series
 * @param {number} day
 * @returns {[x: number, y: number][]} empty for a day without a value
 */
function markerAt(plot, index, day) {
  const positions = plot.data.slice(1).map((values) => {
    const value = values[day];
    return typeof value === 'number' ? plot.valToPos(value, 'y', true) : null;
  });
  const y = positions[index - 1];
  if (y === null) return [];
  const offset = spread(positions, MARKER_RADIUS * uPlot.pxRatio)[index - 1];
  return [[plot.valToPos(day, 'x', true) + offset * MARKER_GAP * uPlot.pxRatio, y]];
}

/**
 * Indexes below `count` at equal steps, at most `max` of them, including the last.
 * @param {number} count
 * @param {number} max
 */
function everyNth(count, max) {
  const step = Math.max(1, Math.ceil(count / Math.max(1, max)));
  const indexes = [];
  for (let index = count - 1; index >= 0; index -= step) indexes.unshift(index);
  return indexes;
}
