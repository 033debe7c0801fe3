/** Tokens: a page overrides `--flow-<name>`; without that the map has the page's own colours. */
const DARK = {
  page: "#0d1117",
  panel: "#151b23",
  raised: "#1c242e",
  line: "#2a333e",
  text: "#e6edf3",
  soft: "#9aa7b4",
  failed: "#ff7b72",
  running: "#58a6ff",
  pending: "#8b98a6",
  other: "#d2a8ff",
  succeeded: "#3fb950",
  warn: "#e3b341",
  focus: "#79c0ff",
};
const LIGHT: typeof DARK = {
  page: "#f5f7fa",
  panel: "#ffffff",
  raised: "#f0f3f6",
  line: "#d9e0e7",
  text: "#1b2430",
  soft: "#566372",
  failed: "#c9252d",
  running: "#0b63ce",
  pending: "#687585",
  other: "#7a3fc0",
  succeeded: "#19752f",
  warn: "#8a5a00",
  focus: "#0b63ce",
};

const tokens = (colours: typeof DARK) =>
  Object.entries(colours).map(([name, value]) => `--_${name}: var(--flow-${name}, ${value});`)
    .join(" ");

/** The element's style; adopted rather than inline, which a strict policy would refuse. */
export const STYLE = `
:host { ${tokens(DARK)} color-scheme: dark; display: flex; flex-direction: column;
  position: relative; min-height: 320px; color: var(--_text);
  font: 13px/1.4 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
@media (prefers-color-scheme: light) { :host { ${tokens(LIGHT)} color-scheme: light; } }
* { box-sizing: border-box; margin: 0; padding: 0; }
[hidden] { display: none !important; }
button, input, select { font: inherit; color: inherit; }
:focus-visible { outline: 2px solid var(--_focus); outline-offset: 1px; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; padding: 8px 0; }
.bar button, .bar select, .bar input[type=search], .time button, .time select {
  min-height: 30px; padding: 3px 10px; border: 1px solid var(--_line); border-radius: 8px;
  background: var(--_panel); cursor: pointer; }
.bar input[type=search] { flex: 1 1 140px; max-width: 260px; min-width: 0; cursor: text; }
.bar select { max-width: 128px; }
.bar button[aria-pressed=true] { border-color: var(--_focus);
  background: color-mix(in srgb, var(--_focus) 16%, var(--_panel)); }
.bar .room { flex: 1; }
.bar output { color: var(--_soft); }
.stage { position: relative; flex: 1; min-height: 0; overflow: hidden; border-radius: 14px;
  border: 1px solid var(--_line); background: var(--_page); }
canvas { display: block; }
.map { position: absolute; inset: 0; width: 100%; height: 100%; touch-action: none; cursor: grab; }
.map:active { cursor: grabbing; }
.mini { position: absolute; right: 10px; bottom: 10px; border: 1px solid var(--_line);
  border-radius: 8px; background: var(--_page); opacity: 0.92; cursor: pointer; }
.mirror { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.empty { position: absolute; inset: 0; display: grid; place-items: center; color: var(--_soft);
  pointer-events: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.panel { position: absolute; top: 10px; right: 10px; width: 340px; max-width: calc(100% - 20px);
  max-height: calc(100% - 20px); overflow: auto; padding: 14px 16px; border-radius: 12px;
  border: 1px solid var(--_line); background: var(--_raised); overflow-wrap: anywhere;
  box-shadow: 0 8px 28px #0005; }
.panel > button { float: right; border: 0; background: none; cursor: pointer; padding: 2px 6px; }
.panel h2 { font-size: 16px; margin-bottom: 8px; }
.panel h3 { font-size: 12px; color: var(--_soft); font-weight: 600; margin-top: 10px; }
.panel dl { display: grid; grid-template-columns: auto 1fr; gap: 3px 12px; }
.panel dt { color: var(--_soft); }
.panel ul { list-style: none; display: flex; flex-wrap: wrap; gap: 5px; margin-top: 4px; }
.panel li button { padding: 2px 9px; border-radius: 999px; cursor: pointer; background: none;
  border: 1px solid var(--tone, var(--_pending)); }
.panel [data-phase=failed] { --tone: var(--_failed); }
.panel [data-phase=running] { --tone: var(--_running); }
.panel [data-phase=succeeded] { --tone: var(--_succeeded); }
.panel details, .panel p { margin-top: 10px; }
.panel pre { margin-top: 6px; max-height: 220px; overflow: auto; white-space: pre-wrap;
  font-size: 11.5px; }
.time { display: flex; align-items: center; gap: 8px; padding: 8px 0 0; }
.time input { flex: 1; min-width: 60px; accent-color: var(--_focus); }
.time output { min-width: 66px; text-align: right; font-variant-numeric: tabular-nums; color: var(--_soft); }
:host([data-past]) .stage { border-color: var(--_warn); }
@media (max-width: 640px) {
  .panel { top: auto; bottom: 10px; max-height: 62%; left: 10px; width: auto; }
  .mini { display: none; }
  .bar .wide, .bar .room { display: none; }
  .bar select { flex: 1; }
}
`;
