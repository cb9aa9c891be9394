// Which actions are not enforced, and whose shadow books a batch needs. Where all are enforced both are nothing.
import type { ActionMode } from '../domain/ladder.ts';
import type { PoolBook } from '../domain/pool-book.ts';
import type { Transaction } from '../storage/database.ts';
import type { BurnRateRow } from '../storage/plans.ts';
import { readShadows } from '../storage/shadow-draws.ts';
import type { PoolRequest } from './pool-request.ts';

const NONE: ReadonlyMap<string, ActionMode> = new Map();
const known = new WeakMap<readonly BurnRateRow[], ReadonlyMap<string, ActionMode>>();

/** The actions of a burn table below `enforce`; found once for each reading of the table. */
export function unenforcedOf(rates: readonly BurnRateRow[]): ReadonlyMap<string, ActionMode> {
  const found = known.get(rates);
  if (found !== undefined) return found;
  const below = rates.filter(({ mode }) => mode !== 'enforce');
  const modes = below.length === 0 ? NONE : new Map(below.map(({ action, mode }) => [action, mode]));
  known.set(rates, modes);
  return modes;
}

/** Reads the shadow books that these requests draw on or add to. */
export async function readNeededShadows(
  trx: Transaction,
  requests: readonly PoolRequest[],
  books: ReadonlyMap<string, PoolBook>,
  rates: ReadonlyMap<string, readonly BurnRateRow[]>,
): Promise<void> {
  const shadowed = new Set(
    [...rates].flatMap(([unit, rows]) => ([...unenforcedOf(rows).values()].includes('shadow') ? [unit] : [])),
  );
  if (shadowed.size === 0) return;
  const customers = requests.flatMap(({ customer }) =>
    shadowed.has(books.get(customer.customerId)?.unit ?? '') ? [customer] : [],
  );
  await readShadows(trx, customers, books);
}
