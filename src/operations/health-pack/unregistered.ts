import { endOf, type Month, type Section, startOf } from '../../domain/health-pack/section.ts';
import type { Unregistered } from '../../domain/health-pack/verdict.ts';
import { entryFor, isWatched } from '../../domain/shadow.ts';
import { transaction } from '../../storage/database.ts';
import { namedUse } from '../../storage/health-pack/unregistered.ts';
import { execute } from '../../storage/query.ts';
import { listRegisteredUses } from '../../storage/shadow.ts';
import type { Deps } from '../deps.ts';

/** What was used in the month and nobody registered: of the kinds that are watched, since one of them is registered. */
export async function readUnregistered(
  { db }: Pick<Deps, 'db'>,
  month: Month,
): Promise<Section<readonly Unregistered[]>> {
  return transaction(
    db,
    async (trx): Promise<Section<readonly Unregistered[]>> => {
      await execute(trx, `set local statement_timeout = '120s'`);
      const registry = await listRegisteredUses(trx);
      if (registry.length === 0) {
        const because = 'Nothing is registered, so nothing can be told apart: creditpool shadow register.';
        return { kind: 'not_enough_data', because, have: 0, need: 1 };
      }
      const named = await namedUse(trx, startOf(month), endOf(month));
      const data = named.filter(
        ({ kind, name }) => isWatched(registry, kind) && entryFor(registry, kind, name) === null,
      );
      return { kind: 'data', data };
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}
