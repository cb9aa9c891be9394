// Sections 5 to 9: balances, exceptions, disputes, predictability, reconciliation.
import { MICRO_PER_CREDIT } from '../../domain/amount.ts';
import type {
  BalanceHealth,
  Disputes,
  Exceptions,
  Predictability,
  Reconciled,
} from '../../domain/health-pack/facts.ts';
import type { Section } from '../../domain/health-pack/section.ts';
import { type Block, figures, table, text } from '../document.ts';
import { count, credits, day, money, monthName, percent, plural, shortMonth } from '../numbers.ts';
import { barChart, roughly } from './charts.ts';
import { blocksOf } from './told.ts';

export async function balanceBlocks(section: Section<BalanceHealth>): Promise<readonly Block[]> {
  if (section.kind === 'not_enough_data') return blocksOf(section, () => []);
  const { pools, depletedEarly, neverUsed, daysToZeroMedian, daysToZero, expired, ended, expiryShare } = section.data;
  const reach = daysToZero.map(({ upToDays }, at) => {
    const from = at === 0 ? 0 : (daysToZero[at - 1]?.upToDays ?? 0) + 1;
    return upToDays === null ? `${from} days or more` : `${from}–${upToDays} days`;
  });
  const rows = [
    ['Pools with a period that ended in the month', count(pools)],
    ['Empty before the period was over', `${count(depletedEarly)} (${share(depletedEarly, pools)})`],
    ['Without any use', `${count(neverUsed)} (${share(neverUsed, pools)})`],
    [
      'Days to zero, the middle one of those that were emptied',
      daysToZeroMedian === null ? '–' : count(daysToZeroMedian),
    ],
    ['Credits that ended', credits(ended)],
    ['of which unused', `${credits(expired)} (${percent(expiryShare)})`],
  ];
  const chart =
    depletedEarly === 0
      ? []
      : [
          await barChart(
            `${count(depletedEarly)} of ${count(pools)} pools were empty before their period was over.`,
            'Bars: how many pools were emptied within how many days; the table has the figures.',
            {
              categories: reach,
              series: [{ name: 'Pools', values: daysToZero.map(({ pools: many }) => many) }],
              stacked: false,
            },
            roughly,
          ),
          table(
            'Pools by days until they were empty',
            ['Within', figures('Pools')],
            daysToZero.map(({ pools: many }, at) => [reach[at] ?? '', count(many)]),
          ),
        ];
  return [table('Balances', ['Figure', figures('This month')], rows), ...chart];
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${Math.round((part * 1000) / whole) / 10} %`;
}

export async function exceptionBlocks(section: Section<Exceptions>): Promise<readonly Block[]> {
  if (section.kind === 'not_enough_data') return blocksOf(section, () => []);
  const { goodwill, goodwillByMonth, creditNotes, adjustments, overLimit } = section.data;
  return [
    await barChart(
      `Goodwill came to ${credits(goodwill.credits)} credits in ${plural(goodwill.cases, 'case')}, after ${credits(goodwill.previous)} in the month before.`,
      'Bars: goodwill credits by month; the table has the figures.',
      {
        categories: goodwillByMonth.map(({ month }) => shortMonth(month)),
        series: [
          {
            name: 'Goodwill',
            values: goodwillByMonth.map(({ credits: micro }) => Number(micro) / Number(MICRO_PER_CREDIT)),
          },
        ],
        stacked: false,
      },
      roughly,
    ),
    table(
      'Goodwill by month',
      ['Month', figures('Cases'), figures('Credits')],
      goodwillByMonth.map(({ month, cases, credits: micro }) => [monthName(month), count(cases), credits(micro)]),
    ),
    ...listed(
      'Credit notes by reason',
      ['Reason', figures('Notes'), figures('Amount')],
      creditNotes.map(({ reason, currency, notes, minor }) => [words(reason), count(notes), money(minor, currency)]),
      'No credit note was issued.',
    ),
    ...listed(
      'Cases that were done, by kind and outcome',
      ['Kind', 'Outcome', figures('Cases'), figures('Credits')],
      adjustments.map(({ kind, outcome, cases, credits: micro }) => [
        words(kind),
        words(outcome),
        count(cases),
        credits(micro),
      ]),
      'No adjustment was made by hand.',
    ),
    text(
      `Above somebody's limit: ${count(overLimit.asked)} asked, ${count(overLimit.approved)} approved, ${count(overLimit.refused)} refused, ${count(overLimit.waiting)} waiting.`,
    ),
  ];
}

export function disputeBlocks(section: Section<Disputes>): readonly Block[] {
  return blocksOf(section, ({ disputes, lost, won, themes }) => [
    ...listed(
      'Disputes opened at the bank',
      ['Reason', figures('Disputes'), figures('Amount')],
      disputes.map(({ reason, currency, disputes: many, minor }) => [
        words(reason),
        count(many),
        money(minor, currency),
      ]),
      'No dispute was opened.',
    ),
    text(`Decided in the month: ${count(won)} won, ${count(lost)} lost.`),
    ...listed(
      'What cases were about, the most first',
      ['Theme', figures('Cases'), figures('Month before')],
      themes.map(({ theme, cases, previous }) => [words(theme), count(cases), count(previous)]),
      'No case was opened.',
    ),
  ]);
}

export function predictabilityBlocks(section: Section<Predictability>): readonly Block[] {
  return blocksOf(section, ({ customers, moved, movedShare, most }) => [
    text(
      `${count(moved)} of ${count(customers)} customers (${percent(movedShare)}) had a bill that moved by more than a quarter against the month before.`,
    ),
    ...listed(
      'The bills that moved most',
      ['Customer', figures('Month before'), figures('This month'), figures('Change')],
      most.map(({ customerId, name, currency, previousMinor, minor, change }) => [
        name ?? customerId,
        money(previousMinor, currency),
        money(minor, currency),
        change === null ? 'new' : percent(change),
      ]),
      'No bill moved.',
    ),
  ]);
}

export function reconciledBlocks(section: Section<Reconciled>): readonly Block[] {
  return blocksOf(section, ({ runs, lastRunAt, found, settled, open }) => [
    text(
      `${plural(runs, 'reconciliation')} ended in the month, the last one ${lastRunAt === null ? 'never' : `on ${day(lastRunAt)}`}. They found ${plural(found, 'difference')}, of which ${count(settled)} are settled.`,
    ),
    ...listed(
      'Open variances',
      ['Check', 'Class', figures('Variances'), 'Oldest'],
      open.map(({ check, class: kind, variances, oldestAt }) => [
        words(check),
        words(kind),
        count(variances),
        day(oldestAt),
      ]),
      'No variance is open.',
    ),
  ]);
}

function listed(
  caption: string,
  columns: Parameters<typeof table>[1],
  rows: Parameters<typeof table>[2],
  none: string,
): readonly Block[] {
  return [rows.length === 0 ? text(none) : table(caption, columns, rows)];
}

/** "billing_error" as people read it. */
function words(key: string): string {
  return key.replaceAll(/[_.]/g, ' ');
}
