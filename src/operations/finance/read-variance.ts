// One difference with what stands behind it on each side.
import { NIL_ID } from '../../domain/account.ts';
import type { Correction } from '../../domain/correction.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { now } from '../../storage/clock.ts';
import { correctionsOf } from '../../storage/corrections.ts';
import { type EvidenceFile, evidenceOf } from '../../storage/evidence-files.ts';
import {
  type EvidenceEntry,
  type EvidenceObject,
  type EvidenceUsage,
  entriesBehind,
  namedObjects,
  objectsBehind,
  sumsBehind,
  usageBehind,
  type UsageSum,
} from '../../storage/variance-evidence.ts';
import { findVariance, type QueuedVariance } from '../../storage/variance-queue.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';
import { peopleOfFinance, type Person } from './list-variance-queue.ts';
import { type Names, readNames } from './read-runs.ts';

export type { EvidenceEntry, EvidenceObject, EvidenceUsage } from '../../storage/variance-evidence.ts';

export interface VarianceView {
  readonly variance: QueuedVariance;
  readonly usage: readonly EvidenceUsage[];
  readonly entries: readonly EvidenceEntry[];
  readonly objects: readonly EvidenceObject[];
  /** Null where the difference belongs to no billing period. */
  readonly sums: UsageSum | null;
  readonly entriesInAll: number;
  readonly owners: readonly Person[];
  readonly files: readonly EvidenceFile[];
  /** The newest first. */
  readonly corrections: readonly Correction[];
  readonly names: Names;
  readonly now: Date;
}

const SHOWN = 8;

export async function readVariance(
  { db }: Pick<Deps, 'db'>,
  acting: Acting,
  varianceId: string,
): Promise<VarianceView | Refused> {
  const actor = await permitted(db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  const variance = await findVariance(db, varianceId);
  if (variance === null) return refuse('unknown_variance', 'there is no variance of this id');
  const common = {
    variance,
    owners: await peopleOfFinance(db),
    files: await evidenceOf(db, variance, varianceId),
    corrections: await correctionsOf(db, variance, varianceId),
    names: await readNames({ db }),
    now: await now(db),
  };
  if (variance.customerId === NIL_ID) {
    return { ...common, usage: [], entries: [], objects: [], sums: null, entriesInAll: 0 };
  }
  const [, ...words] = variance.subject.split(/[\s/]+/);
  const named = await namedObjects(db, variance, words);
  const sums = await sumsBehind(db, variance, named);
  return {
    ...common,
    usage: await usageBehind(db, variance, named, SHOWN),
    entries: await entriesBehind(db, variance, named, SHOWN),
    objects: await objectsBehind(db, variance, named, SHOWN),
    sums: named.billingPeriodIds.length > 0 || sums.events > 0 ? sums : null,
    entriesInAll: sums.entries,
  };
}
