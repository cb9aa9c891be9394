// Two statements of the same thing, ours and Stripe's, and what differs. Expected differences are computed, never
// tolerated: what is explained carries its reason, everything else is open until a person or a repair closes it.
import { VARIANCE_KINDS, type VarianceKindName } from './variance-kinds.ts';
import type { VarianceKind } from './variance.ts';

export interface Difference {
  readonly kind: VarianceKindName;
  /** The one object that differs: its id is part of the variance's subject. */
  readonly object: string;
  readonly ours: string | null;
  readonly theirs: string | null;
  /** Currency, credit unit or 'meter units' of the amount; null for a difference without one. */
  readonly unit: string | null;
  /** Theirs less ours. */
  readonly amount: string | null;
  /** Why this is as it must be; null leaves the variance unexplained. */
  readonly explanation: string | null;
}

export interface Comparison {
  /** Objects and sums that were compared. */
  readonly compared: number;
  readonly differences: readonly Difference[];
}

/** How long Stripe may take to count an accepted meter event before it is missing (docs name no bound). */
export const METER_LAG_MS = 3_600_000;

/** How long a message may wait for its turn before it is stuck. */
export const MESSAGE_LAG_MS = 3_600_000;

export function kindOf(difference: Difference): VarianceKind {
  return VARIANCE_KINDS[difference.kind];
}

/** A variance is the same one from run to run when its kind and object are. */
export function subjectOf({ kind, object }: Difference): string {
  return `${kind} ${object}`;
}

type Sides = Pick<Difference, 'ours' | 'theirs'>;

/** A difference of two amounts of one unit. */
export function amountDiffers(
  kind: VarianceKindName,
  object: string,
  { ours, theirs, unit }: { readonly ours: bigint; readonly theirs: bigint; readonly unit: string },
  explanation: string | null = null,
): Difference {
  return {
    kind,
    object,
    ours: ours.toString(),
    theirs: theirs.toString(),
    unit,
    amount: (theirs - ours).toString(),
    explanation,
  };
}

/** A difference that is no amount: something is missing, or a state or a name differs. */
export function factDiffers(
  kind: VarianceKindName,
  object: string,
  { ours, theirs }: Sides,
  explanation: string | null = null,
): Difference {
  return { kind, object, ours, theirs, unit: null, amount: null, explanation };
}

export interface Paired<Ours, Theirs> {
  readonly both: readonly (readonly [Ours, Theirs])[];
  readonly onlyOurs: readonly Ours[];
  readonly onlyTheirs: readonly Theirs[];
}

/** Matches two lists by id. */
export function paired<Ours, Theirs>(
  ours: readonly Ours[],
  theirs: readonly Theirs[],
  idOfOurs: (item: Ours) => string | null,
  idOfTheirs: (item: Theirs) => string,
): Paired<Ours, Theirs> {
  const left = new Map(theirs.map((item) => [idOfTheirs(item), item]));
  const both: (readonly [Ours, Theirs])[] = [];
  const onlyOurs: Ours[] = [];
  for (const item of ours) {
    const id = idOfOurs(item);
    const match = id === null ? undefined : left.get(id);
    if (match === undefined || id === null) onlyOurs.push(item);
    else {
      both.push([item, match]);
      left.delete(id);
    }
  }
  return { both, onlyOurs, onlyTheirs: [...left.values()] };
}

export function joined(comparisons: readonly Comparison[]): Comparison {
  return {
    compared: comparisons.reduce((sum, { compared }) => sum + compared, 0),
    differences: comparisons.flatMap(({ differences }) => differences),
  };
}
