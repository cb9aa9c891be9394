// The one style sheet of reports, carried inside the file. Light and dark by the reader's wish; on paper always light.
import { createHash } from 'node:crypto';

export const STYLESHEET = `
:root { color-scheme: light dark; --paper: #fff; --ink: #16202a; --soft: #4c5a67; --line: #d5dde4; --band: #f4f7f9;
  --bad: #a1201c; --bad-band: #fdecea; --warn: #7a4a00; --warn-band: #fdf3dc; --good: #0b5d4e; --good-band: #e3f4ef; }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #18212a; --ink: #e7edf3; --soft: #a9b6c3; --line: #2d3945;
  --band: #202b36; --bad: #ff9d95; --bad-band: #3a2322; --warn: #f0c063; --warn-band: #352b17; --good: #6fd8b9; --good-band: #17332c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.25rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
p, ul { margin: .5rem 0; max-width: 46rem; }
a { color: inherit; }
.mode { background: var(--warn-band); color: var(--warn); padding: .3rem .6rem; margin: 0 0 1rem; font-weight: 600; max-width: none; }
.sub, .foot, figcaption + * + .sub { color: var(--soft); }
.verdict { border-left: .35rem solid; padding: .6rem 1rem; margin: 1rem 0; font-size: 1.1rem; max-width: none; }
.verdict strong { text-transform: uppercase; letter-spacing: .03em; }
.verdict.good { color: var(--good); background: var(--good-band); }
.verdict.warn { color: var(--warn); background: var(--warn-band); }
.verdict.bad { color: var(--bad); background: var(--bad-band); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0 1rem; font-size: .92rem; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; }
td:last-child, th:last-child { padding-right: 0; }
.n + td:not(.n), .n + th:not(.n) { padding-left: .8rem; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bad { color: var(--bad); } .warn { color: var(--warn); } .good { color: var(--good); }
td.bad, td.warn, td.good { font-weight: 600; white-space: nowrap; }
figure { margin: 1rem 0 .5rem; }
figcaption { font-weight: 600; margin-bottom: .4rem; max-width: 46rem; }
figure img { max-width: 100%; height: auto; border: 1px solid var(--line); }
.missing { background: var(--band); border: 1px dashed var(--line); padding: .6rem .9rem; color: var(--soft); }
nav ol { columns: 2 18rem; padding-left: 1.4rem; margin: .5rem 0; }
.foot { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .75rem; font-size: .85rem; }
@page { size: A4; margin: 16mm 15mm 18mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  nav { display: none; }
  h1 { font-size: 17pt; } h2 { font-size: 12.5pt; margin-top: 1.2rem; break-after: avoid; }
  figcaption, caption, thead, .verdict, figure, .missing { break-inside: avoid; }
  figcaption { break-after: avoid; }
  tr { break-inside: avoid; } thead { display: table-header-group; }
  .scroll { overflow: visible; } th, td { padding: .2rem .5rem .2rem 0; }
  .whole { break-inside: avoid; } p:has(+ .scroll), p:has(+ ul), figure:has(+ .scroll) { break-after: avoid; }
  p, li { break-inside: avoid; } h2 + p { break-after: avoid; } .foot { break-before: avoid; margin-top: 1rem; }
  table { font-size: 8.5pt; }
  figure img { max-height: 62mm; width: auto; border: 0; }
}
`;

/** What a report may load: nothing but the pictures and the style sheet that it carries. */
export const REPORT_POLICY = `default-src 'none'; img-src data:; style-src 'sha256-${createHash('sha256').update(STYLESHEET).digest('base64')}'`;
