import type { CustomerKey } from '../domain/customer.ts';
import { type MeterBucket, type MeterDelta, rolledUp, windowEnd } from '../domain/meter.ts';
import { now } from '../storage/clock.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import {
  lockMeterPeriod,
  type LockedPeriod,
  periodsToRollUp,
  saveRollUp,
  waitingBuckets,
  type WaitingPeriod,
} from '../storage/meter-buckets.ts';
import { enqueue } from '../storage/outbox.ts';
import type { MeterEventRequest } from '../stripe/meter-events.ts';
import type { Deps } from './deps.ts';

export interface RollUp {
  readonly limit: number;
  /** Windows that still run, too: at the cut-off, and in a sandbox. */
  readonly flush?: boolean;
  readonly only?: CustomerKey & { readonly billingPeriodId: string };
}

export interface RolledUpUsage {
  readonly periods: number;
  readonly meterEvents: number;
  /** The limit was reached: call again. */
  readonly hasMore: boolean;
}

/** Turns usage of windows that have ended into meter events in the outbox. */
export async function rollUpUsage(deps: Deps, { limit, flush = false, only }: RollUp): Promise<RolledUpUsage> {
  const windowMinutes = deps.settings.meterWindowMinutes;
  const waiting = await periodsToRollUp(deps.db, {
    now: await now(deps.db),
    windowMinutes,
    flush,
    limit,
    ...(only !== undefined && { only }),
  });
  let meterEvents = 0;
  for (const period of waiting) {
    meterEvents += await transaction(deps.db, async (trx) => rollUpPeriod(trx, period, { windowMinutes, flush }));
  }
  return { periods: waiting.length, meterEvents, hasMore: waiting.length === limit };
}

async function rollUpPeriod(
  trx: Transaction,
  waiting: WaitingPeriod,
  { windowMinutes, flush }: { readonly windowMinutes: number; readonly flush: boolean },
): Promise<number> {
  const period = await lockMeterPeriod(trx, waiting);
  if (period === null) return 0;
  const at = await now(trx);
  const isDue = ({ windowStart }: MeterBucket): boolean =>
    flush || windowEnd(windowStart, period.endsAt, windowMinutes) <= at;
  const buckets = (await waitingBuckets(trx, waiting)).filter(isDue);
  const rolled = rolledUp(period, buckets, { meterUnitMicro: period.meterUnitMicro, now: at });
  for (const delta of rolled.deltas) {
    await enqueue(trx, waiting, {
      queue: 'meter',
      call: 'meter_event',
      subjectId: period.stripeCustomerId,
      request: { ...meterEventRequest(period, delta) },
      key: delta.identifier,
      billingPeriodId: period.billingPeriodId,
    });
  }
  await saveRollUp(trx, waiting, buckets, rolled);
  return rolled.deltas.length;
}

function meterEventRequest(
  { eventName, stripeCustomerId }: LockedPeriod,
  { identifier, value, stampedAt }: MeterDelta,
): MeterEventRequest {
  return {
    event_name: eventName,
    payload: { stripe_customer_id: stripeCustomerId, value: value.toString() },
    identifier,
    timestamp: Math.floor(stampedAt.getTime() / 1000),
  };
}
