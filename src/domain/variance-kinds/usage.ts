// Our sums against what Stripe counts.
import type { VarianceKind } from '../variance.ts';

export const USAGE_VARIANCES = {
  usage_not_rolled_up: {
    check: 'usage',
    class: 'timing',
    cause: 'Usage of a window that still runs or has just ended; the next roll-up reports it.',
    repair: 'None: it is gone after the window and the meter lag.',
  },
  usage_in_flight: {
    check: 'usage',
    class: 'timing',
    cause: 'Meter events that wait to be sent, or that Stripe accepted and has not counted yet.',
    repair: 'None: it is gone after the meter lag.',
  },
  meter_events_never_sent: {
    check: 'usage',
    class: 'missing_there',
    cause: 'Meter events wait in the outbox for longer than the meter lag.',
    repair: 'Look at the outbox row (creditpool outbox); the run sends what was never sent.',
    safeRepair: 'resend',
  },
  meter_events_swallowed: {
    check: 'usage',
    class: 'missing_there',
    cause: 'Stripe accepted meter events and does not count them.',
    repair:
      'Cancel the identifier if it is younger than 24 hours and send it again as /r1; else send a negative or positive delta.',
  },
  meter_events_foreign: {
    check: 'usage',
    class: 'missing_here',
    cause: 'The meter holds usage that this service never reported.',
    repair:
      'Find who else writes to the meter; take it back by a negative meter event while the period is open, by a credit note later.',
  },
  meter_event_twice: {
    check: 'usage',
    class: 'duplicate',
    cause: 'The surplus on the meter is exactly one of our events: it was counted twice.',
    repair: 'Send its value as a negative meter event while the period is open; credit it later.',
  },
  meter_total: {
    check: 'usage',
    class: 'amount',
    cause: 'The messages of a billing period do not add up to the whole meter units that were rolled up.',
    repair: 'Run ledger verify; then correct the period by a delta.',
  },
} as const satisfies Readonly<Record<string, VarianceKind>>;
