// What became of usage on its way to an invoice: received, priced, posted, invoiced, counted by Stripe. Credits in
// micro-credits, money in minor units.

/** The usage that one invoice bills: a billing period, or the periods of a cycle whose price changed. */
export interface UsageOfInvoice {
  readonly customerId: string;
  readonly customer: string | null;
  /** Null while Stripe has made no invoice. */
  readonly invoiceId: string | null;
  readonly number: string | null;
  readonly isFinal: boolean;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly unit: string;
  /** One unit of Stripe's meter. */
  readonly meterUnitMicro: bigint;
  readonly periods: number;
  /** Handed to Stripe's meter. */
  readonly meteredMicro: bigint;
  /** Consumed, by the accounts. */
  readonly ledgerMicro: bigint;
  /** On usage lines; null while the invoice is not final. */
  readonly invoicedMicro: bigint | null;
  readonly lines: number;
  /** What the usage lines came to before credits and discounts. */
  readonly invoicedMinor: bigint;
  readonly currency: string | null;
}

export interface UsageTotals {
  readonly metered: bigint;
  readonly ledger: bigint;
  /** Of final invoices. */
  readonly invoiced: bigint;
  /** What is metered of periods whose invoice is not final. */
  readonly notInvoiced: bigint;
  /** Less than a meter unit in each period is carried until it is a whole one: expected. */
  readonly fraction: bigint;
  readonly invoices: number;
  readonly waiting: number;
}

/** Sums of a unit's rows. */
export function usageTotals(rows: readonly UsageOfInvoice[]): UsageTotals {
  const sum = (of: (row: UsageOfInvoice) => bigint): bigint => rows.reduce((total, row) => total + of(row), 0n);
  const open = rows.filter(({ invoicedMicro }) => invoicedMicro === null);
  return {
    metered: sum(({ meteredMicro }) => meteredMicro),
    ledger: sum(({ ledgerMicro }) => ledgerMicro),
    invoiced: sum(({ invoicedMicro }) => invoicedMicro ?? 0n),
    notInvoiced: open.reduce((total, { meteredMicro }) => total + meteredMicro, 0n),
    fraction: sum((row) => (isFraction(row) ? row.ledgerMicro - row.meteredMicro : 0n)),
    invoices: rows.length - open.length,
    waiting: open.length,
  };
}

/** Whether what is not metered is only the rest below a meter unit of each period. */
function isFraction({ ledgerMicro, meteredMicro, meterUnitMicro, periods }: UsageOfInvoice): boolean {
  const rest = ledgerMicro - meteredMicro;
  return rest >= 0n && rest < meterUnitMicro * BigInt(periods);
}

/** What differs and is not expected: metered less ledger (without fractions), and invoiced less metered. */
export function usageDifference(totals: UsageTotals): { readonly metered: bigint; readonly invoiced: bigint } {
  return {
    metered: totals.metered + totals.fraction - totals.ledger,
    invoiced: totals.invoiced + totals.notInvoiced - totals.metered,
  };
}

/** Events of the same periods, as they came in. */
export interface EventCounts {
  readonly received: number;
  /** Kept apart because something in them is wrong: no price, so no credits. */
  readonly quarantined: number;
  readonly pricedMicro: bigint;
  readonly posted: number;
  readonly unfunded: number;
  readonly unfundedMicro: bigint;
  readonly observed: number;
  readonly observedMicro: bigint;
  readonly reversed: number;
  readonly reversedMicro: bigint;
  /** Captures of holds: used, and no event of their own. */
  readonly captures: number;
}

export const FUNNEL_STEPS = ['events', 'priced', 'ledger', 'invoice lines', 'Stripe'] as const;

export interface FunnelStep {
  readonly name: (typeof FUNNEL_STEPS)[number];
  readonly count: number;
  /** What is counted: "3 usage lines of final invoices". */
  readonly noun: string;
  readonly what: string;
  /** Decimal text of micro-credits; null where nothing is priced yet. */
  readonly credits: string | null;
  /** Why this is less, or more, than the step before; empty when nothing dropped. */
  readonly drops: readonly FunnelDrop[];
}

export interface FunnelDrop {
  readonly why: string;
  readonly count: number;
  readonly credits: string | null;
  /** Expected drops are told, others are marked. */
  readonly expected: boolean;
}

export interface Funnel {
  /** `YYYY-MM`: of the billing periods that end in it. */
  readonly month: string;
  readonly unit: string;
  readonly steps: readonly FunnelStep[];
}

/** What Stripe has, where the comparison found something else than ours. */
export interface MeterFindings {
  /** Stripe's sum less ours, of differences that nothing explains. */
  readonly micro: bigint;
  readonly variances: number;
  /** Meter events that Stripe accepted. */
  readonly sent: number;
}

/** The five steps of one month and unit. */
export function usageFunnel(
  of: Pick<Funnel, 'month' | 'unit'>,
  rows: readonly UsageOfInvoice[],
  events: EventCounts,
  meter: MeterFindings,
): Funnel {
  const totals = usageTotals(rows);
  const { metered: unmetered, invoiced: uninvoiced } = usageDifference(totals);
  const drop = (why: string, count: number, micro: bigint | null, expected: boolean): readonly FunnelDrop[] =>
    count === 0 && (micro ?? 0n) === 0n ? [] : [{ why, count, credits: micro?.toString() ?? null, expected }];
  const lines = rows.reduce((sum, row) => sum + row.lines, 0);
  const steps: readonly FunnelStep[] = [
    {
      name: 'events',
      noun: 'event',
      what: 'received',
      count: events.received + events.quarantined,
      credits: null,
      drops: [],
    },
    {
      name: 'priced',
      noun: 'event',
      what: 'priced',
      count: events.received,
      credits: events.pricedMicro.toString(),
      drops: drop('in quarantine', events.quarantined, null, false),
    },
    {
      name: 'ledger',
      noun: events.captures === 0 ? 'event' : 'use',
      what: 'posted',
      count: events.posted + events.captures - events.reversed,
      credits: totals.ledger.toString(),
      drops: [
        ...drop('stored, and nobody pays yet', events.unfunded, events.unfundedMicro, false),
        ...drop('only observed', events.observed, events.observedMicro, true),
        ...drop('undone again', events.reversed, events.reversedMicro, true),
      ],
    },
    {
      name: 'invoice lines',
      noun: 'usage line',
      what: 'of final invoices',
      count: lines,
      credits: totals.invoiced.toString(),
      drops: [
        ...drop('of periods whose invoice is not final', totals.waiting, totals.notInvoiced, true),
        ...drop('rests below one meter unit', 0, totals.fraction, true),
        ...drop('posted and not metered', 0, -unmetered, false),
        ...drop('metered and not invoiced', 0, -uninvoiced, false),
      ],
    },
    {
      name: 'Stripe',
      noun: 'meter event',
      what: 'accepted',
      count: meter.sent,
      credits: (totals.metered + meter.micro).toString(),
      drops: drop('Stripe counts something else', meter.variances, -meter.micro, false),
    },
  ];
  return { ...of, steps };
}
