// Ourselves: what lies, waits or does not add up on this side, whatever Stripe says.
import type { ClearingItem } from '../clearing.ts';
import { amountDiffers, type Comparison, type Difference, factDiffers, MESSAGE_LAG_MS } from '../reconciliation.ts';

export interface Ourselves {
  readonly breaches: readonly {
    readonly invariant: string;
    readonly subject: string;
    readonly expected: string;
    readonly found: string;
  }[];
  readonly messages: readonly {
    readonly outboxId: bigint;
    readonly call: string;
    readonly state: string;
    readonly outcome: string | null;
    /** Since it could have been sent. */
    readonly dueMs: number;
  }[];
  readonly holds: readonly { readonly holdId: string; readonly expiresAt: Date }[];
  readonly periods: readonly { readonly billingPeriodId: string; readonly cutOffAt: Date }[];
  /** What is owed for the use of periods that were cut off and have no final invoice, or that nobody will ever bill. */
  readonly unbilled: readonly {
    readonly billingPeriodId: string;
    readonly owedMinor: bigint;
    readonly currency: string;
    readonly endsAt: Date;
  }[];
  /** Usage whose window ended longer ago than the meter lag, not rolled up. */
  readonly unrolled: readonly { readonly billingPeriodId: string; readonly unit: string; readonly micro: bigint }[];
  readonly clearing: readonly ClearingItem[];
  readonly twins: readonly { readonly source: string; readonly eventId: string; readonly count: number }[];
}

/** Money may be on its way for that long before somebody must look. */
export const CLEARING_DAYS = 10;
const CLEARING_MS = CLEARING_DAYS * 86_400_000;

/** Stripe waits for webhooks up to 72 hours before it finalizes a cycle invoice; a day more is too long. */
const INVOICE_MS = 4 * 86_400_000;

/** The jobs' own pace is a minute; five are a job that does not run. */
export const JOB_LAG_MS = 300_000;

export function compareOurselves(ours: Ourselves, now: Date): Comparison {
  const late = (at: Date): boolean => now.getTime() - at.getTime() > JOB_LAG_MS;
  const differences = [
    ...ours.breaches.map(({ invariant, subject, expected, found }) =>
      factDiffers('ledger_breach', `${invariant} ${subject}`, { ours: found, theirs: expected }),
    ),
    ...ours.messages.flatMap(messageDiffers),
    ...ours.holds
      .filter(({ expiresAt }) => late(expiresAt))
      .map(({ holdId, expiresAt }) =>
        factDiffers('hold_overdue', holdId, { ours: `open, ended ${expiresAt.toISOString()}`, theirs: null }),
      ),
    ...ours.periods
      .filter(({ cutOffAt }) => late(cutOffAt))
      .map(({ billingPeriodId, cutOffAt }) =>
        factDiffers('cut_off_missed', billingPeriodId, { ours: `open, due ${cutOffAt.toISOString()}`, theirs: null }),
      ),
    ...ours.unbilled
      .filter(({ endsAt }) => now.getTime() - endsAt.getTime() > INVOICE_MS)
      .map(({ billingPeriodId, owedMinor, currency }) =>
        amountDiffers(
          'usage_never_billed',
          billingPeriodId,
          { ours: owedMinor, theirs: 0n, unit: currency },
          owedMinor === 0n ? 'Credits paid for all of it: nothing is owed.' : null,
        ),
      ),
    ...ours.unrolled.map(({ billingPeriodId, unit, micro }) =>
      amountDiffers('usage_never_rolled_up', billingPeriodId, { ours: micro, theirs: 0n, unit: `micro-${unit}` }),
    ),
    ...ours.clearing.flatMap((item) => clearingDiffers(item, now)),
    ...ours.twins.map(({ source, eventId, count }) =>
      factDiffers('usage_counted_twice', `${source} ${eventId}`, { ours: `${count} times`, theirs: null }),
    ),
  ];
  const lists: readonly (readonly object[])[] = Object.values(ours);
  const compared = lists.reduce((sum, rows) => sum + rows.length, 1);
  return { compared, differences };
}

function messageDiffers({
  outboxId,
  call,
  state,
  outcome,
  dueMs,
}: Ourselves['messages'][number]): readonly Difference[] {
  const object = `${call} ${outboxId}`;
  if (state === 'parked') return [factDiffers('message_parked', object, { ours: outcome ?? state, theirs: null })];
  if (dueMs <= MESSAGE_LAG_MS) return [];
  return [factDiffers('message_stuck', object, { ours: state, theirs: null })];
}

/** Failed and unnoted refunds are compared with Stripe; an open dispute waits for its bank, however long. */
function clearingDiffers(
  { kind, account, object, currency, balanceMinor, since }: ClearingItem,
  now: Date,
): readonly Difference[] {
  if (kind === 'refund_failed' || kind === 'refund_without_note') return [];
  const name = object === account ? account : `${account} ${object}`;
  const amounts = { ours: balanceMinor, theirs: 0n, unit: currency };
  if (kind === 'disputed') return [amountDiffers('clearing_pending', name, amounts, 'The bank has not decided.')];
  if (now.getTime() - since.getTime() > CLEARING_MS) return [amountDiffers('clearing_stuck', name, amounts)];
  return [amountDiffers('clearing_pending', name, amounts, `It was moved less than ${CLEARING_DAYS} days ago.`)];
}

/** Events of Stripe belong to nobody until they are applied. */
export interface WaitingStripeEvent {
  readonly eventId: string;
  readonly type: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly ageMs: number;
}

export function compareInbox(events: readonly WaitingStripeEvent[]): Comparison {
  const differences = events.flatMap(({ eventId, type, state, outcome, ageMs }) => {
    const object = `${type} ${eventId}`;
    if (state === 'parked') {
      return [factDiffers('stripe_event_parked', object, { ours: outcome ?? state, theirs: type })];
    }
    return ageMs > MESSAGE_LAG_MS ? [factDiffers('stripe_event_stuck', object, { ours: state, theirs: type })] : [];
  });
  return { compared: events.length, differences };
}
