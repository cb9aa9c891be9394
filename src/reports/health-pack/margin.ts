// Section 4: what features cost and bring, and who uses what nobody registered.
import type { MarginFigures, Margins } from '../../domain/health-pack/facts.ts';
import type { Section } from '../../domain/health-pack/section.ts';
import type { KnownCost, Unregistered } from '../../domain/health-pack/unregistered.ts';
import { type Block, type Cell, figures, table, text } from '../document.ts';
import { count, day, moneyOfNano, percent, shortMonth } from '../numbers.ts';
import { barChart, roughly } from './charts.ts';
import { blocksOf } from './told.ts';

const NANO = 1e9;

export async function marginBlocks(section: Section<Margins>): Promise<readonly Block[]> {
  if (section.kind === 'not_enough_data') return blocksOf(section, () => []);
  const { currency, features, total, actions, models, customers, usesWithoutCost, notConverted } = section.data;
  const plain = (nano: bigint): number => Number(nano) / NANO;
  return [
    await barChart(
      marginSentence(section.data),
      'Bars: cost at the providers beside what was billed, by feature; the table has the figures.',
      {
        categories: features.map(({ feature }) => feature),
        series: [
          { name: 'Billed', values: features.map(({ billed }) => plain(billed)) },
          { name: 'Cost', values: features.map(({ cost }) => plain(cost)) },
        ],
        stacked: false,
      },
      roughly,
    ),
    marginTable(
      `Cost, billed value and gap by feature, in ${currency.toUpperCase()}`,
      'Feature',
      currency,
      [...features, { ...total, feature: 'All' }].map((row) => [row.feature, row]),
    ),
    marginTable('The actions that cost most', 'Action', currency, namedRows(actions, 'none')),
    marginTable('The models that cost most', 'Model', currency, namedRows(models, 'no model named')),
    marginTable(
      'The customers with the least gap',
      'Customer',
      currency,
      customers.map((row) => [row.name ?? row.customerId, row]),
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

function namedRows<Row extends MarginFigures & { readonly name: string | null }>(
  rows: readonly Row[],
  nameless: string,
): readonly (readonly [string, Row])[] {
  return rows.map((row) => [row.name ?? nameless, row]);
}

function marginTable(
  caption: string,
  what: string,
  currency: string,
  rows: readonly (readonly [string, MarginFigures])[],
): Block {
  const money = (nano: bigint): string => moneyOfNano(nano, currency);
  return table(
    caption,
    [what, ...['Uses', 'Cost', 'Billed', 'Gap', 'Margin', 'Month before'].map(figures), 'Flag'],
    rows.map(([name, row]) => [
      name,
      count(row.uses),
      money(row.cost),
      money(row.billed),
      gapCell(row, money(row.gap)),
      percent(row.margin),
      percent(row.previousMargin),
      flag(row),
    ]),
  );
}

function marginSentence({ features, total, currency }: Margins): string {
  const under = features.filter(({ underWater }) => underWater).map(({ feature }) => feature);
  const all = `All features together bring ${moneyOfNano(total.gap, currency)} more than they cost (${percent(total.margin)}).`;
  const loss = `All features together cost ${moneyOfNano(-total.gap, currency)} more than they bring.`;
  const whole = total.gap < 0n ? loss : all;
  return under.length === 0 ? whole : `Under water: ${under.join(', ')}. ${whole}`;
}

function gapCell({ underWater }: MarginFigures, shown: string): Cell {
  return underWater ? { text: shown, mark: 'bad' } : shown;
}

function flag({ underWater, belowTarget, drifted }: MarginFigures): Cell {
  if (underWater) return { text: '▼ under water', mark: 'bad' };
  if (belowTarget) return { text: '▽ below target', mark: 'warn' };
  return drifted ? { text: '◇ moved', mark: 'warn' } : '';
}

/** What nobody registered, or is blocked and was used all the same, with its months so far. */
export function unregisteredBlocks(section: Section<readonly Unregistered[]>): readonly Block[] {
  return blocksOf(section, (all) => {
    if (all.length === 0) return [text('Every model, key, feature and member that was used is registered.')];
    return [
      text(unregisteredSentence(all)),
      table(
        'Used or billed in the month without anybody answering for it, or although it is blocked',
        ['What', 'Name', 'First seen', 'First used by', figures('Uses'), figures('Cost'), 'Who answers'],
        all.map(({ kind, name, firstSeenAt, customerId, customerName, uses, costs, state, owner }) => [
          kind,
          { text: name, mark: 'warn' },
          day(firstSeenAt),
          customerName ?? customerId ?? 'on a bill alone',
          count(uses),
          costsText(costs),
          state === 'blocked' ? `blocked by ${owner}` : 'nobody',
        ]),
      ),
      historyTable(all),
    ];
  });
}

function unregisteredSentence(all: readonly Unregistered[]): string {
  const open = all.filter(({ state }) => state === 'open').length;
  const blocked = all.length - open;
  const told = `Nobody answers for ${count(open)} of the names on uses and bills.`;
  return blocked === 0
    ? told
    : `${told} ${count(blocked)} ${blocked === 1 ? 'is' : 'are'} blocked and used all the same.`;
}

function historyTable(all: readonly Unregistered[]): Block {
  const months = all[0]?.months.map(({ month }) => month) ?? [];
  return table(
    'The same over six months: uses, and what they cost',
    ['Name', ...months.map((month) => figures(shortMonth(month)))],
    all.map(({ kind, name, months: history }) => [
      `${kind} ${name}`,
      ...history.map(({ uses, costs }) =>
        uses === 0 && costs.length === 0 ? '–' : `${count(uses)}, ${costsText(costs)}`,
      ),
    ]),
  );
}

/** What uses said; what a bill asked for is told apart, since the cost of uses is in it. */
function costsText(costs: readonly KnownCost[]): string {
  if (costs.length === 0) return 'cost unknown';
  return costs
    .map(({ via, currency, cost }) => `${via === 'usage' ? '' : 'billed '}${moneyOfNano(cost, currency)}`)
    .join(', ');
}
