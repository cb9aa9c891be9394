import type { Burn, BurnRow } from '../../domain/health-pack/facts.ts';
import { endOf, type Month, monthAfter, type Section, shareOf, startOf } from '../../domain/health-pack/section.ts';
import { type BurnedCredits, burnedCredits } from '../../storage/health-pack/burn.ts';
import type { Deps } from '../deps.ts';

const ACTIONS_MAX = 10;

/** Credits burned in a month by feature, and the actions that burned most. */
export async function readBurn({ db }: Pick<Deps, 'db'>, month: Month): Promise<Section<Burn>> {
  const span = { before: startOf(monthAfter(month, -1)), from: startOf(month), until: endOf(month) };
  const burned = await burnedCredits(db, span);
  const total = burned.reduce((sum, { credits }) => sum + credits, 0n);
  if (burned.every(({ uses }) => uses === 0)) {
    return { kind: 'not_enough_data', because: `Nothing was used in ${month}.`, have: 0, need: 1 };
  }
  const actions = burned.map((row): BurnRow => ({ ...row, share: shareOf(row.credits, total) }));
  const features = [...Map.groupBy(burned, ({ feature }) => feature)]
    .map(([feature, rows]): BurnRow => ({ feature, action: null, ...sumOf(rows, total) }))
    .toSorted(mostFirst);
  return { kind: 'data', data: { total, features, actions: actions.slice(0, ACTIONS_MAX) } };
}

function sumOf(rows: readonly BurnedCredits[], total: bigint): Omit<BurnRow, 'feature' | 'action'> {
  const credits = rows.reduce((sum, row) => sum + row.credits, 0n);
  return {
    uses: rows.reduce((sum, row) => sum + row.uses, 0),
    credits,
    previous: rows.reduce((sum, row) => sum + row.previous, 0n),
    share: shareOf(credits, total),
  };
}

function mostFirst(a: BurnRow, b: BurnRow): number {
  if (a.credits === b.credits) return a.feature < b.feature ? -1 : 1;
  return a.credits > b.credits ? -1 : 1;
}
