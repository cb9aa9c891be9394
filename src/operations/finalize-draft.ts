import { now } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { enqueue, outboxMessage } from '../storage/outbox.ts';
import type { Settlement } from '../storage/settlements.ts';
import type { Deps } from './deps.ts';
import { relayOutbox } from './relay-outbox.ts';

const HOUR_MS = 3_600_000;

/**
 * Has Stripe finalize the draft. What Stripe refuses is asked once more at once and then in every hour: its cause, such as an
 * address without which no tax can be worked out, is put right at Stripe, and nobody tells us.
 */
export async function finalizeDraft(
  deps: Deps,
  settlement: Settlement,
): Promise<{ readonly state: 'done' | 'under way' } | { readonly refused: string | null }> {
  const { lane, customerId, billingPeriodId, invoiceId, endsAt } = settlement;
  const first = `settle/${billingPeriodId}/finalize`;
  const hour = Math.floor(((await now(deps.db)).getTime() - endsAt.getTime()) / HOUR_MS);
  const isRefused = (await outboxMessage(deps.db, settlement, first))?.state === 'refused';
  const key = isRefused ? `${first}/${hour}` : first;
  const call = { queue: 'documents', call: 'invoice.finalize', subjectId: invoiceId, request: {}, key } as const;
  await transaction(deps.db, async (trx) => enqueue(trx, settlement, { ...call, billingPeriodId }));
  await relayOutbox(deps, { limit: 20, only: { lane, customerId, queue: 'documents' } });
  const message = await outboxMessage(deps.db, settlement, key);
  if (message?.state === 'refused') return { refused: message.outcome };
  return { state: message?.state === 'done' ? 'done' : 'under way' };
}
