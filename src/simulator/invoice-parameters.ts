import { noSuch } from './errors.ts';
import { invalidRequest } from './errors.ts';
import { newDiscounts } from './new-discount.ts';
import {
  array,
  boolean,
  changedMetadata,
  emptyable,
  ignored,
  integer,
  metadata,
  object,
  oneOf,
  text,
  timestamp,
  word,
  type Values,
  unsupported,
  switchedOff,
} from './parameters.ts';
import type { Invoice, TaxRate } from './wire.ts';
import type { World } from './world.ts';

export const discountShape = emptyable(array(object({ coupon: word(), discount: word(), promotion_code: word() })));

const shared = {
  account_tax_ids: ignored(),
  application_fee_amount: unsupported(),
  auto_advance: boolean(),
  automatic_tax: switchedOff(),
  automatically_finalizes_at: timestamp(),
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  custom_fields: ignored(),
  days_until_due: integer(0),
  default_payment_method: word(),
  default_source: ignored(),
  default_tax_rates: array(word()),
  description: text(1500),
  discounts: discountShape,
  due_date: timestamp(),
  effective_at: emptyable(timestamp()),
  footer: text(),
  issuer: ignored(),
  metadata: metadata(),
  number: text(26),
  on_behalf_of: ignored(),
  payment_settings: ignored(),
  rendering: ignored(),
  shipping_cost: unsupported(),
  shipping_details: ignored(),
  statement_descriptor: ignored(),
  transfer_data: unsupported(),
};

export const invoiceUpdateShape = shared;
export const invoiceCreateShape = {
  ...shared,
  currency: word(3),
  customer: word(),
  customer_account: word(),
  from_invoice: unsupported(),
  pending_invoice_items_behavior: oneOf('exclude', 'include'),
  subscription: word(),
};

/** The tax rates by their ids. */
export function taxRatesOf(world: World, ids: readonly string[]): TaxRate[] {
  return ids.map((id) => {
    const rate = world.store.find('tax_rates', id);
    if (rate === undefined) throw noSuch('tax rate', id, 'tax_rates');
    return rate;
  });
}

/** The tax rates by their ids, for something new: an archived one stays where it is, and goes nowhere else (docs: tax rates). */
export function activeRatesOf(world: World, ids: readonly string[]): TaxRate[] {
  const rates = taxRatesOf(world, ids);
  const archived = rates.find(({ active }) => !active);
  if (archived !== undefined)
    throw invalidRequest(`The tax rate ${archived.id} is inactive and cannot be applied.`, { param: 'tax_rates' });
  return rates;
}

const FROZEN_AFTER_DRAFT = [
  'collection_method',
  'default_tax_rates',
  'description',
  'discounts',
  'effective_at',
  'footer',
  'number',
] as const;

/** What an update changes; after the draft only what carries no amount. */
export function changesOfInvoice(world: World, invoice: Invoice, values: Values<typeof shared>): Partial<Invoice> {
  const frozen = FROZEN_AFTER_DRAFT.find((name) => values[name] !== undefined);
  if (invoice.status !== 'draft' && frozen !== undefined) {
    const message = `Finalized invoices can't be updated in this way: ${frozen} cannot be changed.`;
    throw invalidRequest(message, { code: 'invoice_not_editable', param: frozen });
  }
  const dueDate =
    values.days_until_due === undefined ? values.due_date : invoice.created + values.days_until_due * 86_400;
  return {
    metadata: changedMetadata(invoice.metadata, values.metadata),
    ...(values.auto_advance === undefined ? {} : { auto_advance: values.auto_advance }),
    ...(values.collection_method === undefined ? {} : { collection_method: values.collection_method }),
    ...(values.default_payment_method === undefined ? {} : { default_payment_method: values.default_payment_method }),
    ...(values.default_tax_rates === undefined
      ? {}
      : { default_tax_rates: taxRatesOf(world, values.default_tax_rates) }),
    ...(values.description === undefined ? {} : { description: values.description }),
    ...(values.discounts === undefined
      ? {}
      : { discounts: newDiscounts(world, values.discounts ?? [], { customer: invoice.customer }) }),
    ...(dueDate === undefined ? {} : { due_date: dueDate }),
    ...(values.effective_at === undefined ? {} : { effective_at: values.effective_at }),
    ...(values.footer === undefined ? {} : { footer: values.footer }),
    ...(values.number === undefined ? {} : { number: values.number }),
  };
}
