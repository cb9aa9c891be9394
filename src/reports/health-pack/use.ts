// Sections 2 and 3: key figures, and where the credits went.
import { MICRO_PER_CREDIT } from '../../domain/amount.ts';
import type { Burn, BurnRow, KeyFigures } from '../../domain/health-pack/facts.ts';
import type { Figure, Section, Unit } from '../../domain/health-pack/section.ts';
import { type Block, figures, table } from '../document.ts';
import { count, credits, moneyOfNano, monthName, percent } from '../numbers.ts';
import { barChart, roughly, spark } from './charts.ts';
import { blocksOf } from './told.ts';

const NANO = 1e9;

export function keyFigureBlocks(section: Section<KeyFigures>): readonly Block[] {
  return blocksOf(section, ({ figures: all }) => [
    table(
      'Key figures of the month, the month before, and six months as a line',
      ['Figure', figures('This month'), figures('Month before'), figures('Change'), 'Six months'],
      all.map((figure) => [
        figure.name,
        shownValue(figure.value, figure.unit),
        shownValue(figure.previous, figure.unit),
        change(figure),
        spark(
          figure.months.map(({ value }) => (value === null ? null : plain(value, figure.unit))),
          figure.months.map(({ month, value }) => `${monthName(month)}: ${shownValue(value, figure.unit)}`).join(', '),
        ),
      ]),
    ),
  ]);
}

/** A number as its unit is written; a dash where there was nothing to compute it from. */
function shownValue(value: bigint | null, unit: Unit): string {
  if (value === null) return '–';
  switch (unit.of) {
    case 'count':
      return count(value);
    case 'credits':
      return credits(value);
    case 'money':
      return moneyOfNano(value, unit.currency);
    case 'share':
      return percent(value);
  }
}

function plain(value: bigint, unit: Unit): number {
  const divisor = { count: 1, credits: Number(MICRO_PER_CREDIT), money: NANO, share: 100 }[unit.of];
  return Number(value) / divisor;
}

function change({ value, previous, unit }: Figure): string {
  if (value === null || previous === null) return '–';
  const by = value - previous;
  const sign = by > 0n ? '+' : '';
  return unit.of === 'share' ? `${sign}${percent(by).replace(' %', ' points')}` : `${sign}${shownValue(by, unit)}`;
}

export async function burnBlocks(section: Section<Burn>): Promise<readonly Block[]> {
  if (section.kind === 'not_enough_data') return blocksOf(section, () => []);
  const { total, features, actions } = section.data;
  const [most] = features;
  const sentence =
    most === undefined
      ? `${credits(total)} credits were burned.`
      : `Feature ${most.feature} burned ${percent(most.share)} of the ${credits(total)} credits of the month.`;
  const plainCredits = (micro: bigint): number => Number(micro) / Number(MICRO_PER_CREDIT);
  return [
    await barChart(
      sentence,
      'Bars: credits by feature, this month beside the month before; the table has the figures.',
      {
        categories: features.map(({ feature }) => feature),
        series: [
          { name: 'Month before', values: features.map(({ previous }) => plainCredits(previous)) },
          { name: 'This month', values: features.map(({ credits: micro }) => plainCredits(micro)) },
        ],
        stacked: false,
      },
      roughly,
    ),
    burnTable('Credits by feature', 'Feature', features, ({ feature }) => feature),
    burnTable('The ten actions that burned most', 'Action', actions, ({ action, feature }) => action ?? feature),
  ];
}

function burnTable(caption: string, what: string, rows: readonly BurnRow[], name: (row: BurnRow) => string): Block {
  return table(
    caption,
    [what, figures('Uses'), figures('Credits'), figures('Month before'), figures('Share')],
    rows.map((row) => [name(row), count(row.uses), credits(row.credits), credits(row.previous), percent(row.share)]),
  );
}
