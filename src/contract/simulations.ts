// Simulations as the API and the commands take and show them.
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';

import { formatCredits } from '../domain/amount.ts';
import { assumptionsOf, candidateName, type ShownCandidate } from '../domain/simulation/assumptions.ts';
import { type ComparedBill, type SimulatedBills, summarise } from '../domain/simulation/bill-comparison.ts';
import { customerName, toWireId } from './ids.ts';
import { guarded } from './spreadsheet.ts';
import { instant, text } from './text.ts';

/** "present", "team", "team@3". */
export const planName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,60}(@[1-9]\d{0,5})?$/, 'must be a plan such as team, or one of its versions such as team@3')
  .transform((name): { readonly plan: string; readonly version: number | null } => {
    const [plan = '', version] = name.split('@');
    return { plan, version: version === undefined ? null : Number(version) };
  });

export const simulationBody = z
  .strictObject({
    plan: planName.optional(),
    /** A whole catalogue, as a file has it; it is not pushed. */
    catalogue: z.unknown().optional(),
    catalogue_name: text(200).optional(),
    from: instant,
    to: instant,
    customer: customerName.optional(),
    format: z.enum(['json', 'csv', 'html', 'markdown']).default('json'),
  })
  .refine(({ from, to }) => from < to, { error: 'must lie after from', path: ['to'] })
  .refine(({ plan, catalogue }) => plan !== undefined || catalogue !== undefined, {
    error: 'name a plan (or "present"), or send a catalogue',
    path: ['plan'],
  });

export interface SimulationFacts {
  readonly at: Date;
  readonly from: Date;
  readonly to: Date;
  readonly candidate: ShownCandidate;
  readonly bills: readonly ComparedBill[];
  readonly leftOut: readonly {
    readonly customerId: string;
    readonly externalId: string | null;
    readonly name: string | null;
    readonly reason: string;
  }[];
  readonly control: {
    readonly customers: number;
    readonly equal: number;
    readonly different: readonly {
      readonly customerId: string;
      readonly currency: string;
      readonly simulatedMinor: bigint;
      readonly invoicedMinor: bigint;
    }[];
  };
}

export function shownSimulation({ at, from, to, candidate, bills, leftOut, control }: SimulationFacts) {
  return {
    object: 'simulation',
    at,
    from,
    to,
    candidate: candidateName(candidate),
    assumptions: assumptionsOf(candidate),
    summary: summarise(bills).map((sums) => ({
      currency: sums.currency,
      customers: sums.customers,
      pay_more: sums.payMore,
      pay_less: sums.payLess,
      same: sums.same,
      before_minor: Number(sums.beforeMinor),
      after_minor: Number(sums.afterMinor),
    })),
    control: {
      customers: control.customers,
      equal: control.equal,
      different: control.different.map(({ customerId, currency, simulatedMinor, invoicedMinor }) => ({
        customer: toWireId('customer', customerId),
        currency,
        simulated_minor: Number(simulatedMinor),
        invoiced_minor: Number(invoicedMinor),
      })),
    },
    data: bills.map(shownBill),
    left_out: leftOut.map(({ customerId, externalId, name, reason }) => ({
      customer: toWireId('customer', customerId),
      external_id: externalId,
      name,
      reason,
    })),
  };
}

function shownBill({ customerId, externalId, name, before, after, ...sums }: ComparedBill) {
  return {
    object: 'compared_bill',
    customer: toWireId('customer', customerId),
    external_id: externalId,
    name,
    currency: after.currency,
    before_minor: Number(sums.beforeMinor),
    after_minor: Number(sums.afterMinor),
    difference_minor: Number(sums.differenceMinor),
    before: shownBills(before),
    after: shownBills(after),
  };
}

function shownBills({ plan, periods, outcome }: SimulatedBills) {
  return {
    plan,
    periods: periods.map((bill) => ({
      starts_at: bill.startsAt,
      ends_at: bill.endsAt,
      seats: bill.seats,
      fee_minor: Number(bill.feeMinor),
      fee_share_minor: Number(bill.feeShareMinor),
      proration_minor: Number(bill.prorationMinor),
      credits_used: formatCredits(bill.usedMicro),
      overage: formatCredits(bill.overageMicro),
      usage_minor: Number(bill.usageMinor),
      credits_applied_minor: Number(bill.creditsAppliedMinor),
      packs_minor: Number(bill.packsMinor),
      rounding_minor: Number(bill.roundingMinor),
      total_minor: Number(bill.totalMinor),
    })),
    expired: formatCredits(outcome.expiredMicro),
    unfunded: formatCredits(outcome.unfundedMicro),
    debt: formatCredits(outcome.debtMicro),
    refused: formatCredits(outcome.refusedMicro),
    refusals: Object.fromEntries(outcome.refusals),
  };
}

const COLUMNS = [
  'customer',
  'external_id',
  'name',
  'currency',
  'plan_before',
  'plan_after',
  'periods',
  'before_minor',
  'after_minor',
  'difference_minor',
  'credits_used',
  'refused_or_unfunded_credits',
] as const;

/** A row for each customer, who would pay most more first. */
export function simulationCsv({ bills }: Pick<SimulationFacts, 'bills'>): string {
  const rows = bills.map(({ customerId, externalId, name, before, after, ...sums }) => ({
    customer: toWireId('customer', customerId),
    external_id: guarded(externalId),
    name: guarded(name),
    currency: after.currency,
    plan_before: before.plan,
    plan_after: after.plan,
    periods: String(after.periods.length),
    before_minor: String(sums.beforeMinor),
    after_minor: String(sums.afterMinor),
    difference_minor: String(sums.differenceMinor),
    credits_used: formatCredits(after.periods.reduce((sum, { usedMicro }) => sum + usedMicro, 0n)),
    refused_or_unfunded_credits: formatCredits(after.outcome.refusedMicro + after.outcome.unfundedMicro),
  }));
  return stringify(rows, { header: true, columns: [...COLUMNS], record_delimiter: 'windows' });
}
