// The frame of pages that a buyer sees: no session, no script, nothing to click but links.
import { render } from 'preact-render-to-string';

import type { Mode } from '../console-context.ts';
import { a, body, type Children, div, footer, head, header, html, link, main, meta, nav, p, title } from '../markup.ts';

const MODES: Readonly<Record<Mode, string | null>> = {
  sandbox: 'SANDBOX – no real money moves',
  test: 'STRIPE TEST MODE – no real money moves',
  live: null,
};

export interface PublicFrame {
  readonly title: string;
  readonly mode: Mode;
  /** Where the product is mounted, without a slash at the end. */
  readonly base: string;
}

/** The whole document as text. */
export function publicDocument({ title: name, mode, base }: PublicFrame, content: Children): string {
  const assets = `${base}/admin/assets`;
  const banner = MODES[mode];
  const page = html(
    { lang: 'en' },
    head(
      null,
      meta({ charset: 'utf-8' }),
      meta({ name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      title(null, name),
      link({ rel: 'stylesheet', href: `${assets}/console.css` }),
      link({ rel: 'icon', href: `${assets}/icon.svg`, type: 'image/svg+xml' }),
    ),
    body(
      { class: 'public' },
      a({ class: 'skip', href: '#content' }, 'Skip to the content'),
      banner === null ? null : div({ class: `mode mode-${mode}`, role: 'region', 'aria-label': banner }, banner),
      header(
        { class: 'top' },
        nav({ 'aria-label': 'Main' }, a({ class: 'brand', href: `${base}/burn-table` }, 'What things cost')),
      ),
      main({ id: 'content', tabIndex: -1 }, content),
      footer({ class: 'foot' }, p(null, 'The same rules stand in your order form, your balance and your invoices.')),
    ),
  );
  return `<!doctype html>${render(page)}`;
}
