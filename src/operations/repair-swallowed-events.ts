import { meteredSpan } from '../domain/meter.ts';
import { HOUR_MS, repairs } from '../domain/swallowed-events.ts';
import { transaction } from '../storage/database.ts';
import { meterEventsSentWithin, sentMeterUnits, supersedeMeterEvent } from '../storage/meter-sums.ts';
import { enqueue } from '../storage/outbox.ts';
import type { Settlement } from '../storage/settlements.ts';
import { meteredByHour } from '../stripe/meter-events.ts';
import type { Deps } from './deps.ts';

/** Sends meter events again that Stripe took and never counted; returns how many. The relay carries them out. */
export async function repairSwallowedEvents(deps: Deps, settlement: Settlement): Promise<number> {
  const sent = await sentMeterUnits(deps.db, settlement, settlement.billingPeriodId);
  if (sent === null) return 0;
  const { from, to } = meteredSpan(sent);
  const span = {
    from: new Date(Math.floor(from.getTime() / HOUR_MS) * HOUR_MS),
    to: new Date(Math.ceil(to.getTime() / HOUR_MS) * HOUR_MS),
  };
  const counted = await meteredByHour(deps.stripe, { ...sent, ...span });
  // Of all periods: an hour may hold the end of one and the start of the next.
  const events = await meterEventsSentWithin(deps.db, settlement, span);
  const again = repairs(events, counted);
  await transaction(deps.db, async (trx) => {
    for (const { event, identifier, cancels } of again) {
      const { request, billingPeriodId, outboxId } = event;
      await supersedeMeterEvent(trx, settlement, outboxId, identifier);
      const row = { queue: 'meter', subjectId: settlement.stripeCustomerId, billingPeriodId } as const;
      if (cancels) {
        const cancel = { event_name: request.event_name, identifier: event.identifier };
        await enqueue(trx, settlement, {
          ...row,
          call: 'meter_event.cancel',
          request: cancel,
          key: `${event.identifier}/cancel`,
        });
      }
      await enqueue(trx, settlement, {
        ...row,
        call: 'meter_event',
        request: { ...request, identifier },
        key: identifier,
      });
    }
  });
  if (again.length > 0)
    deps.log.warn(
      { invoice: settlement.invoiceId, events: again.length },
      'meter events were swallowed and are sent again',
    );
  return again.length;
}
