import type { PriceList, PricedThing } from '../../operations/read-price-list.ts';
import { day, instant } from '../figures.ts';
import { a, type Children, div, h2, li, type Markup, p, small, strong, ul } from '../markup.ts';
import { empty, heading, panel, rows } from '../parts.ts';

/** What each thing costs in credits, what a credit buys and costs, and what changes when. */
export function burnTablePage({ asOf, unit, things, buys, worth, policies }: PriceList, base: string): Children {
  if (unit === null) return [heading('What things cost'), empty('Nothing is sold here yet.')];
  const changing = things.flatMap(({ words, next }) => (next === null ? [] : [{ words, ...next }]));
  return [
    heading('What things cost'),
    p({ class: 'lead' }, `You pay for what you use in ${unit.toLowerCase()}. As of `, instant(asOf), '.'),
    announcements(changing),
    panel(
      'In credits',
      rows<PricedThing>(
        'What each thing costs',
        [
          { name: 'Thing', show: ({ words }) => strong(null, sentenceCase(words)) },
          { name: 'Price', show: priceCell },
          { name: 'Since', show: ({ from }) => day(from) },
        ],
        things,
      ),
    ),
    div(
      { class: 'columns even' },
      panel(
        'What one credit buys',
        buys.length === 0
          ? empty('Everything here costs more than one credit, or has one price for all of it.')
          : ul(null, ...buys.map(({ what, words }) => li(null, `${sentenceCase(words)}: `, strong(null, what)))),
      ),
      panel(
        'What one credit costs',
        rows<PriceList['worth'][number]>(
          'The price of a credit by plan',
          [
            { name: 'Plan', show: ({ name }) => name },
            { name: 'One credit', numeric: true, show: ({ price }) => price },
          ],
          worth,
        ),
      ),
    ),
    panel(
      'The rules of each plan',
      ul(null, ...policies.map(({ plan, name }) => li(null, a({ href: `${base}/plans/${plan}` }, name)))),
    ),
  ];
}

function announcements(
  changing: readonly { words: string; price: string; cases: readonly string[]; from: Date }[],
): Markup {
  if (changing.length === 0) return p({ class: 'hint' }, 'No change of a price is announced.');
  return div(
    { class: 'notice notice-warn', role: 'region', 'aria-label': 'Announced changes' },
    h2(null, 'Announced changes'),
    ul(
      null,
      ...changing.map(({ words, price, cases, from }) =>
        li(null, 'From ', day(from), `: ${[`${words} ${price}`, ...cases].join('; ')}.`),
      ),
    ),
  );
}

function priceCell({ price, cases }: PricedThing): Children {
  if (cases.length === 0) return price;
  return [price, ul(null, ...cases.map((each) => li(null, small(null, each))))];
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
