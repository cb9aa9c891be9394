import { endOf, type Month, monthsUntil, type Section, startOf } from '../../domain/health-pack/section.ts';
import { type Unregistered, unregisteredOf } from '../../domain/health-pack/unregistered.ts';
import { SHADOW_KINDS } from '../../domain/shadow.ts';
import { customerNames } from '../../storage/customer-names.ts';
import { namedUse } from '../../storage/health-pack/unregistered.ts';
import { listFindings, listRegisteredUses } from '../../storage/shadow.ts';
import { readWhole } from '../../storage/whole-reads.ts';
import type { Deps } from '../deps.ts';
import { HISTORY_MONTHS } from './margins.ts';

/** What was used in the month and nobody registered: of the kinds that are watched, since one of them is registered. */
export async function readUnregistered(
  { db }: Pick<Deps, 'db'>,
  month: Month,
): Promise<Section<readonly Unregistered[]>> {
  return readWhole(db, async (trx): Promise<Section<readonly Unregistered[]>> => {
    const registry = await listRegisteredUses(trx);
    if (registry.length === 0) {
      const because = 'Nothing is registered, so nothing can be told apart: creditpool shadow register.';
      return { kind: 'not_enough_data', because, have: 0, need: 1 };
    }
    const months = monthsUntil(month, HISTORY_MONTHS);
    const kinds = SHADOW_KINDS.filter((kind) => registry.some((entry) => entry.kind === kind));
    const named = await namedUse(trx, { from: startOf(months[0] ?? month), until: endOf(month), kinds });
    const earlier = new Map((await listFindings(trx)).map((one) => [`${one.kind}/${one.name}`, one]));
    const found = unregisteredOf(registry, named, months).map((one) => {
      // Found before these months began.
      const before = earlier.get(`${one.kind}/${one.name}`);
      if (before === undefined || before.firstSeenAt >= one.firstSeenAt) return one;
      return { ...one, firstSeenAt: before.firstSeenAt, customerId: before.customerId };
    });
    const names = await customerNames(trx, [...new Set(found.flatMap(({ customerId }) => customerId ?? []))]);
    const data = found.map((one) => ({ ...one, customerName: names.get(one.customerId ?? '')?.name ?? null }));
    return { kind: 'data', data };
  });
}
