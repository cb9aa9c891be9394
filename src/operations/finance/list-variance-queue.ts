// The queue of differences as a person narrows it, with how many there are of each class and age, and the filters he kept.
import { refusedText } from '../../domain/free-text.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { now } from '../../storage/clock.ts';
import { listOperators } from '../../storage/operators.ts';
import { deleteFilter, listSavedFilters, type SavedFilter, saveFilter } from '../../storage/saved-filters.ts';
import {
  type ClassCount,
  countOlder,
  countVariances,
  findVariance,
  type QueuedVariance,
  type VarianceFilter,
  varianceQueue,
} from '../../storage/variance-queue.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';

export type { QueuedVariance } from '../../storage/variance-queue.ts';
export type { SavedFilter } from '../../storage/saved-filters.ts';

export const AGES_DAYS = [1, 7, 30] as const;
const DAY_MS = 86_400_000;

export interface VarianceQueue {
  readonly rows: readonly QueuedVariance[];
  readonly hasMore: boolean;
  /** Of every class, whatever class is asked for. */
  readonly classes: readonly ClassCount[];
  /** How many are older than each of `AGES_DAYS`. */
  readonly older: readonly number[];
  readonly owners: readonly Person[];
  readonly saved: readonly SavedFilter[];
  readonly now: Date;
}

export interface Person {
  readonly subject: string;
  readonly name: string;
}

export interface QueueQuery extends Omit<VarianceFilter, 'foundBefore'> {
  readonly olderThanDays?: number;
  /** The last variance of the page before. */
  readonly after?: string;
  readonly limit: number;
}

export async function listVarianceQueue(
  { db }: Pick<Deps, 'db'>,
  acting: Acting,
  { olderThanDays, after, limit, ...asked }: QueueQuery,
): Promise<VarianceQueue | Refused> {
  const actor = await permitted(db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  const at = await now(db);
  const before = (days: number): Date => new Date(at.getTime() - days * DAY_MS);
  const filter = { ...asked, ...(olderThanDays !== undefined && { foundBefore: before(olderThanDays) }) };
  const { class: _ofClass, ...anyClass } = filter;
  const last = after === undefined ? null : await findVariance(db, after);
  const rows = await varianceQueue(db, filter, { after: last, limit: limit + 1 });
  return {
    rows: rows.slice(0, limit),
    hasMore: rows.length > limit,
    classes: await countVariances(db, anyClass),
    older: await countOlder(db, asked, AGES_DAYS.map(before)),
    owners: await peopleOfFinance(db),
    saved: await listSavedFilters(db, { subject: actor.subject, page: 'variances' }),
    now: at,
  };
}

/** Who can own a variance. */
export async function peopleOfFinance(db: Deps['db']): Promise<readonly Person[]> {
  const people = await listOperators(db);
  return people.flatMap(({ subject, name, roles, disabled }) =>
    disabled || roles.length === 0 ? [] : [{ subject, name }],
  );
}

const NAME_MAX = 60;

/** Keeps a filter under a name, for oneself. */
export async function keepFilter(
  deps: Pick<Deps, 'db' | 'newId'>,
  acting: Acting,
  { name, query }: { readonly name: string; readonly query: string },
): Promise<Refused | null> {
  const actor = await permitted(deps.db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  const refusal = refusedText(name, 'name', NAME_MAX);
  if (refusal !== null) return refusal;
  if (name.trim() === '') return refuse('invalid_request', 'give the filter a name', { param: 'name' });
  await saveFilter(deps.db, {
    savedFilterId: deps.newId(),
    subject: actor.subject,
    page: 'variances',
    name: name.trim(),
    query,
    savedAt: await now(deps.db),
  });
  return null;
}

export async function forgetFilter(
  { db }: Pick<Deps, 'db'>,
  acting: Acting,
  savedFilterId: string,
): Promise<Refused | null> {
  const actor = await permitted(db, acting, 'close.read');
  if ('rejected' in actor) return actor;
  const gone = await deleteFilter(db, { subject: actor.subject, savedFilterId });
  return gone ? null : refuse('unknown_filter', 'you have no filter of this id');
}
