import { nextRate, rateInForce } from '../domain/rating.ts';
import { currentCatalogue } from '../storage/catalogues.ts';
import { now as readClock } from '../storage/clock.ts';
import { listRates, type BurnRateRow } from '../storage/plans.ts';
import type { Deps } from './deps.ts';

export interface PricedAction {
  readonly action: string;
  /** null for an action whose first rate is still to come */
  readonly inForce: BurnRateRow | null;
  /** What takes its place, and when: the announcement of a change. */
  readonly next: BurnRateRow | null;
}

export interface BurnTable {
  /** null before the first push */
  readonly unit: string | null;
  readonly asOf: Date;
  readonly actions: readonly PricedAction[];
}

/** What each action costs at an instant (now unless given), and the next change of it. */
export async function readBurnTable({ db }: Pick<Deps, 'db'>, at: Date | null = null): Promise<BurnTable> {
  const asOf = at ?? (await readClock(db));
  const catalogue = await currentCatalogue(db);
  if (catalogue === null) return { unit: null, asOf, actions: [] };
  const unit = catalogue.content.unit.name;
  const rows = await listRates(db, unit);
  const actions = [...new Set(rows.map(({ action }) => action))].map((action) => ({
    action,
    inForce: rateInForce(rows, action, asOf),
    next: nextRate(rows, action, asOf),
  }));
  return { unit, asOf, actions };
}
