import { z } from 'zod';

import { formatCredits } from '../domain/amount.ts';
import { decidableUntil, type SettlementFacts } from '../domain/settlement.ts';
import { toWireId } from './ids.ts';
import { LIST_LIMIT, startingAfter } from './lists.ts';
import { text } from './text.ts';

export const settlementsQuery = z.strictObject({
  state: z.enum(['waiting', 'held', 'corrected', 'finalized', 'settled']).default('held'),
  limit: LIST_LIMIT,
  ...startingAfter('period'),
});

/** Letting a held draft go needs a reason. */
export const settlementDecision = z.strictObject({ reason: text(500) });

/** A cycle and its draft: what is owed, what Stripe would charge, why it waits, and until when somebody can decide. */
export function shownSettlement(settlement: SettlementFacts) {
  return {
    id: toWireId('period', settlement.billingPeriodId),
    object: 'settlement',
    customer: toWireId('customer', settlement.customerId),
    external_id: settlement.externalId,
    customer_name: settlement.customerName,
    plan: settlement.plan,
    state: settlement.state,
    hold_reason: settlement.holdReason,
    held_because: settlement.heldBecause,
    currency: settlement.currency,
    credits_paid_by_lots: formatCredits(settlement.lotsPaidMicro),
    overage: formatCredits(settlement.overageMicro),
    owed_minor: Number(settlement.owedMinor),
    eligible_grants_minor: Number(settlement.eligibleMinor),
    would_charge_minor: Number(settlement.expectedMinor),
    correction_minor: Number(settlement.correctionMinor),
    period_start: settlement.startsAt,
    period_end: settlement.endsAt,
    looked_at: settlement.decidedAt,
    decidable_until: decidableUntil(settlement),
    decision: settlement.decision,
    decided_by: settlement.decidedBy,
    reason: settlement.decisionReason,
    stripe: { invoice: settlement.invoiceId },
  };
}
