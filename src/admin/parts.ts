import {
  a,
  button,
  caption,
  type Children,
  div,
  form,
  h1,
  h2,
  input,
  type Markup,
  nav,
  p,
  section,
  span,
  table,
  tbody,
  td,
  th,
  thead,
  tr,
} from './markup.ts';
// Pieces that many pages are made of.
import type { PageRequest } from './page-route.ts';

/** A page's name with what belongs beside it. */
export function heading(text: Children, ...beside: Children[]): Markup {
  return div({ class: 'heading' }, h1(null, text), ...beside);
}

export function panel(name: string, ...content: Children[]): Markup {
  const id = name.toLowerCase().replaceAll(/[^a-z]+/g, '-');
  return section({ class: 'panel', 'aria-labelledby': id }, h2({ id }, name), ...content);
}

/** A list that has nothing: why, and what to do next. */
export function empty(why: string, ...next: Children[]): Markup {
  return div({ class: 'empty' }, p(null, why), ...next);
}

export interface Column<Row> {
  readonly name: string;
  readonly show: (row: Row) => Children;
  readonly numeric?: boolean;
}

/** A table with a caption for those who hear it; on a phone each row becomes a card with the columns' names. */
export function rows<Row>(about: string, columns: readonly Column<Row>[], all: readonly Row[]): Markup {
  return table(
    { class: 'rows' },
    caption({ class: 'unseen' }, about),
    thead(
      null,
      tr(
        null,
        ...columns.map(({ name, numeric = false }) => th({ scope: 'col', class: numeric ? 'numeric' : '' }, name)),
      ),
    ),
    tbody(
      null,
      ...all.map((row) =>
        tr(
          null,
          ...columns.map(({ name, show, numeric = false }) =>
            td({ 'data-name': name, class: numeric ? 'numeric' : '' }, show(row)),
          ),
        ),
      ),
    ),
  );
}

/** A form that changes something: it carries what proves that this page sent it. */
export function postForm(
  { base, csrf }: Pick<PageRequest, 'base' | 'csrf'>,
  path: string,
  ...fields: Children[]
): Markup {
  return form(
    { method: 'post', action: `${base}${path}` },
    input({ type: 'hidden', name: 'csrf', value: csrf }),
    ...fields,
  );
}

export function submit(text: string, kind: 'primary' | 'quiet' | 'danger' = 'primary'): Markup {
  return button({ type: 'submit', class: kind }, text);
}

export function tag(text: string, kind: 'plain' | 'good' | 'warn' | 'bad' = 'plain'): Markup {
  return span({ class: `tag tag-${kind}` }, text);
}

/** What just happened, for eyes and screen readers. */
export function notice(...content: Children[]): Markup {
  return div({ class: 'notice notice-good', role: 'status' }, ...content);
}

export function problem(message: string, ...content: Children[]): Markup {
  return div({ class: 'notice notice-bad', role: 'alert' }, p(null, message), ...content);
}

export function crumbs(base: string, ...trail: readonly (readonly [string, string])[]): Markup {
  return nav(
    { class: 'crumbs', 'aria-label': 'Breadcrumb' },
    ...trail.map(([name, path]) => a({ href: `${base}${path}` }, name)),
  );
}
