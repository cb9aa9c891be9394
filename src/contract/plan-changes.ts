import { toWireId } from './ids.ts';

/** A move to another plan as answers show it. */
export function shownPlanChange(
  change: {
    readonly customerId: string;
    readonly subscriptionId: string;
    readonly quantity: number;
    readonly starts: 'now' | 'period_end';
    readonly state: string;
    readonly waitsFor: string | null;
    readonly requestedAt: Date;
    readonly endedAt: Date | null;
  },
  plan: string,
) {
  const { customerId, subscriptionId, quantity, starts, state, waitsFor, requestedAt, endedAt } = change;
  return {
    object: 'plan_change',
    customer: toWireId('customer', customerId),
    stripe: { subscription: subscriptionId },
    plan,
    quantity,
    starts,
    state,
    waits_for: waitsFor,
    requested_at: requestedAt,
    ended_at: endedAt,
  };
}
