// What the catalogue made at Stripe, and what another hand made of it there.
import type { VarianceKind } from '../variance.ts';

export const CATALOGUE_VARIANCES = {
  catalogue_missing: {
    check: 'catalogue',
    class: 'missing_there',
    cause: 'A meter, product or price that was pushed is gone at Stripe.',
    repair:
      'Check account and mode of the key. If somebody deleted it, change the plan and push: a new version makes new objects.',
  },
  catalogue_archived: {
    check: 'catalogue',
    class: 'shaping',
    cause:
      'Somebody archived a product or price, or deactivated a meter, that is offered: sign-ups and meter events fail.',
    repair: 'creditpool plan push takes it out of the archive; to stop selling it, leave it out of the catalogue file.',
  },
  catalogue_altered: {
    check: 'catalogue',
    class: 'amount',
    cause:
      'A price or meter at Stripe is not what was pushed: other amount, currency, interval or meter, tiers, packages, or tax included.',
    repair:
      'Stripe never changes a used price back: change the plan and push a new version, then move its customers there.',
  },
  catalogue_renamed: {
    check: 'catalogue',
    class: 'shaping',
    cause: 'Somebody renamed a product that the catalogue made: invoices show the other name.',
    repair: 'creditpool plan push gives it its name back; or write the new name into the catalogue file.',
  },
  subscription_price_foreign: {
    check: 'catalogue',
    class: 'amount',
    cause: 'A subscription counts by our meter at a price that is none of its plan’s: somebody moved it there.',
    repair:
      'Put the item back on the price of its plan, without proration, and correct the draft that the gate holds for it; credit what was invoiced already (invoice_owed, usage_billed_besides).',
  },
  subscription_metered_twice: {
    check: 'catalogue',
    class: 'duplicate',
    cause: 'Two items of a customer’s running subscriptions count by the same meter: Stripe bills the usage twice.',
    repair:
      'Remove the item that is not meant, without proration, and correct the draft that the gate holds for it; credit what was invoiced already (invoice_owed, usage_billed_besides).',
  },
  subscription_not_followed: {
    check: 'catalogue',
    class: 'duplicate',
    cause:
      'A customer has a second running subscription to one of the plans, without its metered price: its fee is asked for and brings no credits.',
    repair: 'Cancel the one that is not meant, and credit what it asked for.',
  },
  subscription_threshold: {
    check: 'catalogue',
    class: 'shaping',
    cause: 'Somebody set a billing threshold: Stripe would invoice usage in mid-period, past the gate.',
    repair: 'Clear billing_thresholds of the subscription and of its items.',
  },
} as const satisfies Readonly<Record<string, VarianceKind>>;
