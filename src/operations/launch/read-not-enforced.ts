// Which actions are only watched, for whoever reads a balance or a page: nothing of them is posted.
import type { ActionMode, NotEnforced } from '../../domain/ladder.ts';
import type { BurnRateRow } from '../../storage/plans.ts';
import { catalogueFor, ratesFor } from '../../storage/plans.ts';
import type { Deps } from '../deps.ts';

const ALL_ENFORCED: NotEnforced = { observe: [], shadow: [], nothingEnforced: false };

/** Of one credit unit; without a unit, of what is sold now. Known a second late at most. */
export async function readNotEnforced({ db }: Pick<Deps, 'db'>, unit?: string | null): Promise<NotEnforced> {
  const name = unit ?? (await catalogueFor(db))?.unit.name;
  return name === undefined ? ALL_ENFORCED : notEnforced(await ratesFor(db, name));
}

function notEnforced(rates: readonly BurnRateRow[]): NotEnforced {
  const modes = new Map<string, ActionMode>(rates.map(({ action, mode }) => [action, mode]));
  const of = (mode: ActionMode): readonly string[] =>
    [...modes].flatMap(([action, its]) => (its === mode ? [action] : []));
  return {
    observe: of('observe'),
    shadow: of('shadow'),
    nothingEnforced: modes.size > 0 && of('enforce').length === 0,
  };
}
