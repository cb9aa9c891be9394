import { currentInvoice } from './drafts.ts';
import { invalidRequest } from './errors.ts';
import { itemLine } from './invoice-lines.ts';
import { activeRatesOf, discountShape, taxRatesOf } from './invoice-parameters.ts';
import { chargeOfPrice, newInvoiceItem, type ItemCharge } from './new-invoice-item.ts';
import { page } from './pagination.ts';
import {
  array,
  boolean,
  changedMetadata,
  decimal,
  ignored,
  integer,
  metadata,
  object,
  paging,
  range,
  required,
  text,
  timestamp,
  word,
  type Values,
} from './parameters.ts';
import { fromScaled, ONE, timesRounded, toScaled, truncated } from './rounding.ts';
import { route } from './routes.ts';
import type { Invoice } from './wire.ts';
import { change, emit, need, type World } from './world.ts';

const shape = {
  amount: integer(),
  description: text(),
  discountable: boolean(),
  discounts: discountShape,
  metadata: metadata(),
  period: object({ start: required(timestamp()), end: required(timestamp()) }),
  price_data: object({
    currency: required(word(3)),
    product: required(word()),
    unit_amount: integer(),
    unit_amount_decimal: decimal(),
    tax_behavior: ignored(),
  }),
  pricing: object({ price: word() }),
  quantity: integer(0),
  quantity_decimal: decimal(),
  tax_behavior: ignored(),
  tax_code: ignored(),
  tax_rates: array(word()),
  unit_amount_decimal: decimal(),
};
type Facts = Values<typeof shape>;

/** What the item charges: a plain amount, a price, or an amount per unit, times a quantity. */
function chargeOf(world: World, facts: Facts): ItemCharge {
  const quantity =
    facts.quantity_decimal === undefined ? BigInt(facts.quantity ?? 1) * ONE : toScaled(facts.quantity_decimal);
  const data = facts.price_data;
  const unit = facts.unit_amount_decimal ?? data?.unit_amount_decimal ?? data?.unit_amount?.toString();
  const ways = [facts.amount, facts.pricing?.price, unit].filter((way) => way !== undefined).length;
  if (ways !== 1) {
    throw invalidRequest(
      'You must specify exactly one of `amount`, `pricing`, `price_data` and `unit_amount_decimal`.',
      { param: 'amount' },
    );
  }
  if (facts.pricing?.price !== undefined) {
    const price = need(world, 'prices', facts.pricing.price, 'price', 'pricing[price]');
    if (price.type !== 'one_time')
      throw invalidRequest(
        'The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.',
        { param: 'pricing[price]' },
      );
    return chargeOfPrice(price, quantity, world.switches);
  }
  if (unit !== undefined) {
    const pricing = { type: 'price_details' as const, unit_amount_decimal: unit };
    return { amount: timesRounded(quantity, toScaled(unit), world.switches.negativeHalf), pricing, quantity };
  }
  const amount = facts.amount ?? 0;
  return { amount, pricing: { type: 'price_details', unit_amount_decimal: String(amount) }, quantity: ONE };
}

/** The draft an item goes onto, refused when it is finalized. */
function draftOf(world: World, id: string): Invoice {
  const invoice = need(world, 'invoices', id, 'invoice', 'invoice');
  if (invoice.status === 'draft') return invoice;
  throw invalidRequest("Finalized invoices can't be updated in this way.", {
    code: 'invoice_not_editable',
    param: 'invoice',
  });
}

/** Works a draft out anew over other lines and says so. */
function relined(world: World, id: string, lines: Invoice['lines']['data']): void {
  const invoice = draftOf(world, id);
  const after = currentInvoice(world, { ...invoice, lines: { ...invoice.lines, data: lines } });
  change(world, 'invoices', id, after, 'invoice.updated');
}

function itemOf(line: Invoice['lines']['data'][number]): string | undefined {
  return line.parent?.invoice_item_details?.invoice_item;
}

const create = route(
  'POST',
  '/v1/invoiceitems',
  { ...shape, currency: word(3), customer: word(), customer_account: word(), invoice: word(), subscription: word() },
  ({ world, values }) => {
    const invoice = values.invoice === undefined ? undefined : draftOf(world, values.invoice);
    const customer = need(world, 'customers', values.customer ?? invoice?.customer ?? '', 'customer', 'customer');
    const currency = (
      values.currency ??
      values.price_data?.currency ??
      invoice?.currency ??
      customer.currency ??
      'usd'
    ).toLowerCase();
    if (invoice !== undefined && (currency !== invoice.currency || invoice.customer !== customer.id)) {
      throw invalidRequest('The invoice item must have the customer and the currency of its invoice.', {
        param: 'invoice',
      });
    }
    const now = world.now(customer.test_clock);
    const rates = values.tax_rates === undefined ? [] : activeRatesOf(world, values.tax_rates);
    const charge = chargeOf(world, values);
    const item = newInvoiceItem(world, {
      customer: customer.id,
      currency,
      charge,
      description: values.description ?? null,
      discountable: values.discountable ?? charge.amount >= 0,
      invoice: invoice?.id ?? null,
      metadata: changedMetadata({}, values.metadata),
      period: values.period ?? { start: now, end: now },
      proration: false,
      subscription: values.subscription ?? invoice?.parent?.subscription_details?.subscription ?? null,
      taxRates: rates,
    });
    if (invoice !== undefined) relined(world, invoice.id, [...invoice.lines.data, itemLine(invoice, item)]);
    return item;
  },
);

const update = route(
  'POST',
  '/v1/invoiceitems/{id}',
  { ...shape, invoicing_rules: ignored() },
  ({ world, id, values }) => {
    const before = need(world, 'invoice_items', id, 'invoiceitem');
    const invoice = before.invoice === null ? undefined : draftOf(world, before.invoice);
    const recharged = [values.amount, values.pricing, values.price_data, values.unit_amount_decimal].some(
      (way) => way !== undefined,
    );
    const charge = recharged ? chargeOf(world, values) : undefined;
    const after = world.store.patch('invoice_items', id, {
      ...(charge === undefined
        ? {}
        : {
            amount: charge.amount,
            net_amount: charge.amount,
            pricing: charge.pricing,
            quantity: truncated(charge.quantity),
            quantity_decimal: fromScaled(charge.quantity),
          }),
      ...(values.description === undefined ? {} : { description: values.description }),
      ...(values.discountable === undefined ? {} : { discountable: values.discountable }),
      ...(values.period === undefined ? {} : { period: values.period }),
      ...(values.tax_rates === undefined ? {} : { tax_rates: taxRatesOf(world, values.tax_rates) }),
      metadata: changedMetadata(before.metadata, values.metadata),
    });
    if (invoice !== undefined) {
      const lines = invoice.lines.data.map((line) =>
        itemOf(line) === id ? { ...itemLine(invoice, after), id: line.id } : line,
      );
      relined(world, invoice.id, lines);
    }
    return after;
  },
);

export const invoiceItemRoutes = [
  create,
  update,
  route('GET', '/v1/invoiceitems/{id}', {}, ({ world, id }) => need(world, 'invoice_items', id, 'invoiceitem')),
  route(
    'GET',
    '/v1/invoiceitems',
    { ...paging, created: range(), customer: word(), customer_account: word(), invoice: word(), pending: boolean() },
    ({ world, values, path }) => {
      const found = world.store
        .all('invoice_items')
        .filter(
          (item) =>
            (values.created?.(item.date) ?? true) &&
            (values.customer === undefined || item.customer === values.customer) &&
            (values.invoice === undefined || item.invoice === values.invoice) &&
            (values.pending === undefined || (item.invoice === null) === values.pending),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('DELETE', '/v1/invoiceitems/{id}', {}, ({ world, id }) => {
    const item = need(world, 'invoice_items', id, 'invoiceitem');
    const invoice = item.invoice === null ? undefined : draftOf(world, item.invoice);
    world.store.remove('invoice_items', id);
    emit(world, 'invoiceitem.deleted', item);
    if (invoice !== undefined)
      relined(
        world,
        invoice.id,
        invoice.lines.data.filter((line) => itemOf(line) !== id),
      );
    return { id, object: 'invoiceitem', deleted: true };
  }),
];
