// Line icons on a 20 by 20 grid, by the names in the widget's options. Other names get a similar icon.

const PATHS = {
  send: 'M10 16V4.6M4.8 9.6 10 4.4l5.2 5.2',
  stop: 'M5.5 5.5h9v9h-9z',
  positive: 'M7 9v7H4V9zM7 9.4 9.8 3.6a1.6 1.6 0 0 1 1.7 1.6V8h4a1.5 1.5 0 0 1 1.5 1.8l-.9 5a1.5 1.5 0 0 1-1.5 1.2H7',
  negative: 'M7 11V4H4v7zM7 10.6l2.8 5.8a1.6 1.6 0 0 0 1.7-1.6V12h4a1.5 1.5 0 0 0 1.5-1.8l-.9-5A1.5 1.5 0 0 0 14.6 4H7',
  reload: 'M15.6 6.8A6.5 6.5 0 1 0 16.5 10M16 3.5v3.6h-3.6',
  trash: 'M4 5.5h12M8 5.5V4h4v1.5M5.5 5.5l.8 11h7.4l.8-11',
  history: 'M4 6.2A7 7 0 1 1 3.2 11M3.4 3.2v3.6H7M10 6.4v3.9l2.6 1.6',
  compose: 'M9.4 4H5.2A1.7 1.7 0 0 0 3.5 5.7v9.1a1.7 1.7 0 0 0 1.7 1.7h9.1a1.7 1.7 0 0 0 1.7-1.7v-4.2M8 12l.5-2.3 6.6-6.6a1.3 1.3 0 0 1 1.8 1.8l-6.6 6.6z',
  close: 'M5 5l10 10M15 5 5 15',
  sparkle: 'M10 3l1.7 5.3L17 10l-5.3 1.7L10 17l-1.7-5.3L3 10l5.3-1.7z',
  question: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M8 8.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.4M10 13.8v.1',
  bulb: 'M7.6 13.4a5 5 0 1 1 4.8 0V15H7.6zM8.4 17.2h3.2',
  bolt: 'M11.2 2.8 4.6 11.4H10l-1.2 5.8 6.6-8.6H10z',
  book: 'M10 5.3C8.2 4.1 6 3.8 3.4 4v11.2c2.6-.2 4.8 0 6.6 1.2 1.8-1.2 4-1.4 6.6-1.2V4c-2.6-.2-4.8.1-6.6 1.3zM10 5.3v11.1',
  key: 'M8.8 11.2a3.4 3.4 0 1 1-2.4-2.4 3.4 3.4 0 0 1 2.4 2.4M8.2 9.2l6.6-6M12.2 5.6l2.2 2.2',
  globe: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M3 10h14M10 3c5 5 5 9 0 14M10 3c-5 5-5 9 0 14',
  clock: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M10 6.2V10l2.6 1.7',
  info: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M10 9.4v4M10 6.6v.1',
  bug: 'M6.5 8.5a3.5 3.5 0 0 1 7 0v4a3.5 3.5 0 0 1-7 0zM6.5 10.5H3.2M16.8 10.5h-3.3M7.6 6 5.8 4M12.4 6l1.8-2M6.6 13.4 4 15.4M13.4 13.4l2.6 2',
  code: 'M7 6 3 10l4 4M13 6l4 4-4 4',
  home: 'M3.4 9.4 10 3.6l6.6 5.8M5 8.2v8h10v-8',
  menu: 'M3.5 6h13M3.5 10h13M3.5 14h13',
  back: 'M12.4 4 6.4 10l6 6',
  moon: 'M16 12.2A6.6 6.6 0 0 1 7.8 4a6.6 6.6 0 1 0 8.2 8.2z',
  sun: 'M10 6.6a3.4 3.4 0 1 1 0 6.8 3.4 3.4 0 0 1 0-6.8M10 2.6v1M10 16.4v1M2.6 10h1M16.4 10h1M4.8 4.8l.7.7M14.5 14.5l.7.7M4.8 15.2l.7-.7M14.5 5.5l.7-.7',
  dots: 'M5 10h.1M10 10h.1M15 10h.1',
};

/** @typedef {keyof typeof PATHS} IconName */

/** @type {[RegExp, IconName][]} */
const ALIASES = [
  [/question|lifesaver/, 'question'],
  [/light-?bulb/, 'bulb'],
  [/bolt|zap/, 'bolt'],
  [/book|document|page|notebook|square-text/, 'book'],
  [/key/, 'key'],
  [/globe|compass|map/, 'globe'],
  [/clock|calendar|reload/, 'clock'],
  [/info/, 'info'],
  [/bug/, 'bug'],
  [/code|desktop/, 'code'],
  [/history/, 'history'],
  [/compose|write|pencil/, 'compose'],
  [/close/, 'close'],
  [/home/, 'home'],
  [/back|collapse|chevron-left/, 'back'],
  [/dark/, 'moon'],
  [/light/, 'sun'],
  [/menu|hamburger|sidebar/, 'menu'],
  [/dots|settings|grid/, 'dots'],
];

/** @param {string} [name] @returns {SVGSVGElement} */
export function icon(name = 'sparkle') {
  const requested = String(name);
  const alias = ALIASES.find(([pattern]) => pattern.test(requested))?.[1];
  const iconName = Object.hasOwn(PATHS, requested) ? /** @type {IconName} */ (requested) : (alias ?? 'sparkle');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', PATHS[iconName]);
  svg.append(path);
  return svg;
}
