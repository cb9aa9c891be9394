// The frame around every page: mode, search, navigation, who is signed in, and which request this was.
import { render } from 'preact-render-to-string';

import { may, type Operator, type Permission } from '../domain/operator.ts';
import type { ConsoleContext, Mode } from './console-context.ts';
import {
  a,
  body,
  button,
  type Children,
  code,
  div,
  footer,
  form,
  group,
  head,
  header,
  html,
  input,
  label,
  li,
  link,
  main,
  type Markup,
  meta,
  nav,
  p,
  script,
  span,
  title,
  ul,
} from './markup.ts';

const MODES: Readonly<Record<Mode, string | null>> = {
  sandbox: 'SANDBOX – no real money moves',
  test: 'STRIPE TEST MODE – no real money moves',
  live: null,
};

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly permission: Permission;
}

const NAVIGATION: readonly Entry[] = [
  { name: 'Customers', path: '/', permission: 'case.read' },
  { name: 'Approvals', path: '/approvals', permission: 'case.read' },
  { name: 'Cases', path: '/cases', permission: 'case.read' },
  { name: 'Held drafts', path: '/drafts', permission: 'case.read' },
  { name: 'Finance', path: '/finance', permission: 'close.read' },
  { name: 'Messages', path: '/messages', permission: 'case.read' },
  { name: 'Reports', path: '/reports', permission: 'close.read' },
  { name: 'Margin', path: '/margin', permission: 'margin.read' },
  { name: 'Shadow AI', path: '/shadow', permission: 'margin.read' },
  { name: 'Plans', path: '/plans', permission: 'case.read' },
  { name: 'Audit log', path: '/audit', permission: 'audit.read' },
];

export interface Frame {
  readonly title: string;
  readonly base: string;
  readonly requestId: string;
  readonly at?: string | undefined;
  readonly signedIn: { readonly operator: Operator; readonly csrf: string; readonly waiting: number } | null;
  /** The search field has the focus: nothing else is on the page. */
  readonly searchFirst?: boolean | undefined;
  /** What was searched for, shown again. */
  readonly searched?: string | undefined;
  /** Rules that everybody should see, such as `approvals: single_operator`. */
  readonly warning?: string | null;
  /** What is not posted, while actions are only watched. */
  readonly watched?: string | null;
}

/** The whole document as text. */
export function document(
  { mode, version }: Pick<ConsoleContext, 'mode' | 'version'>,
  frame: Frame,
  content: Children,
): string {
  const { base } = frame;
  const page = html(
    { lang: 'en' },
    head(
      null,
      meta({ charset: 'utf-8' }),
      meta({ name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      meta({ name: 'htmx-config', content: '{"includeIndicatorCSS":false}' }),
      title(null, `${frame.title} · Creditpool${MODES[mode] === null ? '' : ` (${mode})`}`),
      link({ rel: 'stylesheet', href: `${base}/assets/console.css` }),
      link({ rel: 'icon', href: `${base}/assets/icon.svg`, type: 'image/svg+xml' }),
      script({ src: `${base}/assets/htmx.js`, defer: true }),
      script({ src: `${base}/assets/console.js`, defer: true }),
    ),
    body(
      null,
      a({ class: 'skip', href: '#content' }, 'Skip to the content'),
      banner(`mode-${mode}`, MODES[mode]),
      banner('mode-observe', frame.watched ?? null),
      banner('mode-warning', frame.warning ?? null),
      topBar(frame),
      main({ id: 'content', tabIndex: -1 }, content),
      footer({ class: 'foot' }, p(null, `Creditpool ${version} · request `, code(null, frame.requestId))),
    ),
  );
  return `<!doctype html>${render(page)}`;
}

function banner(kind: string, text: string | null): Markup {
  return text === null ? null : div({ class: `mode ${kind}`, role: 'region', 'aria-label': text }, text);
}

function topBar({ base, at, signedIn, searched, searchFirst = false }: Frame): Markup {
  const brand = a({ class: 'brand', href: `${base}/` }, 'Creditpool');
  if (signedIn === null) return header({ class: 'top' }, brand);
  const { operator, csrf, waiting } = signedIn;
  return header(
    { class: 'top' },
    brand,
    form(
      { class: 'search', role: 'search', action: `${base}/search`, method: 'get' },
      label({ for: 'search', class: 'unseen' }, 'Search customers, invoices, entries, tickets'),
      input({
        id: 'search',
        name: 'q',
        type: 'search',
        autocomplete: 'off',
        placeholder: 'E-mail, Stripe id, invoice, ticket …',
        defaultValue: searched ?? '',
        autofocus: searchFirst,
      }),
      button({ type: 'submit' }, 'Search'),
    ),
    nav({ class: 'main-nav', 'aria-label': 'Main' }, ul(null, ...entries(operator, base, at, waiting))),
    form(
      { class: 'who', action: `${base}/sign-out`, method: 'post' },
      input({ type: 'hidden', name: 'csrf', value: csrf }),
      span({ class: 'name' }, operator.name),
      span({ class: 'roles' }, operator.roles.join(', ')),
      button({ type: 'submit', class: 'quiet' }, 'Sign out'),
    ),
  );
}

function entries(operator: Operator, base: string, at: string | undefined, waiting: number): readonly Markup[] {
  return NAVIGATION.filter(({ permission }) => may(operator.roles, permission)).map(({ name, path }) =>
    li(
      null,
      a(
        { href: `${base}${path}`, ...(at === path && { 'aria-current': 'page' as const }) },
        name,
        path === '/approvals' && waiting > 0
          ? group(' ', span({ class: 'count', title: `${waiting} waiting` }, String(waiting)))
          : null,
      ),
    ),
  );
}
