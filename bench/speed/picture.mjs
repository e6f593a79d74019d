// Draws docs/bench.svg: bars with their spread, in the reader's light or dark colour scheme.

const WIDTH = 760;
const NAMES = 140;
const BAR = 16;
const GAP = 6;
const HEAD = 34;
const BARS = WIDTH - NAMES - 150;

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.note { fill: #59636e }
.ours { fill: #0b6e4f }
.other { fill: #9aa4ae }
.spread { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .note { fill: #9198a1 }
  .ours { fill: #3fb98b }
  .other { fill: #656c76 }
  .spread { stroke: #f0f6fc }
}`;

const PANELS = [
  { title: 'CPU time of a session, µs', pick: (result) => result.cpu['session/64'] },
  { title: 'CPU time of a message event, µs', pick: (result) => result.cpu['message/64'] },
  { title: 'CPU time of a health check, µs', pick: (result) => result.cpu['health/64'] },
  { title: 'Peak memory, MB', pick: ({ memory }) => ({ median: memory, least: memory, most: memory }) },
];

const rounded = (/** @type {number} */ value) => Math.round(value).toLocaleString('en-US');

/** @param {{ title: string, pick: (result: any) => import('./figures.mjs').Figure | undefined }} panel */
function drawPanel({ title, pick }, /** @type {any[]} */ results, /** @type {number} */ top) {
  const bars = results.flatMap((result) => {
    const measured = pick(result);
    return measured ? [{ name: result.name, ...measured }] : [];
  });
  const scale = BARS / Math.max(...bars.map(({ most }) => most));
  const parts = [`<text class="title" x="0" y="${top + 18}">${title}</text>`];
  bars.forEach(({ name, median, least, most }, i) => {
    const y = top + HEAD + i * (BAR + GAP);
    const middle = y + BAR / 2;
    const x = (/** @type {number} */ value) => (NAMES + value * scale).toFixed(1);
    parts.push(`<text x="${NAMES - 10}" y="${y + 13}" text-anchor="end">${name}</text>`);
    const width = (median * scale).toFixed(1);
    parts.push(`<rect class="${i ? 'other' : 'ours'}" x="${NAMES}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`);
    if (most > least) parts.push(`<path class="spread" d="M${x(least)} ${middle}H${x(most)}"/>`);
    parts.push(`<text class="note" x="${(NAMES + most * scale + 8).toFixed(1)}" y="${y + 13}">${rounded(median)}</text>`);
  });
  return { svg: parts.join('\n'), bottom: top + HEAD + bars.length * (BAR + GAP) + 14 };
}

/** @param {any[]} results as in speed.json, ours first @returns {string} */
export function draw(results) {
  let top = 0;
  const panels = PANELS.map((panel) => {
    const { svg, bottom } = drawPanel(panel, results, top);
    top = bottom;
    return svg;
  });
  const words = 'Bars: the median of the rounds, over 64 connections. Lines: the minimum and the maximum.';
  const caption = `<text class="note" x="0" y="${top + 10}">${words}</text>`;
  const said = PANELS.map(({ title, pick }) => {
    const measured = results.filter((result) => pick(result));
    return `${title}: ${measured.map((result) => `${result.name} ${rounded(pick(result)?.median ?? NaN)}`).join(', ')}.`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + 18}" role="img" aria-labelledby="title desc">
<title id="title">What a request costs</title>
<desc id="desc">${said.join(' ')}</desc>
<style>${STYLE}
</style>
${panels.join('\n')}
${caption}
</svg>
`;
}
