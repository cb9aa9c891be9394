import type { BalanceHealth } from '../../domain/health-pack/facts.ts';
import { endOf, type Month, type Section, shareOf, startOf } from '../../domain/health-pack/section.ts';
import { now as clock } from '../../storage/clock.ts';
import { endedCredits, endedPeriods } from '../../storage/health-pack/balances.ts';
import { readWhole } from '../../storage/whole-reads.ts';
import type { Deps } from '../deps.ts';

/** Fewer pools say nothing of customers at large. */
const POOLS_MIN = 5;
const DAYS = [7, 14, 21, null] as const;

/**
 * How balances fared in billing periods that ended in a month. One that ends with the month's last instant counts for it,
 * and so do the credits that expired there.
 */
export async function readBalanceHealth({ db }: Pick<Deps, 'db'>, month: Month): Promise<Section<BalanceHealth>> {
  // Of a month that is not over: what has ended by now.
  const now = await clock(db);
  const span = [startOf(month), now < endOf(month) ? now : endOf(month)] as const;
  const [periods, { used, expired }] = await readWhole(db, async (trx) => [
    await endedPeriods(trx, ...span),
    await endedCredits(trx, ...span),
  ]);
  const pools = new Set(periods.map(({ poolId }) => poolId)).size;
  if (pools < POOLS_MIN) {
    const because = `Only ${pools} pools had a billing period that ended in ${month}.`;
    return { kind: 'not_enough_data', because, have: pools, need: POOLS_MIN };
  }
  const byPool = [...Map.groupBy(periods, ({ poolId }) => poolId).values()];
  const days = byPool
    .flatMap((own) => own.find(({ daysToZero }) => daysToZero !== null)?.daysToZero ?? [])
    .toSorted((a, b) => a - b);
  return {
    kind: 'data',
    data: {
      pools,
      depletedEarly: days.length,
      neverUsed: byPool.filter((own) => own.every((period) => period.used === 0n)).length,
      daysToZeroMedian: days[Math.floor((days.length - 1) / 2)] ?? null,
      daysToZero: DAYS.map((upToDays, at) => {
        const above = at === 0 ? -1 : (DAYS[at - 1] ?? -1);
        return { upToDays, pools: days.filter((day) => day > above && (upToDays === null || day <= upToDays)).length };
      }),
      expired,
      ended: used + expired,
      expiryShare: shareOf(expired, used + expired),
    },
  };
}
