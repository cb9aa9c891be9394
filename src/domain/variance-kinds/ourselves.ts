// What lies, waits or does not add up on our side.
import type { VarianceKind } from '../variance.ts';

export const OURSELVES_VARIANCES = {
  ledger_breach: {
    check: 'ourselves',
    class: 'amount',
    cause: 'The books break one of their own invariants: a bug, or a hand in the database.',
    repair: 'creditpool ledger verify names it. Stop writing, find the cause, correct by an entry.',
  },
  message_parked: {
    check: 'ourselves',
    class: 'missing_there',
    cause: 'A message for Stripe was refused or ran out of attempts; later ones of its queue wait behind it.',
    repair: 'Read its outcome, remove the cause, retry it.',
  },
  message_stuck: {
    check: 'ourselves',
    class: 'timing',
    cause:
      'A message for Stripe has been due for longer than an hour: the relay does not run, or Stripe does not answer.',
    repair: 'Look at the relay job; the run sends what was never sent.',
    safeRepair: 'resend',
  },
  stripe_event_parked: {
    check: 'ourselves',
    class: 'missing_here',
    cause: 'An event from Stripe could not be applied and waits for a person.',
    repair: 'Read its outcome, remove the cause, replay it.',
  },
  stripe_event_stuck: {
    check: 'ourselves',
    class: 'timing',
    cause: 'An event from Stripe has waited in the inbox for longer than an hour.',
    repair: 'Look at the job that applies the inbox.',
  },
  hold_overdue: {
    check: 'ourselves',
    class: 'timing',
    cause: 'A hold is open past its end: the job that lapses holds does not run.',
    repair: 'Look at the job; touching the pool lapses it too.',
  },
  cut_off_missed: {
    check: 'ourselves',
    class: 'timing',
    cause: 'A billing period is open past its cut-off: expiry is not posted and its invoice is not settled.',
    repair: 'Look at the job that cuts periods off.',
  },
  usage_never_billed: {
    check: 'ourselves',
    class: 'missing_there',
    cause:
      'Usage is owed and no invoice bills it four days after its cycle: canceled without invoicing, or an item that was let fall. Once Stripe confirms it, what was accrued is written off.',
    repair: 'Bill it by a one-off invoice, by a person, or leave it as a gift; then explain the variance.',
  },
  usage_never_rolled_up: {
    check: 'ourselves',
    class: 'missing_there',
    cause: 'Accepted usage was not rolled up although its window ended longer ago than the meter lag.',
    repair: 'Look at the roll-up job; usage older than 35 days can no longer be metered.',
  },
  clearing_pending: {
    check: 'ourselves',
    class: 'timing',
    cause: 'A clearing account is not zero: money is on its way since less than ten days.',
    repair: 'None: it is gone when the refund or payment is confirmed.',
  },
  clearing_stuck: {
    check: 'ourselves',
    class: 'amount',
    cause: 'A clearing account has not been zero for ten days.',
    repair: 'Find the refund or payment at Stripe; post what became of it.',
  },
  usage_counted_twice: {
    check: 'ourselves',
    class: 'duplicate',
    cause: 'The same usage event of a source is stored twice.',
    repair: 'Reverse one of them, with a ticket.',
  },
} as const satisfies Readonly<Record<string, VarianceKind>>;
