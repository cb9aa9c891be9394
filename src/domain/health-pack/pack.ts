// The monthly pricing health pack: what the model did, what it cost, whom it annoyed, and what to do about it.
import type { ShownCandidate } from '../simulation/assumptions.ts';
import type { ComparedBill } from '../simulation/bill-comparison.ts';
import type {
  BalanceHealth,
  Burn,
  Disputes,
  Exceptions,
  Margins,
  KeyFigures,
  Predictability,
  Reconciled,
} from './facts.ts';
import type { Month, Section } from './section.ts';
import type { Trigger } from './triggers.ts';
import type { Unregistered } from './unregistered.ts';
import type { Verdict } from './verdict.ts';

/** The same behaviour of typical customers under the candidate model. */
export interface SideBySide {
  readonly candidate: ShownCandidate;
  readonly bills: readonly ComparedBill[];
  readonly leftOut: number;
}

export interface HealthPack {
  readonly month: Month;
  /** When it was made of the books; what is recorded later is in the next one. */
  readonly at: Date;
  readonly verdict: Verdict;
  readonly keyFigures: Section<KeyFigures>;
  readonly burn: Section<Burn>;
  readonly margins: Section<Margins>;
  readonly unregistered: Section<readonly Unregistered[]>;
  readonly balances: Section<BalanceHealth>;
  readonly exceptions: Section<Exceptions>;
  readonly disputes: Section<Disputes>;
  readonly predictability: Section<Predictability>;
  readonly reconciled: Section<Reconciled>;
  readonly triggers: readonly Trigger[];
  readonly sideBySide: Section<SideBySide>;
}
