// Section 4: what features cost and bring, and who uses what nobody registered.
import type { FeatureMargin, FeatureMargins } from '../../domain/health-pack/facts.ts';
import type { Section } from '../../domain/health-pack/section.ts';
import type { Unregistered } from '../../domain/health-pack/verdict.ts';
import { type Block, type Cell, figures, table, text } from '../document.ts';
import { count, moneyOfNano, percent } from '../numbers.ts';
import { barChart, roughly } from './charts.ts';
import { blocksOf } from './told.ts';

const NANO = 1e9;

export async function marginBlocks(section: Section<FeatureMargins>): Promise<readonly Block[]> {
  if (section.kind === 'not_enough_data') return blocksOf(section, () => []);
  const { currency, rows, total, usesWithoutCost, notConverted } = section.data;
  const money = (nano: bigint): string => moneyOfNano(nano, currency);
  const plain = (nano: bigint): number => Number(nano) / NANO;
  return [
    await barChart(
      marginSentence(section.data),
      'Bars: cost at the providers beside what was billed, by feature; the table has the figures.',
      {
        categories: rows.map(({ feature }) => feature),
        series: [
          { name: 'Billed', values: rows.map(({ billed }) => plain(billed)) },
          { name: 'Cost', values: rows.map(({ cost }) => plain(cost)) },
        ],
        stacked: false,
      },
      roughly,
    ),
    table(
      `Cost, billed value and gap by feature, in ${currency.toUpperCase()}`,
      ['Feature', ...['Uses', 'Cost', 'Billed', 'Gap', 'Margin', 'Month before'].map(figures), 'Flag'],
      [...rows, { ...total, feature: 'All' }].map((row) => [
        row.feature,
        count(row.uses),
        money(row.cost),
        money(row.billed),
        gapCell(row, money(row.gap)),
        percent(row.margin),
        percent(row.previousMargin),
        flag(row),
      ]),
    ),
    ...(usesWithoutCost === 0
      ? []
      : [text(`Of ${count(usesWithoutCost)} uses no cost is known; they are not in the cost above.`)]),
    ...notConverted.map(({ currency: other, cost, billed }) =>
      text(
        `Not converted for want of an exchange rate: cost ${moneyOfNano(cost, other)}, billed ${moneyOfNano(billed, other)}.`,
      ),
    ),
  ];
}

function marginSentence({ rows, total, currency }: FeatureMargins): string {
  const under = rows.filter(({ underWater }) => underWater).map(({ feature }) => feature);
  const all = `All features together bring ${moneyOfNano(total.gap, currency)} more than they cost (${percent(total.margin)}).`;
  const loss = `All features together cost ${moneyOfNano(-total.gap, currency)} more than they bring.`;
  const whole = total.gap < 0n ? loss : all;
  return under.length === 0 ? whole : `Under water: ${under.join(', ')}. ${whole}`;
}

function gapCell({ underWater }: FeatureMargin, shown: string): Cell {
  return underWater ? { text: shown, mark: 'bad' } : shown;
}

function flag({ underWater, belowTarget, drifted }: FeatureMargin): Cell {
  if (underWater) return { text: '▼ under water', mark: 'bad' };
  if (belowTarget) return { text: '▽ below target', mark: 'warn' };
  return drifted ? { text: '◇ moved', mark: 'warn' } : '';
}

export function unregisteredBlocks(section: Section<readonly Unregistered[]>): readonly Block[] {
  return blocksOf(section, (all) => {
    if (all.length === 0) return [text('Every model, key, feature and member that was used is registered.')];
    return [
      table(
        'Used in the month and not registered',
        ['What', 'Name', figures('Uses'), figures('Cost')],
        all.map(({ kind, name, uses, cost, currency }) => [
          kind,
          { text: name, mark: 'warn' },
          count(uses),
          cost === null || currency === null ? 'unknown' : moneyOfNano(cost, currency),
        ]),
      ),
    ];
  });
}
