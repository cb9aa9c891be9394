// One sheet for all elements. A host changes it by custom properties and `::part`; nothing is inline, so a strict policy holds.
const SHEET = `
:host {
  display: block;
  color-scheme: light dark;
  --ink: var(--creditpool-ink, light-dark(#1b1f27, #e8ebf1));
  --soft-ink: var(--creditpool-soft-ink, light-dark(#4d5665, #a9b2c1));
  --ground: var(--creditpool-ground, light-dark(#fff, #171a20));
  --line: var(--creditpool-line, light-dark(#d3d8e0, #39404c));
  --accent: var(--creditpool-accent, light-dark(#1457c8, #8ab8ff));
  --on-accent: var(--creditpool-on-accent, light-dark(#fff, #0b1424));
  --warn: var(--creditpool-warn, light-dark(#8a4b00, #ffc266));
  --alarm: var(--creditpool-alarm, light-dark(#b3261e, #ffb0a8));
  font: var(--creditpool-font, 16px/1.5 system-ui, sans-serif);
  color: var(--ink);
}
:host([hidden]) { display: none }
section { background: var(--ground); border: 1px solid var(--line); border-radius: 12px; padding: 16px; min-height: 96px; box-sizing: border-box }
.heading { font-size: 1rem; font-weight: 600; margin: 0 0 8px }
.figure { font-size: 2.25rem; line-height: 1.1; font-weight: 650; font-variant-numeric: tabular-nums; margin: 0 }
.figure small { font-size: 1rem; font-weight: 400; color: var(--soft-ink) }
p { margin: 8px 0 0 }
.soft { color: var(--soft-ink); font-size: .875rem }
.warn { color: var(--warn); font-weight: 600 }
.alarm { color: var(--alarm); font-weight: 600 }
.stale, .stale .warn, .stale .alarm { color: var(--soft-ink) }
.stale progress { filter: grayscale(1) }
progress { width: 100%; height: 10px; margin-top: 12px; accent-color: var(--accent) }
ul { list-style: none; margin: 8px 0 0; padding: 0 }
li { display: flex; justify-content: space-between; gap: 16px; padding: 4px 0; border-top: 1px solid var(--line) }
li:first-child { border-top: 0 }
.wide { overflow-x: auto; margin-top: 12px }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums }
caption { text-align: start; color: var(--soft-ink); padding-bottom: 4px }
th, td { text-align: end; padding: 6px 8px; border-bottom: 1px solid var(--line); font-weight: 400; white-space: nowrap }
th[scope=row], thead th:first-child { text-align: start; white-space: normal }
thead th { color: var(--soft-ink) }
button, summary { font: inherit; min-height: 44px; cursor: pointer }
button { color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: 8px; padding: 8px 16px }
button.quiet { color: var(--accent); background: none }
button:disabled { opacity: .6; cursor: progress }
summary { padding: 8px 0; color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.row { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; justify-content: space-between; margin-top: 8px }
.bars { display: flex; align-items: flex-end; gap: 2px; height: 96px; margin-top: 12px; border-bottom: 1px solid var(--line) }
.bars svg { width: 100%; height: 100% }
.bars rect { fill: var(--accent) }
.skeleton { background: var(--line); border-radius: 6px; height: 36px; width: 50% }
@media (prefers-reduced-motion: no-preference) {
  .skeleton { animation: breathe 1.4s ease-in-out infinite alternate }
  @keyframes breathe { from { opacity: .4 } to { opacity: .9 } }
}
`;

let sheet: CSSStyleSheet | null = null;

export function styleSheet(): CSSStyleSheet {
  if (sheet === null) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(SHEET);
  }
  return sheet;
}
