// What was decided in advance to make us leave credits, evaluated each month. Each trigger has its rule, its threshold
// and its value; below its minimum it says that it cannot tell, and never guesses. Shares are hundredths of a percent.
import type { Predictability } from './facts.ts';
import { type Section, shareOf } from './section.ts';

export const TRIGGER_KEYS = [
  'stable_use',
  'explainable_metric',
  'opaque_credits',
  'reconciliation_strain',
  'unpredictable_bills',
] as const;
export type TriggerKey = (typeof TRIGGER_KEYS)[number];

/** How far a month's use may lie from the mean of three, how many customers of a cohort must be so, and so on. */
export const TRIGGER_LIMITS = {
  /** Months in a row that a cohort is looked at. */
  cycles: 3,
  spreadPercent: 25n,
  stableShare: 6_000n,
  metricShare: 8_000n,
  complaintShare: 500n,
  strainShare: 200n,
  movedShare: 3_000n,
  cohortMin: 5,
  customersMin: 10,
  invoicesMin: 10,
} as const;

/** A plan's customers over the last cycles, as the ledger has them. */
export interface CohortUse {
  readonly plan: string;
  /** With use in each of the months. */
  readonly customers: number;
  /** Whose use stayed within the spread of its own mean. */
  readonly stable: number;
  /** Micro-credits in the month, and of the action that burned most. */
  readonly credits: bigint;
  readonly topAction: string | null;
  readonly topCredits: bigint;
}

export interface TriggerFacts {
  readonly cohorts: readonly CohortUse[];
  /** Customers with use in the month, and what was opened in it: cases of a wrong or unclear bill, disputes. */
  readonly customers: number;
  readonly complaints: number;
  /** Cycle invoices finalized in the month; variances found in it that nobody could settle within a week. */
  readonly invoices: number;
  readonly strained: number;
}

export interface Trigger {
  readonly key: TriggerKey;
  /** Whose it is; null: everybody's. */
  readonly cohort: string | null;
  readonly threshold: bigint;
  /** null where there is not enough data. */
  readonly value: bigint | null;
  readonly hit: boolean | null;
  /** What of what the value is. */
  readonly part: bigint;
  readonly whole: bigint;
  /** The action that explains it, for the metric. */
  readonly subject: string | null;
  /** What is missing; null where there is a value. */
  readonly because: string | null;
}

/** Every trigger, the cohorts' ones for each cohort with enough customers. */
export function evaluateTriggers(facts: TriggerFacts, predictability: Section<Predictability>): readonly Trigger[] {
  return [
    ...cohortTriggers(facts.cohorts),
    complaintTrigger(facts),
    strainTrigger(facts),
    predictabilityTrigger(predictability),
  ];
}

function cohortTriggers(cohorts: readonly CohortUse[]): readonly Trigger[] {
  const { cycles, cohortMin, stableShare, metricShare } = TRIGGER_LIMITS;
  const large = cohorts.filter(({ customers }) => customers >= cohortMin);
  if (large.length === 0) {
    const most = Math.max(0, ...cohorts.map(({ customers }) => customers));
    const because = `no plan has ${cohortMin} customers with use in each of ${cycles} months; the most is ${most}`;
    return [unknown('stable_use', stableShare, because), unknown('explainable_metric', metricShare, because)];
  }
  return large.flatMap(({ plan, customers, stable, credits, topAction, topCredits }) => [
    known('stable_use', plan, stableShare, BigInt(stable), BigInt(customers)),
    { ...known('explainable_metric', plan, metricShare, topCredits, credits), subject: topAction },
  ]);
}

function complaintTrigger({ customers, complaints }: TriggerFacts): Trigger {
  const { customersMin, complaintShare } = TRIGGER_LIMITS;
  if (customers >= customersMin)
    return known('opaque_credits', null, complaintShare, BigInt(complaints), BigInt(customers));
  return unknown(
    'opaque_credits',
    complaintShare,
    `${customers} customers used credits in the month, it takes ${customersMin}`,
  );
}

function strainTrigger({ invoices, strained }: TriggerFacts): Trigger {
  const { invoicesMin, strainShare } = TRIGGER_LIMITS;
  if (invoices >= invoicesMin)
    return known('reconciliation_strain', null, strainShare, BigInt(strained), BigInt(invoices));
  return unknown(
    'reconciliation_strain',
    strainShare,
    `${invoices} cycle invoices in the month, it takes ${invoicesMin}`,
  );
}

function predictabilityTrigger(section: Section<Predictability>): Trigger {
  const { movedShare } = TRIGGER_LIMITS;
  if (section.kind === 'not_enough_data') return unknown('unpredictable_bills', movedShare, section.because);
  const { moved, customers } = section.data;
  return known('unpredictable_bills', null, movedShare, BigInt(moved), BigInt(customers));
}

function known(key: TriggerKey, cohort: string | null, threshold: bigint, part: bigint, whole: bigint): Trigger {
  const value = shareOf(part, whole);
  const hit = value === null ? null : value >= threshold;
  const because = value === null ? 'there is nothing to take a share of' : null;
  return { key, cohort, threshold, value, hit, part, whole, subject: null, because };
}

function unknown(key: TriggerKey, threshold: bigint, because: string): Trigger {
  return { key, cohort: null, threshold, value: null, hit: null, part: 0n, whole: 0n, subject: null, because };
}

/** Cohorts whose use is stable and told by one metric: they could be billed for what they do, without credits. */
export function readyCohorts(
  triggers: readonly Trigger[],
): readonly { readonly plan: string; readonly stable: Trigger; readonly metric: Trigger }[] {
  return triggers.flatMap((stable) => {
    if (stable.key !== 'stable_use' || stable.hit !== true || stable.cohort === null) return [];
    const metric = triggers.find(({ key, cohort }) => key === 'explainable_metric' && cohort === stable.cohort);
    return metric?.hit === true ? [{ plan: stable.cohort, stable, metric }] : [];
  });
}
