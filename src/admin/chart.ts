// A chart in a page: a picture that follows light and dark, under the sentence that says what it shows. Its table stands
// beside it, on the page.
import { type Children, figcaption, figure, img, type Markup, picture, source } from './markup.ts';

export interface ShownChart {
  /** Where the picture is, with `scheme` as the last parameter left out. */
  readonly src: string;
  readonly width: number;
  readonly height: number;
  /** For those who do not see it; the table has the figures. */
  readonly alt: string;
  readonly sentence: Children;
}

export function chart({ src, width, height, alt, sentence }: ShownChart): Markup {
  const of = (scheme: string): string => `${src}${src.includes('?') ? '&' : '?'}scheme=${scheme}`;
  return figure(
    { class: 'chart' },
    figcaption(null, sentence),
    picture(
      null,
      source({ media: '(prefers-color-scheme: dark)', srcset: of('dark') }),
      img({ src: of('light'), width, height, alt }),
    ),
  );
}
