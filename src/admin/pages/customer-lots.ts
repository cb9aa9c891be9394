// Each lot as a bar: used, held, gone and left, in the order in which the next use draws them.
import type { LotStory } from '../../domain/explanation.ts';
import type { CustomerView } from '../../operations/console/read-customer-page.ts';
import { creditsText, day } from '../figures.ts';
import { type Children, div, li, type Markup, ol, p, rect, span, strong, svg } from '../markup.ts';
import { empty, tag } from '../parts.ts';
import { sourceWords } from '../words.ts';

export function lotBars({ explanation }: CustomerView): Markup {
  if (explanation === null || explanation.lots.length === 0) {
    return empty('No open lot. A plan, a pack or goodwill opens one.');
  }
  return ol({ class: 'lots' }, ...explanation.lots.map((story, index) => lotBar(story, index === 0)));
}

function lotBar({ lot, member, remaining, spendable }: LotStory, isNext: boolean): Markup {
  const left = `${creditsText(remaining)} of ${creditsText(lot.granted)} left`;
  return li(
    null,
    div(
      { class: 'lot-head' },
      strong(null, sourceWords(lot.source)),
      isNext ? tag('drawn next', 'good') : null,
      lot.features === null ? null : tag(`only ${lot.features.join(', ')}`),
      member === null ? null : tag(`of ${member}`),
      spendable < remaining ? tag('not spendable now', 'warn') : null,
      span({ class: 'lot-left' }, left),
    ),
    bar([
      [lot.drawn, 'used'],
      [lot.held, 'held'],
      [lot.frozen, 'frozen'],
      [lot.ended, 'gone'],
      [remaining, 'left'],
    ]),
    p({ class: 'lot-foot' }, `${creditsText(lot.drawn)} used`, ...others(lot), ' · ', ...until(lot.expiresAt)),
  );
}

function others({ held, frozen, ended }: LotStory['lot']): readonly string[] {
  return (
    [
      [held, 'held'],
      [frozen, 'frozen'],
      [ended, 'expired or taken back'],
    ] as const
  )
    .filter(([credits]) => credits > 0n)
    .map(([credits, how]) => ` · ${creditsText(credits)} ${how}`);
}

function until(expiresAt: Date | null): readonly Children[] {
  return expiresAt === null ? ['never expires'] : ['expires ', day(expiresAt)];
}

type Part = readonly [credits: bigint, kind: string];

/** Parts side by side by their share; the words beside it say the same, so it is hidden from those who hear the page. */
function bar(parts: readonly Part[]): Markup {
  const total = parts.reduce((sum, [credits]) => sum + credits, 0n);
  let x = 0;
  const rects = parts.map(([credits, kind]) => {
    const width = total === 0n ? 0 : Number((credits * 100_000n) / total) / 1_000;
    const drawn = rect({ class: `part-${kind}`, x, y: 0, width, height: 8 });
    x += width;
    return drawn;
  });
  return svg({ class: 'bar', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': true }, ...rects);
}
