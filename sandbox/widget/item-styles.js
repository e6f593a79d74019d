// Styles of a thread's items: the steps of an answer, sources, widgets, questions. styles.js has the frame around them.

export const ITEM_CSS = `
.log > * { max-width: 720px; margin: 0 auto 20px; }
.message.assistant { flex-direction: column; }
.message.assistant .text:empty { min-height: 1.5em; }
.tag { padding: 1px 8px; border: 1px solid var(--line); border-radius: 999px; }
.quoted { margin: 0 0 6px; padding: 0 0 0 10px; border-inline-start: 3px solid var(--muted); color: var(--muted); }
.file { display: flex; align-items: center; gap: 6px; font-size: .92em; }
.marker { display: inline-block; min-width: 1.4em; margin: 0 2px; padding: 0 3px; border-radius: 999px; background: var(--soft); color: var(--muted); font-size: .68em; line-height: 1.5; text-align: center; }
.sources { margin: 10px 0 0; padding-inline-start: 1.6em; font-size: .88em; color: var(--muted); white-space: normal; }
.sources a, .steps a, .notice a, .widget a { color: inherit; }
.after { display: flex; gap: 2px; margin: 4px 0 0 -10px; }
.after .tool { width: 36px; height: 36px; }
.tool[aria-pressed="true"] { background: var(--soft); color: var(--fg); }

.workflow > summary { display: flex; align-items: center; gap: 8px; width: fit-content; color: var(--muted); cursor: pointer; list-style: none; }
.workflow > summary::-webkit-details-marker { display: none; }
.workflow.running > summary { animation: pulse 1.6s ease-in-out infinite; }
.steps { margin: 8px 0 0; padding: 0 0 0 14px; border-inline-start: 2px solid var(--line); list-style: none; font-size: .92em; }
.steps.alone { margin: 0 auto 20px; }
.step { margin: 0 0 8px; }
.step-title { margin-inline-end: 8px; font-weight: 600; }
.step.loading .step-title::after { content: "…"; }
.step-text { color: var(--muted); white-space: pre-wrap; overflow-wrap: anywhere; }
.query { display: inline-block; margin: 4px 6px 0 0; padding: 1px 10px; border-radius: 999px; background: var(--soft); }
.step-sources { margin: 4px 0 0; padding: 0; list-style: none; color: var(--muted); overflow-wrap: anywhere; }
.picture img { max-width: 100%; border-radius: var(--round-small, 12px); }
.progress { display: flex; align-items: center; gap: 8px; min-height: 1.55em; color: var(--muted); }
.progress::before { content: ""; width: 10px; height: 10px; flex: none; border-radius: 50%; background: currentColor; animation: pulse 1.1s ease-in-out infinite; }

.widget, .questions { display: flex; flex-direction: column; align-items: flex-start; gap: 10px; padding: 14px 16px; border: 1px solid var(--line); border-radius: var(--round-small, 12px); background: var(--softer); overflow-wrap: anywhere; }
.widget .part, .questions dd { margin: 0; }
.widget hr { width: 100%; border: 0; border-top: 1px solid var(--line); }
.widget img { max-width: 100%; }
.widget .caption, .widget .badge { font-size: .85em; color: var(--muted); }
.widget .form, .widget .row { display: flex; flex-direction: column; align-items: flex-start; gap: 10px; width: 100%; padding: 0; border: 0; background: none; text-align: start; }
.action { padding: 7px 16px; border: 1px solid var(--line); border-radius: 999px; background: var(--bg); }
.action:hover { background: var(--soft); }
.action[type="submit"] { border-color: transparent; background: var(--accent); color: var(--on-accent); }
.field { width: 100%; max-width: 420px; padding: 7px 10px; border: 1px solid var(--muted); border-radius: var(--round-small, 12px); background: var(--bg); color: inherit; font: inherit; }
.question { display: flex; flex-direction: column; gap: 6px; width: 100%; min-width: 0; margin: 0; padding: 0; border: 0; }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; }
.send[value="stop"] path { fill: currentColor; }
.question legend, .question > span, .questions dt { padding: 0 0 6px; font-weight: 600; }

.choices { display: flex; align-self: center; gap: 6px; min-width: 0; }
.choices:not(:has(:not([hidden]))) { display: none; }
.composer .choice { max-width: 11em; padding: 5px 8px; border: 0; border-radius: 999px; background: var(--soft); color: inherit; font: inherit; font-size: .85em; text-overflow: ellipsis; }
.locked { max-width: 720px; margin: 0 auto 10px; color: var(--muted); text-align: center; }
.notice.info { background: var(--soft); color: var(--fg); }
.notice.warning { background: var(--warn-bg); color: var(--warn-fg); }
.entry { display: flex; align-items: center; gap: 2px; }
.entry .thread { min-width: 0; }
.rename { display: flex; gap: 8px; width: 100%; padding: 4px 0; }
.rename .field { max-width: none; }
@media (max-width: 480px) {
  .composer:has(.choices :not([hidden])) { flex-wrap: wrap; }
  .composer:has(.choices :not([hidden])) textarea { flex-basis: 100%; }
  .composer:has(.choices :not([hidden])) .choices { flex: 1; }
  .entry time { display: none; }
}
`;
