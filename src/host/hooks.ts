// What a host may be told in its own process.
import type { OutgoingEvent } from '../contract/outgoing-events.ts';
import type { AlertKind } from '../domain/alert.ts';

type Told<Kind extends AlertKind> = (event: OutgoingEvent<Kind>) => void | Promise<void>;

/**
 * Functions that are told of events where jobs run, at least once and in no order. `event.id` is the same in every try. One that
 * throws, rejects or takes longer than 30 s is told again with growing pauses for three days; then its delivery is parked.
 */
export interface BillingHooks {
  /** A threshold of the plan is reached. */
  readonly onBalanceLow?: Told<'balance.low'>;
  /** A pack was paid, by hand or by itself, and its credits are there. */
  readonly onTopUpComplete?: Told<'top_up.completed'>;
  /** A credit note exists at Stripe, whoever issued it. */
  readonly onCreditNoteIssued?: Told<'credit_note.issued'>;
  /** Every event, those above too. */
  readonly onEvent?: Told<AlertKind>;
}
