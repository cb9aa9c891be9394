// A report as one HTML file that needs nothing else: style sheet and pictures inside, no script.
import { type ComponentChildren, h } from 'preact';
import { render } from 'preact-render-to-string';

import type { Block, Cell, Report, ReportSection } from './document.ts';
import { REPORT_POLICY, STYLESHEET } from './stylesheet.ts';

/** The whole file as text. */
export function reportHtml(report: Report): string {
  const { title, mode, subtitle, verdict, sections, foot } = report;
  const page = h(
    'html',
    { lang: 'en' },
    h(
      'head',
      null,
      h('meta', { charset: 'utf-8' }),
      h('meta', { 'http-equiv': 'Content-Security-Policy', content: REPORT_POLICY }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('title', null, mode === '' ? title : `${title} (${mode})`),
      h('style', { dangerouslySetInnerHTML: { __html: STYLESHEET } }),
    ),
    h(
      'body',
      null,
      h(
        'header',
        null,
        mode === '' ? null : h('p', { class: 'mode' }, mode),
        h('h1', null, title),
        h('p', { class: 'sub' }, subtitle),
        verdict === null
          ? null
          : h('p', { class: `verdict ${verdict.mark}` }, h('strong', null, verdict.word), ` – ${verdict.sentence}`),
      ),
      sections.length < 4 ? null : contents(sections),
      h('main', null, ...sections.map(sectionOf)),
      h('footer', { class: 'foot' }, h('p', null, foot)),
    ),
  );
  return `<!doctype html>\n${render(page)}\n`;
}

function contents(sections: readonly ReportSection[]): ComponentChildren {
  return h(
    'nav',
    { 'aria-label': 'Contents' },
    h(
      'ol',
      null,
      ...sections.map(({ id, title }) => h('li', null, h('a', { href: `#${id}` }, title.replace(/^\d+ /, '')))),
    ),
  );
}

function sectionOf({ id, title, blocks }: ReportSection): ComponentChildren {
  return h('section', { 'aria-labelledby': id }, h('h2', { id }, title), ...blocks.map(blockOf));
}

function blockOf(block: Block): ComponentChildren {
  switch (block.kind) {
    case 'text':
      return h('p', null, block.text);
    case 'list':
      return h('ul', null, ...block.items.map((item) => h('li', null, item)));
    case 'not enough data':
      return h('p', { class: 'missing' }, h('strong', null, 'Not enough data. '), block.because);
    case 'table':
      return tableOf(block);
    case 'chart':
      return h(
        'figure',
        null,
        h('figcaption', null, block.sentence),
        picture(block.svg, { width: block.width, height: block.height, alt: block.alt }),
      );
  }
}

/** A table of so many rows is not cut at a page's end. */
const WHOLE_ROWS_MAX = 16;

function tableOf({ caption, columns, rows }: Extract<Block, { kind: 'table' }>): ComponentChildren {
  // What is wider than a phone is scrolled inside its own box, which the keyboard can reach.
  return h(
    'div',
    {
      class: rows.length > WHOLE_ROWS_MAX ? 'scroll' : 'scroll whole',
      tabIndex: 0,
      role: 'group',
      'aria-label': caption,
    },
    h(
      'table',
      null,
      h('caption', null, caption),
      h(
        'thead',
        null,
        h('tr', null, ...columns.map(({ name, numeric }) => h('th', { scope: 'col', ...classed(numeric) }, name))),
      ),
      h(
        'tbody',
        null,
        ...rows.map((row) => h('tr', null, ...row.map((cell, at) => cellOf(cell, columns[at]?.numeric)))),
      ),
    ),
  );
}

function cellOf(cell: Cell, numeric = false): ComponentChildren {
  if (typeof cell === 'string') return h('td', classed(numeric), cell);
  if ('picture' in cell) return h('td', null, picture(cell.picture, { alt: cell.text }));
  return h('td', { class: [cell.mark, ...(numeric ? ['n'] : [])].join(' ') }, cell.text);
}

function picture(
  { light, dark }: { readonly light: string; readonly dark: string },
  image: { readonly alt: string; readonly width?: number; readonly height?: number },
): ComponentChildren {
  const source = { media: 'screen and (prefers-color-scheme: dark)', srcset: dataUri(dark) };
  return h('picture', null, h('source', source), h('img', { src: dataUri(light), ...image }));
}

function classed(numeric = false): { class?: string } {
  return numeric ? { class: 'n' } : {};
}

function dataUri(svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
