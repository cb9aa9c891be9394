// What a person may ask for a subscription besides another plan, and when it makes no sense.
import { maySpend } from './subscription.ts';

export const SUBSCRIPTION_ORDER_KINDS = [
  'start',
  'end_trial',
  'cancel_at_period_end',
  'keep',
  'pause',
  'resume',
  'set_seats',
] as const;
export type SubscriptionOrderKind = (typeof SUBSCRIPTION_ORDER_KINDS)[number];

export interface OrderedSubscription {
  readonly status: string;
  readonly cancelAtPeriodEnd: boolean;
  readonly collectionMethod: string | null;
  /** The item of the fee, which has the seats; null where the plan has no fee. */
  readonly baseItemId: string | null;
  readonly quantity: number;
}

/** Why Stripe is not even asked, and what to do instead; null when it is. */
export function whyNotOrdered(
  kind: Exclude<SubscriptionOrderKind, 'start'>,
  { status, cancelAtPeriodEnd, collectionMethod, baseItemId, quantity }: OrderedSubscription,
  seats: number | null = null,
): string | null {
  switch (kind) {
    case 'end_trial':
      return status === 'trialing' ? null : `The subscription is ${status}; only a trial can be ended.`;
    case 'cancel_at_period_end':
      if (!maySpend(status)) return `The subscription is ${status}; nothing of it will renew.`;
      return cancelAtPeriodEnd ? 'The subscription ends with its period already.' : null;
    case 'keep':
      if (!maySpend(status)) return `The subscription is ${status}; start another one.`;
      return cancelAtPeriodEnd ? null : 'The subscription renews already.';
    case 'pause':
      if (status === 'trialing') return 'The subscription is in its trial; end the trial first, or cancel it.';
      if (status !== 'active') return `The subscription is ${status}; only an active one can be paused.`;
      if (cancelAtPeriodEnd) return 'The subscription ends with its period; keep it first.';
      return collectionMethod === 'send_invoice'
        ? 'The subscription is collected by sending invoices; Stripe resumes only those that are charged by themselves.'
        : null;
    case 'set_seats':
      if (!maySpend(status)) return `The subscription is ${status}; its seats count once it runs.`;
      if (baseItemId === null) return 'The plan has no fee, and so no seats.';
      return seats === quantity ? `The subscription has ${quantity} seats already.` : null;
    case 'resume':
      return status === 'paused' ? null : `The subscription is ${status}; only a paused one can be resumed.`;
  }
}
