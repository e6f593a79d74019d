/** The element's styles. Pages change them with custom properties and ::part(); docs/embed.md lists both. */

const CSS = `
:host {
  display: block;
  position: relative;
  box-sizing: border-box;
  height: min(40rem, 100dvh);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  text-align: start;
}
:host([hidden]) { display: none; }
:host([launcher]) { display: contents; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }

.root {
  --card: var(--chatkit-edge-background, light-dark(#fff, #1f1f1f));
  --text: var(--chatkit-edge-text, light-dark(#1a2230, #f1f1f1));
  --muted: light-dark(#566072, #b8b8b8);
  --line: light-dark(#dde1e7, #3a3a3a);
  --bad: light-dark(#a3231a, #ffb3a8);
  --accent: var(--chatkit-edge-accent, light-dark(#1f5fae, #8ab8f5));
  --on-accent: var(--chatkit-edge-on-accent, light-dark(#fff, #0c1f38));
  color: var(--text);
  color-scheme: light;
}
.root.dark { color-scheme: dark; }
.root { height: 100%; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
h2, p, dl, dd { margin: 0; }
button { font: inherit; cursor: pointer; }

.panel {
  position: relative;
  display: flex;
  flex-direction: column;
  height: var(--height, 100%);
  overflow: hidden;
  border-radius: var(--chatkit-edge-radius, 1rem);
  background: var(--card);
}
.frame { flex: 1; min-height: 0; position: relative; }
.frame > openai-chatkit { display: block; width: 100%; height: 100%; }
.frame.waiting > openai-chatkit { visibility: hidden; }
.status {
  position: absolute;
  inset: 0;
  display: grid;
  place-items: center;
  align-content: center;
  gap: 0.75rem;
  margin: 0;
  color: var(--muted);
  pointer-events: none;
}
.status:empty { display: none; }
.status::before {
  content: "";
  width: 1.5rem;
  height: 1.5rem;
  border: 2px solid var(--line);
  border-top-color: var(--accent);
  border-radius: 50%;
  animation: spin 0.9s linear infinite;
}
@keyframes spin { to { rotate: 1turn; } }

.alert:empty { display: none; }
.alert { overflow: auto; padding: 1rem 1.25rem; border-bottom: 1px solid var(--line); max-height: 45%; }
.panel.empty .alert { display: grid; flex: 1; align-items: safe center; max-height: none; border: 0; padding: 1.5rem; }
.panel.empty .frame { position: absolute; inset: 0; visibility: hidden; }
.problem { display: grid; gap: 0.6rem; justify-items: start; max-width: 34rem; margin: 0 auto; overflow-wrap: anywhere; }
.problem h2 { color: var(--bad); font-size: 1.15rem; line-height: 1.35; }
.problem code { font: 0.875em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.problem dl { display: flex; flex-wrap: wrap; gap: 0.2rem 1.5rem; font-size: 0.9rem; }
.problem dl div { display: flex; gap: 0.4rem; }
.problem dt, .auto-retry { color: var(--muted); }
.problem details > * + * { margin-top: 0.5rem; }
.problem summary { cursor: pointer; color: var(--muted); }
.retry {
  padding: 0.5rem 1.1rem;
  border: 0;
  border-radius: 0.5rem;
  background: var(--accent);
  color: var(--on-accent);
  font-weight: 600;
}
.retry[aria-disabled="true"] { opacity: 0.75; cursor: default; }

.launch {
  position: fixed;
  z-index: var(--chatkit-edge-z-index, 2147483000);
  right: var(--chatkit-edge-right, 1.25rem);
  bottom: var(--chatkit-edge-bottom, 1.25rem);
  display: inline-flex;
  align-items: center;
  gap: 0.55rem;
  min-width: 3.5rem;
  min-height: 3.5rem;
  padding: 0 1rem;
  justify-content: center;
  border: 0;
  border-radius: 1.75rem;
  background: var(--accent);
  color: var(--on-accent);
  font-weight: 600;
  box-shadow: 0 4px 16px rgb(0 0 0 / 25%);
}
.launch:hover { background: color-mix(in srgb, var(--accent), var(--text) 15%); }
.launch svg {
  width: 1.5rem;
  height: 1.5rem;
  fill: none;
  stroke: currentColor;
  stroke-width: 2;
  stroke-linecap: round;
  stroke-linejoin: round;
}
.floating .panel {
  position: fixed;
  z-index: var(--chatkit-edge-z-index, 2147483000);
  right: var(--chatkit-edge-right, 1.25rem);
  bottom: calc(var(--chatkit-edge-bottom, 1.25rem) + 4.25rem);
  width: min(25rem, 100vw - 2.5rem);
  height: min(var(--height, 40rem), 100dvh - 7rem);
  border: 1px solid var(--line);
  box-shadow: 0 12px 40px rgb(0 0 0 / 25%);
}
.floating .panel:not(.open) { display: none; }
@media (max-width: 30rem) {
  .floating .panel { inset: 0; width: auto; height: auto; padding-bottom: 5.5rem; border: 0; border-radius: 0; box-shadow: none; }
  .floating .panel.open { z-index: calc(var(--chatkit-edge-z-index, 2147483000) - 1); }
}
@media (prefers-reduced-motion: reduce) { .status::before { animation: none; } }
`;

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** One sheet for all elements. No Content-Security-Policy blocks a constructed sheet. */
export function styleSheet() {
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(CSS);
  return sheet;
}
