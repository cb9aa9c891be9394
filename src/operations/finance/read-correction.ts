// Corrections as people look at them: with the variance, the names of those who asked and agreed, and the files.
import type { Correction } from '../../domain/correction.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { findVariance, type QueuedVariance } from '../../storage/variance-queue.ts';
import { findCorrection, listCorrections } from '../corrections/list-corrections.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';
import { type Names, readNames } from './read-runs.ts';

export interface CorrectionView {
  readonly correction: Correction;
  readonly variance: QueuedVariance;
  readonly names: Names;
}

export async function readCorrectionView(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
  correctionId: string,
): Promise<CorrectionView | Refused> {
  const actor = await permitted(deps.db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  const correction = await findCorrection(deps, correctionId);
  if ('rejected' in correction) return correction;
  const variance = await findVariance(deps.db, correction.varianceId);
  if (variance === null) return refuse('unknown_variance', 'there is no variance of this id');
  return { correction, variance, names: await readNames(deps) };
}

const SHOWN = 50;

export interface CorrectionQueue {
  /** Those that wait for a second person, the oldest first. */
  readonly waiting: readonly Correction[];
  /** All, the newest first. */
  readonly newest: readonly Correction[];
  readonly names: Names;
}

export async function readCorrections(deps: Pick<Deps, 'db'>, acting: Acting): Promise<CorrectionQueue | Refused> {
  const actor = await permitted(deps.db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  const waiting = await listCorrections(deps, { state: 'waiting', limit: SHOWN });
  const newest = await listCorrections(deps, { state: null, limit: SHOWN });
  return { waiting: waiting.corrections, newest: newest.corrections, names: await readNames(deps) };
}
