import type { Transaction } from '../storage/database.ts';
import type { LeasedMessage } from '../storage/outbox-lease.ts';
import type { StripeFailure } from '../stripe/failures.ts';
import type { TopUpPayment } from '../stripe/top-up-invoices.ts';
import type { Deps } from './deps.ts';

type Refusal = Extract<StripeFailure, { readonly kind: 'refused' }>;

/** What Stripe has done. */
export interface Sent {
  readonly stripeId: string | null;
  /** From when it is in force, where that was Stripe's to say. */
  readonly since?: Date;
  /** How the payment went, where one was asked for. */
  readonly payment?: TopUpPayment;
}

/** What the relay knows of one kind of message. Nothing of it calls Stripe inside a transaction. */
export interface OutgoingCall<Request extends object> {
  /** The whole request as of now, stored before it is sent; or the reason why nothing is to be sent any more. */
  readonly render: (
    deps: Deps,
    message: LeasedMessage,
  ) => Promise<{ readonly request: Request } | { readonly cancelled: string }>;
  readonly send: (deps: Deps, message: LeasedMessage, request: Request, idempotencyKey: string) => Promise<Sent>;
  /** What became of an earlier send whose outcome nobody knows. */
  readonly look: (
    deps: Deps,
    message: LeasedMessage,
    request: Request,
  ) => Promise<Sent | 'absent' | { readonly unclear: string }>;
  /** What must be noted in the transaction that finishes the message. */
  readonly done?: (trx: Transaction, message: LeasedMessage, sent: Sent) => Promise<void>;
  readonly cancelled?: (trx: Transaction, message: LeasedMessage, at: Date) => Promise<void>;
  /** A refusal that says that it was done before. */
  readonly isDoneAlready?: (refusal: Refusal, request: Request) => boolean;
  /** A refusal that will pass by itself. */
  readonly isTooEarly?: (refusal: Refusal) => boolean;
  /** A refusal ends the message and its asker is told; without it the message is parked, since what follows builds on it. */
  readonly mayBeRefused?: boolean;
}
