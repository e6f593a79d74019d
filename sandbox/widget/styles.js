// Styles of the stand-in widget. As with the real one, the content is positioned absolutely in a host of 100 % height: in a page
// that gives it no height, the chat is 0 pixels high. All colors have a contrast of at least 4.5 in both schemes.
import { ITEM_CSS } from './item-styles.js';

/** @import { ColorScheme, ThemeOption } from '@openai/chatkit' */

const CSS = `
:host { display: block; position: relative; width: 100%; height: 100%; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
.root {
  --bg: #ffffff; --fg: #0d0d0d; --muted: #5d5d5d; --line: #e3e3e3; --soft: #f3f3f3; --softer: #f9f9f9;
  --accent: #0d0d0d; --on-accent: #ffffff; --focus: #1a56db; --bad-bg: #fdeeec; --bad-fg: #8c1d13; --warn-bg: #fdf3dc; --warn-fg: #6b4700;
  --shadow: 0 1px 2px rgb(0 0 0 / 4%), 0 6px 18px rgb(0 0 0 / 6%);
  position: absolute; inset: 0; display: flex; flex-direction: column; overflow: hidden;
  background: var(--bg); color: var(--fg); color-scheme: light;
  font: 400 var(--size, 16px)/1.55 var(--font, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif);
}
.root[data-scheme="dark"] {
  --bg: #1f1f1f; --fg: #f2f2f2; --muted: #b6b6b6; --line: #3b3b3b; --soft: #303030; --softer: #282828;
  --accent: #f2f2f2; --on-accent: #141414; --focus: #8ab4ff; --bad-bg: #43211e; --bad-fg: #ffc4bb; --warn-bg: #41331a; --warn-fg: #f6d99a;
  --shadow: 0 1px 2px rgb(0 0 0 / 30%), 0 6px 18px rgb(0 0 0 / 25%);
  color-scheme: dark;
}
button, textarea, select { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; flex: none; }
[hidden] { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.header { display: flex; align-items: center; gap: 4px; min-height: 56px; padding: 8px 12px; flex: none; }
.title { flex: 1; min-width: 0; padding: 0 8px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tool { display: grid; place-items: center; width: 40px; height: 40px; padding: 0; border: 0; border-radius: var(--round-small, 12px); background: none; color: var(--muted); transition: background .15s, color .15s; }
.tool:hover { background: var(--soft); color: var(--fg); }

.main { position: relative; display: flex; flex: 1; flex-direction: column; min-height: 0; overflow-y: auto; scrollbar-width: thin; }
.log { flex: 1; min-height: 120px; overflow-y: auto; padding: 12px 20px 20px; scrollbar-width: thin; }
.log:focus-visible { outline-offset: -3px; }
.message { display: flex; animation: rise .22s ease-out; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 0; }
.message.user { justify-content: flex-end; }
.message.user .text { max-width: 82%; padding: 9px 16px; border-radius: var(--round, 22px); background: var(--soft); }
.message.assistant.waiting .text::after { content: ""; display: inline-block; width: 10px; height: 10px; margin-left: 3px; border-radius: 50%; background: currentColor; animation: pulse 1.1s ease-in-out infinite; }

.start { flex: 1 0 auto; display: flex; flex-direction: column; justify-content: center; padding: 16px 24px; }
.greeting { max-width: 720px; width: 100%; margin: 0 auto; text-align: center; font-size: 1.6em; line-height: 1.25; font-weight: 600; letter-spacing: -.012em; text-wrap: balance; overflow-wrap: anywhere; }
.prompts { max-width: 720px; width: 100%; margin: 0 auto 12px; padding: 0; list-style: none; }
.prompts li + li { border-top: 1px solid var(--line); }
.prompt { display: flex; align-items: center; gap: 12px; width: 100%; min-height: 46px; padding: 9px 10px; border: 0; border-radius: var(--round-small, 12px); background: none; text-align: start; transition: background .15s; }
.prompt svg { color: var(--muted); }
.prompt:hover { background: var(--soft); }

.footer { flex: none; padding: 0 16px 12px; }
.notice { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; max-width: 720px; margin: 0 auto 10px; padding: 10px 14px; border-radius: var(--round-small, 12px); background: var(--bad-bg); color: var(--bad-fg); font-size: .92em; line-height: 1.4; }
.notice p { flex: 1 1 210px; margin: 0; overflow-wrap: anywhere; max-height: 9em; overflow-y: auto; }
.notice strong { display: block; font-weight: 600; }
.retry { flex: none; padding: 6px 14px; border: 1px solid currentColor; border-radius: 999px; background: none; }
.composer { display: flex; align-items: flex-end; gap: 8px; max-width: 720px; margin: 0 auto; padding: 7px 7px 7px 18px; border: 1px solid var(--line); border-radius: var(--round-large, 28px); background: var(--softer); box-shadow: var(--shadow); transition: border-color .15s; }
.composer:focus-within { border-color: var(--muted); }
.composer textarea { flex: 1; min-width: 0; max-height: 180px; padding: 7px 0; border: 0; outline: 0; background: none; resize: none; line-height: 1.5; field-sizing: content; }
.composer:has(textarea:focus-visible) { outline: 2px solid var(--focus); outline-offset: 1px; }
.composer textarea::placeholder { color: var(--muted); opacity: 1; }
.send { display: grid; place-items: center; flex: none; width: 40px; height: 40px; padding: 0; border: 0; border-radius: var(--round-send, 50%); background: var(--accent); color: var(--on-accent); transition: background .15s, color .15s; }
.send svg { stroke-width: 2; }
.send[aria-disabled="true"] { background: var(--line); color: var(--muted); cursor: default; }
.disclaimer, .sandbox { max-width: 720px; margin: 10px auto 0; text-align: center; font-size: .8em; line-height: 1.4; color: var(--muted); }
.disclaimer.strong { color: var(--fg); }
.disclaimer + .sandbox { margin-top: 4px; }
.disclaimer a { color: inherit; }

.history { position: absolute; inset: 0; z-index: 1; display: flex; flex-direction: column; background: var(--bg); animation: rise .18s ease-out; }
.history .list { flex: 1; min-height: 0; width: 100%; max-width: 760px; margin: 0 auto; padding: 4px 16px 16px; overflow-y: auto; list-style: none; }
.thread { display: flex; align-items: baseline; gap: 16px; width: 100%; min-height: 46px; padding: 11px 14px; border: 0; border-radius: var(--round-small, 12px); background: none; text-align: start; transition: background .15s; }
.thread:hover, .thread[aria-current] { background: var(--soft); }
.thread .name { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.thread time { flex: none; font-size: .82em; color: var(--muted); }
.empty { padding: 12px 14px; color: var(--muted); }

.root[data-density="compact"] .message { margin-bottom: 12px; }
.root[data-density="spacious"] .message { margin-bottom: 28px; }
@keyframes rise { from { opacity: 0; transform: translateY(6px); } }
@keyframes pulse { 50% { opacity: .35; transform: scale(.8); } }
@media (prefers-reduced-motion: reduce) { *, *::after { animation: none !important; transition: none !important; } }
`;

/**
 * The default radius, `pill`, is in the style sheet.
 * @type {Partial<Record<NonNullable<ThemeOption['radius']>, Record<string, string>>>}
 */
const RADII = {
  round: { '--round': '16px', '--round-small': '10px', '--round-large': '18px' },
  soft: { '--round': '9px', '--round-small': '7px', '--round-large': '11px', '--round-send': '8px' },
  sharp: { '--round': '2px', '--round-small': '2px', '--round-large': '2px', '--round-send': '2px' },
};

/** A constructed sheet, because a Content-Security-Policy could block a style element. */
export function styleSheet() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS + ITEM_CSS);
  return sheet;
}

/**
 * Applies the page's theme to the root. Missing values are reset to their defaults.
 * @param {HTMLElement} root
 * @param {ColorScheme | ThemeOption} [theme]
 */
export function applyTheme(root, theme) {
  /** @type {ThemeOption} */
  const { colorScheme, typography, radius, density, color } = typeof theme === 'string' ? { colorScheme: theme } : (theme ?? {});
  root.dataset.scheme = colorScheme === 'dark' ? 'dark' : 'light';
  root.dataset.density = density ?? 'normal';
  const accent = color?.accent?.primary;
  const values = {
    ...(radius && RADII[radius]),
    '--accent': accent,
    '--on-accent': accent && textOn(accent),
    '--bg': color?.surface?.background,
    '--fg': color?.surface?.foreground,
    '--size': typography?.baseSize && `${typography.baseSize}px`,
    '--font': typography?.fontFamily,
  };
  root.removeAttribute('style');
  for (const [name, value] of Object.entries(values)) if (value) root.style.setProperty(name, String(value));
}

/**
 * Black or white, whichever has more contrast on a #rrggbb color; white for other color formats.
 * @param {string} color
 */
function textOn(color) {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (!hex) return '#ffffff';
  const [red, green, blue] = hex.slice(1).map((part) => {
    const value = parseInt(part, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff';
}
