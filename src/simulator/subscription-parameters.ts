import { discountShape } from './invoice-parameters.ts';
import {
  array,
  boolean,
  emptyable,
  ignored,
  integer,
  metadata,
  object,
  oneOf,
  required,
  text,
  timestamp,
  word,
  type Kind,
  unsupported,
  switchedOff,
  readParameters,
} from './parameters.ts';
import { itemList, newItemList } from './subscription-items.ts';

const nowOrInstant: Kind<number | 'now'> = {
  required: false,
  parse: (value, name) => (value === 'now' ? 'now' : timestamp().parse(value, name)),
};

/** What classic mode bills otherwise is not simulated: a silent difference would mislead. */
const onlyFlexible: Kind<'flexible'> = {
  required: false,
  parse: (value, name) => {
    const type = oneOf('classic', 'flexible').parse(value, name);
    if (type === 'classic') unsupported().parse(value, name);
    return 'flexible';
  },
};

const shared = {
  application_fee_percent: unsupported(),
  automatic_tax: switchedOff(),
  billing_schedules: unsupported(),
  billing_thresholds: unsupported(),
  cancel_at_period_end: boolean(),
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  days_until_due: integer(0),
  default_payment_method: word(),
  default_source: ignored(),
  default_tax_rates: array(word()),
  description: text(500),
  discounts: discountShape,
  invoice_settings: ignored(),
  items: itemList,
  metadata: metadata(),
  off_session: ignored(),
  on_behalf_of: ignored(),
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete'),
  payment_settings: ignored(),
  pending_invoice_item_interval: unsupported(),
  proration_behavior: oneOf('create_prorations', 'always_invoice', 'none'),
  transfer_data: unsupported(),
  trial_end: nowOrInstant,
  trial_from_plan: ignored(),
  trial_settings: ignored(),
};

export const subscriptionCreateShape = {
  ...shared,
  items: newItemList,
  add_invoice_items: array(object({ price: required(word()), quantity: integer(1), metadata: metadata() })),
  backdate_start_date: unsupported(),
  billing_cycle_anchor: timestamp(),
  billing_cycle_anchor_config: object({
    day_of_month: required(integer(1, 31)),
    hour: integer(0, 23),
    minute: integer(0, 59),
    month: integer(1, 12),
    second: integer(0, 59),
  }),
  billing_mode: object({ type: required(onlyFlexible), flexible: ignored() }),
  cancel_at: timestamp(),
  currency: word(3),
  customer: required(word()),
  customer_account: word(),
  trial_period_days: integer(0),
};

/** Nothing asked for, to start from inside the simulator. */
export const NO_SUBSCRIPTION_FACTS = readParameters({ ...subscriptionCreateShape, customer: word() }, new Map());

export const subscriptionUpdateShape = {
  ...shared,
  add_invoice_items: unsupported(),
  billing_cycle_anchor: object({ type: required(oneOf('unchanged')) }),
  cancel_at: emptyable(timestamp()),
  cancellation_details: object({ comment: text(), feedback: text(), feedback_option: ignored() }),
  pause_collection: emptyable(
    object({ behavior: required(oneOf('keep_as_draft', 'mark_uncollectible', 'void')), resumes_at: timestamp() }),
  ),
  proration_date: timestamp(),
};
