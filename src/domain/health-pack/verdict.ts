// Keep, adjust or migrate: what the month's findings come to. A finding names its evidence; the three that weigh most are
// the reasons. A cohort that is ready to leave credits weighs most, then what loses money, then what annoys.
import type { BalanceHealth, Exceptions, Margins } from './facts.ts';
import type { Section } from './section.ts';
import { readyCohorts, type Trigger } from './triggers.ts';
import { toldCost, type Unregistered } from './unregistered.ts';

export const FINDING_KEYS = [
  'cohort_ready',
  'under_water',
  'unregistered',
  'blocked_use',
  'reconciliation_strain',
  'opaque_credits',
  'unpredictable_bills',
  'goodwill_rising',
  'below_target',
  'margin_drift',
  'expiring_unused',
  'depleted_early',
  'review_due',
] as const;
export type FindingKey = (typeof FINDING_KEYS)[number];

/** One thing that speaks for another verdict than keep. Which numbers it has depends on its kind. */
export interface PackFinding {
  readonly key: FindingKey;
  /** The feature, the plan, the model. */
  readonly subject: string | null;
  readonly value: bigint | null;
  readonly previous: bigint | null;
  readonly currency: string | null;
}

export interface Verdict {
  readonly word: 'keep' | 'adjust' | 'migrate' | 'not enough data';
  /** The weightiest first; the reasons are the first three. */
  readonly findings: readonly PackFinding[];
  /** Sections and triggers that could say something, and all of them. */
  readonly told: number;
  readonly asked: number;
}

export interface VerdictFacts {
  /** Whether anything was used in the month: that nobody complained of nothing says nothing. */
  readonly hadUse: boolean;
  readonly margins: Section<Margins>;
  readonly balances: Section<BalanceHealth>;
  readonly exceptions: Section<Exceptions>;
  readonly triggers: readonly Trigger[];
  readonly unregistered: readonly Unregistered[];
  /** Plans or models whose review date has passed. */
  readonly reviewsDue: readonly string[];
}

/** Half of what ends, ends unused. */
const EXPIRY_SHARE = 5_000n;
/** Half of the pools are empty before their period is. */
const DEPLETED_PERCENT = 50;
/** Half more goodwill than the mean of the months before is rising. */
const RISING_PERCENT = 150n;

export function verdictOf(facts: VerdictFacts): Verdict {
  const findings = [...findingsOf(facts)].toSorted((a, b) => FINDING_KEYS.indexOf(a.key) - FINDING_KEYS.indexOf(b.key));
  const voices = [
    facts.margins.kind === 'data',
    facts.balances.kind === 'data',
    facts.exceptions.kind === 'data' && facts.hadUse,
    ...facts.triggers.map(({ hit }) => hit !== null),
  ];
  const told = voices.filter(Boolean).length;
  return { word: wordOf(findings, told), findings, told, asked: voices.length };
}

function wordOf(findings: readonly PackFinding[], told: number): Verdict['word'] {
  if (findings.some(({ key }) => key === 'cohort_ready')) return 'migrate';
  if (findings.length > 0) return 'adjust';
  return told === 0 ? 'not enough data' : 'keep';
}

function* findingsOf(facts: VerdictFacts): Iterable<PackFinding> {
  for (const { plan, stable } of readyCohorts(facts.triggers)) yield found('cohort_ready', plan, stable.value);
  for (const key of ['reconciliation_strain', 'opaque_credits', 'unpredictable_bills'] as const) {
    const trigger = facts.triggers.find((one) => one.key === key);
    if (trigger?.hit === true) yield found(key, null, trigger.value);
  }
  if (facts.margins.kind === 'data') yield* margins(facts.margins.data);
  for (const one of facts.unregistered) {
    const { cost = null, currency = null } = toldCost(one) ?? {};
    const key = one.state === 'blocked' ? 'blocked_use' : 'unregistered';
    yield { ...found(key, `${one.kind} ${one.name}`, cost), currency };
  }
  if (facts.exceptions.kind === 'data') yield* goodwill(facts.exceptions.data);
  if (facts.balances.kind === 'data') yield* balances(facts.balances.data);
  for (const plan of facts.reviewsDue) yield found('review_due', plan, null);
}

function* margins({ currency, features }: Margins): Iterable<PackFinding> {
  for (const { feature, gap, margin, previousMargin, underWater, belowTarget, drifted } of features) {
    if (underWater) yield { ...found('under_water', feature, gap), currency };
    else if (belowTarget) yield { ...found('below_target', feature, margin), currency };
    else if (drifted) yield { ...found('margin_drift', feature, margin), previous: previousMargin, currency };
  }
}

/** Against the mean of the months before it, of which it takes two. */
function* goodwill({ goodwillByMonth }: Exceptions): Iterable<PackFinding> {
  const before = goodwillByMonth.slice(0, -1);
  const last = goodwillByMonth.at(-1);
  if (last === undefined || before.length < 2 || last.credits === 0n) return;
  const sum = before.reduce((all, { credits }) => all + credits, 0n);
  const many = BigInt(before.length);
  if (last.credits * 100n * many < sum * RISING_PERCENT) return;
  yield { ...found('goodwill_rising', null, last.credits), previous: sum / many };
}

function* balances({ pools, depletedEarly, expiryShare }: BalanceHealth): Iterable<PackFinding> {
  if (expiryShare !== null && expiryShare >= EXPIRY_SHARE) yield found('expiring_unused', null, expiryShare);
  if (depletedEarly * 100 >= pools * DEPLETED_PERCENT) {
    yield { ...found('depleted_early', null, BigInt(depletedEarly)), previous: BigInt(pools) };
  }
}

function found(key: FindingKey, subject: string | null, value: bigint | null): PackFinding {
  return { key, subject, value, previous: null, currency: null };
}
