// A chart in a page: a picture that follows light and dark, under the sentence that says what it shows. Its table stands
// beside it, on the page.
import type { Scheme } from '../charts/palette.ts';
import type { ChartSize } from '../charts/render.ts';
import { type Children, figcaption, figure, img, type Markup, picture, source } from './markup.ts';

export interface ShownChart {
  /** Where the picture is; `scheme` and `size` are added. */
  readonly src: string;
  /** For those who do not see it; the table has the figures. */
  readonly alt: string;
  readonly sentence: Children;
}

/** Wide, and narrow for a phone: there a wide one would have letters that nobody can read. */
const CHART_SIZES = { wide: { width: 960, height: 320 }, narrow: { width: 460, height: 380 } } as const;

export interface ChartLook extends ChartSize {
  readonly scheme: Scheme;
}

/** What the address of a picture asks for. */
export function chartLook(query: URLSearchParams): ChartLook {
  return {
    scheme: query.get('scheme') === 'dark' ? 'dark' : 'light',
    ...CHART_SIZES[query.get('size') === 'narrow' ? 'narrow' : 'wide'],
  };
}

export function chart({ src, alt, sentence }: ShownChart): Markup {
  const of = (scheme: Scheme, size: keyof typeof CHART_SIZES): string =>
    `${src}${src.includes('?') ? '&' : '?'}scheme=${scheme}&size=${size}`;
  const dark = '(prefers-color-scheme: dark)';
  const narrow = '(max-width: 44rem)';
  return figure(
    { class: 'chart' },
    figcaption(null, sentence),
    picture(
      null,
      source({ media: `${dark} and ${narrow}`, srcset: of('dark', 'narrow'), ...CHART_SIZES.narrow }),
      source({ media: narrow, srcset: of('light', 'narrow'), ...CHART_SIZES.narrow }),
      source({ media: dark, srcset: of('dark', 'wide') }),
      img({ src: of('light', 'wide'), ...CHART_SIZES.wide, alt }),
    ),
  );
}
