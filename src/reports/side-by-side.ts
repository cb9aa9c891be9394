import { assumptionsOf, candidateName, type ShownCandidate } from '../domain/simulation/assumptions.ts';
// The same behaviour under the present and another model: what each customer would have paid, and who would pay more.
import {
  type ComparedBill,
  comparableMinor,
  type SimulatedBills,
  type Comparison,
  summarise,
  typicalOf,
} from '../domain/simulation/bill-comparison.ts';
import { type Block, type Cell, figures, type Report, type ReportSection, table, text } from './document.ts';
import { count, credits, day, money, plural, signedMoney } from './numbers.ts';

export interface ComparedPlans {
  readonly at: Date;
  readonly from: Date;
  readonly to: Date;
  readonly candidate: ShownCandidate;
  readonly bills: readonly ComparedBill[];
  readonly leftOut: readonly {
    readonly externalId: string | null;
    readonly name: string | null;
    readonly customerId: string;
    readonly reason: string;
  }[];
  readonly control: {
    readonly customers: number;
    readonly equal: number;
    readonly different: readonly {
      readonly customerId: string;
      readonly externalId: string | null;
      readonly currency: string;
      readonly simulatedMinor: bigint;
      readonly invoicedMinor: bigint;
    }[];
  };
}

/** The report of a simulation. */
export function sideBySideReport(compared: ComparedPlans, mode: string): Report {
  const { at, from, to, candidate } = compared;
  return {
    title: `Bills side by side: now, and under ${candidateName(candidate)}`,
    mode,
    subtitle: `Billing periods that lie whole in ${day(from)} to ${day(to)}; computed ${at.toISOString()}`,
    verdict: null,
    sections: [
      { id: 'who', title: 'Who would pay more', blocks: whoPaysMore(compared) },
      { id: 'typical', title: 'Three typical customers', blocks: typicalBlocks(compared.bills) },
      { id: 'assumptions', title: 'Assumptions', blocks: [{ kind: 'list', items: assumptionsOf(candidate) }] },
      { id: 'control', title: 'Control: simulated against invoiced', blocks: controlBlocks(compared) },
      ...leftOutSection(compared),
    ],
    foot: 'A simulation reads the books and writes nothing. Money is before tax.',
  };
}

/** How a customer is called in a report. */
export function customerName({
  name,
  externalId,
  customerId,
}: Pick<ComparedBill, 'name' | 'externalId' | 'customerId'>): string {
  return name ?? (externalId === null ? customerId : `ext:${externalId}`);
}

/** "37 customers would pay more, 12 less and 3 the same …", of one currency. */
export function comparisonSentence(sum: Comparison): string {
  const { currency, customers, payMore, payLess, same, beforeMinor, afterMinor } = sum;
  return `${plural(payMore, 'customer')} would pay more, ${count(payLess)} less and ${count(same)} the same, of ${count(customers)} in ${currency.toUpperCase()}: together ${money(afterMinor, currency)} instead of ${money(beforeMinor, currency)} (${signedMoney(afterMinor - beforeMinor, currency)}).`;
}

/** "37 customers would pay more", with each of them, the most first. */
function whoPaysMore({ bills }: ComparedPlans): readonly Block[] {
  if (bills.length === 0)
    return [{ kind: 'not enough data', because: 'No customer has a whole billing period in this span.' }];
  const sums = summarise(bills).map((sum) => text(comparisonSentence(sum)));
  return [
    ...sums,
    table(
      'Every customer, who would pay most more first',
      ['Customer', 'Plan now', 'Would be', figures('Now'), figures('Would be'), figures('Difference')],
      bills.map((bill) => [
        customerName(bill),
        bill.before.plan,
        bill.after.plan,
        money(bill.beforeMinor, bill.before.currency),
        money(bill.afterMinor, bill.after.currency),
        difference(bill),
      ]),
    ),
  ];
}

function difference({ differenceMinor, after: { currency } }: ComparedBill): Cell {
  const shown = signedMoney(differenceMinor, currency);
  if (differenceMinor === 0n) return shown;
  return { text: shown, mark: differenceMinor > 0n ? 'warn' : 'good' };
}

/** Bills of three typical customers, line by line. */
export function typicalBlocks(bills: readonly ComparedBill[]): readonly Block[] {
  const typical = typicalOf(bills);
  if (typical.length === 0)
    return [{ kind: 'not enough data', because: 'It takes three customers with a whole billing period.' }];
  return typical.flatMap(({ place, bill }) => [
    text(`${place}: ${customerName(bill)}, ${plural(bill.before.periods.length, 'billing period')}.`),
    table(
      `The bill of ${customerName(bill)} under both`,
      ['Figure', figures(`Now (${bill.before.plan})`), figures(`Would be (${bill.after.plan})`)],
      billLines(bill.before).map(([name, shown], at) => [name, shown, billLines(bill.after)[at]?.[1] ?? '']),
    ),
  ]);
}

function billLines(bills: SimulatedBills): readonly (readonly [string, string])[] {
  const { periods, currency, outcome } = bills;
  const sum = (of: (period: SimulatedBills['periods'][number]) => bigint): bigint =>
    periods.reduce((all, period) => all + of(period), 0n);
  return [
    ['Credits used', credits(sum(({ usedMicro }) => usedMicro))],
    ['of which overage', credits(sum(({ overageMicro }) => overageMicro))],
    [
      'Fees',
      money(
        sum(({ feeShareMinor, prorationMinor }) => feeShareMinor + prorationMinor),
        currency,
      ),
    ],
    [
      'Use at the list price',
      money(
        sum(({ usageMinor }) => usageMinor),
        currency,
      ),
    ],
    ['Paid by credits', money(-sum(({ creditsAppliedMinor }) => creditsAppliedMinor), currency)],
    [
      'Packs',
      money(
        sum(({ packsMinor }) => packsMinor),
        currency,
      ),
    ],
    ['Bill', money(comparableMinor(bills), currency)],
    ['Credits that expire unused', credits(outcome.expiredMicro)],
    ['Credits that would be refused or stay unpaid', credits(outcome.refusedMicro + outcome.unfundedMicro)],
  ];
}

function controlBlocks({ control: { customers, equal, different } }: ComparedPlans): readonly Block[] {
  const sentence = text(
    customers === 0
      ? 'No customer was billed under its present plan version in the whole span, so there is nothing to hold the simulation against.'
      : `The present plan's simulated bills come to what Stripe invoiced, to the minor unit, for ${count(equal)} of ${plural(customers, 'customer')} that were billed under it.`,
  );
  if (different.length === 0) return [sentence];
  return [
    sentence,
    table(
      'Customers whose invoices differ: discounts, credit notes on drafts, manual invoices or changes by another hand',
      ['Customer', figures('Simulated'), figures('Invoiced')],
      different.map(({ customerId, externalId, currency, simulatedMinor, invoicedMinor }) => [
        externalId === null ? customerId : `ext:${externalId}`,
        money(simulatedMinor, currency),
        money(invoicedMinor, currency),
      ]),
    ),
  ];
}

function leftOutSection({ leftOut }: ComparedPlans): readonly ReportSection[] {
  if (leftOut.length === 0) return [];
  const rows = leftOut.map((one) => [customerName(one), one.reason]);
  return [
    {
      id: 'left-out',
      title: 'Left out',
      blocks: [table('Customers without a bill here', ['Customer', 'Because'], rows)],
    },
  ];
}
