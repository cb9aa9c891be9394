/** HTML that may be sent: everything put into it was escaped. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function written(part: Part): string {
  if (typeof part === 'object') return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('');
  return String(part).replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
}

/** Markup with its values escaped. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: String.raw({ raw: texts }, ...parts.map(written)) };
}

/** A table that scrolls by itself on a narrow screen. */
export function tableOf(caption: string, head: readonly string[], rows: readonly (readonly Markup[])[]): Markup {
  const body = rows.map(
    (row) =>
      html`<tr>
        ${row.map((cell) => html`<td>${cell}</td>`)}
      </tr>`,
  );
  return html`<div class="wide" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <thead>
        <tr>
          ${head.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

/** A table, or a sentence when it would be empty. */
export function listOf(rows: readonly (readonly Markup[])[], otherwise: string, head: readonly string[]): Markup {
  return rows.length === 0 ? html`<p>${otherwise}</p>` : tableOf(head.join(', '), head, rows);
}

/** A whole document. */
export function pageOf(title: string, content: Markup): string {
  const { markup } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="stylesheet" href="/_simulator/page.css" />
      </head>
      <body>
        <header>
          <h1><a href="/_simulator">Stripe simulator</a></h1>
          <span class="mode">SIMULATED: no real money moves</span>
        </header>
        <main>${content}</main>
      </body>
    </html>`;
  return markup;
}

export const PAGE_STYLE = `:root { color-scheme: light dark; --line: light-dark(#d5d9e0, #3a404c); --soft: light-dark(#f4f6f9, #1d2129); }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif;
  background: light-dark(#fff, #14171c); color: light-dark(#1b1f27, #e6e9ef) }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; border-bottom: 1px solid var(--line) }
h1 { font-size: 1.3rem; margin: 0 } h2 { font-size: 1.1rem; margin: 1.75rem 0 .5rem }
h1 a { color: inherit; text-decoration: none }
a { color: light-dark(#0b57d0, #9cc2ff) }
.mode { font-size: .85rem; color: light-dark(#7a4b00, #ffcf7d) }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .25rem 1rem; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)) }
.wide, pre { overflow-x: auto; background: var(--soft); border: 1px solid var(--line); border-radius: .5rem }
pre { padding: 1rem; font-size: .85rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .4rem .75rem; white-space: nowrap; border-bottom: 1px solid var(--line) }
tbody tr:last-child td { border-bottom: 0 }
`;
