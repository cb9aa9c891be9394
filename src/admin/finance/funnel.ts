// The funnel of a month: what came in, and what of it arrived at each step; where something dropped, it says so.
import type { Funnel, FunnelDrop, FunnelStep } from '../../domain/usage-flow.ts';
import { countText, credits, exactCreditsText } from '../figures.ts';
import { a, div, li, type Markup, ol, p, small, span, strong } from '../markup.ts';
import { panel } from '../parts.ts';
import { sentenceCase } from '../words.ts';
import { monthText } from './frame.ts';

export function funnelPanel(base: string, funnel: Funnel): Markup {
  const { month, unit, steps } = funnel;
  const marked = steps.flatMap(({ drops }) => drops.filter(({ expected }) => !expected));
  return panel(
    `Funnel of ${monthText(month)} (${unit})`,
    p(
      { class: 'hint' },
      'Usage of the billing periods that end in the month, as the run saw it. ',
      marked.length === 0 ? 'Nothing is lost on the way.' : 'Where something is missing, the step says what.',
    ),
    ol({ class: 'funnel' }, ...steps.map((step) => li(null, stepBox(base, month, step)))),
  );
}

function stepBox(base: string, month: string, step: FunnelStep): Markup {
  const marked = step.drops.some(({ expected }) => !expected);
  return div(
    { class: marked ? 'step dropped' : 'step' },
    span({ class: 'step-name' }, sentenceCase(step.name)),
    strong(null, step.credits === null ? '–' : a({ href: hrefOf(base, month, step) }, credits(BigInt(step.credits)))),
    small(null, `${countText(step.count, step.noun)} ${step.what}`),
    ...step.drops.map((drop) => dropLine(drop)),
  );
}

function hrefOf(base: string, month: string, { name }: FunnelStep): string {
  return name === 'ledger'
    ? `${base}/finance/ledger?month=${month}&account=consumed`
    : `${base}/finance/usage?month=${month}`;
}

function dropLine({ why, count, credits: micro, expected }: FunnelDrop): Markup {
  const lost = BigInt(micro ?? 0);
  const amount = lost === 0n ? '' : ` ${lost < 0n ? '+' : ''}${exactCreditsText(-lost)}`;
  const marked = lost < 0n ? 'Too much: ' : 'Dropped: ';
  const many = count === 0 ? '' : ` (${count})`;
  return small(
    { class: expected ? 'drop' : 'drop differs' },
    span({ 'aria-hidden': true }, expected ? '↳ ' : '▼ '),
    expected ? '' : marked,
    `${why}${many}${amount}`,
  );
}
