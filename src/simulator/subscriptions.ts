import { collect } from './collection.ts';
import { announceDraft, openDraft, pendingItems } from './drafts.ts';
import { invalidRequest } from './errors.ts';
import { finalize } from './finalization.ts';
import { taxRatesOf } from './invoice-parameters.ts';
import { newDiscounts } from './new-discount.ts';
import { newInvoice } from './new-invoice.ts';
import { newSubscription } from './new-subscription.ts';
import { page } from './pagination.ts';
import { boolean, changedMetadata, ignored, object, paging, range, text, word, type Values } from './parameters.ts';
import { attachedPaymentMethod } from './payment-methods.ts';
import { route } from './routes.ts';
import { changedItems } from './subscription-changes.ts';
import { usageLine } from './subscription-cycle.ts';
import { isMetered, itemsOf } from './subscription-items.ts';
import { subscriptionCreateShape, subscriptionUpdateShape } from './subscription-parameters.ts';
import { planCycle } from './subscription-tasks.ts';
import type { Invoice, InvoiceLine, Subscription } from './wire.ts';
import { change, emit, need, nowOf, unschedule, type World } from './world.ts';

function subscriptionWithId(world: World, id: string): Subscription {
  return need(world, 'subscriptions', id, 'subscription');
}

/** Invoices at once what is pending and what `lines` adds; finalizes and collects it in the same request. */
function invoiceNow(
  world: World,
  subscription: Subscription,
  linesOf: (invoice: Invoice) => InvoiceLine[],
  now: number,
): void {
  const start = Math.min(...subscription.items.data.map((item) => item.current_period_start));
  const invoice = newInvoice(world, {
    customer: need(world, 'customers', subscription.customer, 'customer'),
    currency: subscription.currency,
    reason: 'subscription_update',
    subscription,
    collectionMethod: subscription.collection_method,
    daysUntilDue: subscription.days_until_due,
    autoAdvance: true,
    created: now,
    period: { start, end: now },
  });
  const lines = linesOf(invoice);
  const items = pendingItems(world, invoice, subscription.id);
  if (lines.length + items.length === 0) return;
  openDraft(world, invoice, lines, items);
  announceDraft(world, invoice.id);
  world.store.patch('subscriptions', subscription.id, { latest_invoice: invoice.id });
  const finalized = finalize(world, invoice.id);
  if (finalized.status !== 'open') return;
  if (subscription.collection_method === 'charge_automatically') collect(world, invoice.id, { telling: 'quietly' });
  else emit(world, 'invoice.sent', finalized);
}

type Update = Values<typeof subscriptionUpdateShape>;

function plainChanges(world: World, before: Subscription, values: Update, now: number): Partial<Subscription> {
  const atEnd = values.cancel_at_period_end;
  const [first] = before.items.data;
  const end = atEnd === true ? (first?.current_period_end ?? null) : null;
  const method = values.default_payment_method;
  const pause = values.pause_collection;
  return {
    metadata: changedMetadata(before.metadata, values.metadata),
    ...(atEnd === undefined ? {} : { cancel_at_period_end: atEnd, cancel_at: end, canceled_at: atEnd ? now : null }),
    ...(values.cancel_at === undefined
      ? {}
      : { cancel_at: values.cancel_at, canceled_at: values.cancel_at === null ? null : now }),
    ...(values.collection_method === undefined ? {} : { collection_method: values.collection_method }),
    ...(values.days_until_due === undefined ? {} : { days_until_due: values.days_until_due }),
    ...(method === undefined
      ? {}
      : { default_payment_method: attachedPaymentMethod(world, method, before.customer).id }),
    ...(values.default_tax_rates === undefined
      ? {}
      : { default_tax_rates: taxRatesOf(world, values.default_tax_rates) }),
    ...(values.description === undefined ? {} : { description: values.description }),
    ...(values.discounts === undefined
      ? {}
      : {
          discounts: newDiscounts(world, values.discounts ?? [], {
            customer: before.customer,
            subscription: before.id,
          }),
        }),
    ...(pause === undefined
      ? {}
      : {
          pause_collection: pause === null ? null : { behavior: pause.behavior, resumes_at: pause.resumes_at ?? null },
        }),
  };
}

const update = route('POST', '/v1/subscriptions/{id}', subscriptionUpdateShape, ({ world, id, values }) => {
  const before = subscriptionWithId(world, id);
  if (before.status === 'canceled' || before.status === 'incomplete_expired') {
    const message = 'A canceled subscription can only update its cancellation_details and metadata.';
    const only = Object.keys(values).every((name) => name === 'metadata' || name === 'cancellation_details');
    if (!only) throw invalidRequest(message, { code: 'invalid_canceled_subscription_fields' });
  }
  const now = nowOf(world, before.customer);
  const behavior = values.proration_behavior ?? 'create_prorations';
  const moment = { world, subscription: before, at: values.proration_date ?? now, prorates: behavior !== 'none' };
  const items = values.items === undefined ? before.items : itemsOf(id, changedItems(moment, values.items));
  const changes = { ...plainChanges(world, before, values, now), items };
  const trial = values.trial_end === 'now' && before.status === 'trialing' ? endedTrial(items, now) : {};
  change(world, 'subscriptions', id, { ...changes, ...trial }, 'customer.subscription.updated');
  planCycle(world, id);
  if (behavior === 'always_invoice' && values.items !== undefined)
    invoiceNow(world, subscriptionWithId(world, id), () => [], now);
  return subscriptionWithId(world, id);
});

/** A trial cut short: the present period ends now, and the cycle does the rest. */
function endedTrial(items: Subscription['items'], now: number): Partial<Subscription> {
  const data = items.data.map((item) => ({ ...item, current_period_end: now }));
  return { items: { ...items, data }, trial_end: now, billing_cycle_anchor: now };
}

const cancel = route(
  'DELETE',
  '/v1/subscriptions/{id}',
  {
    cancellation_details: object({ comment: text(), feedback: text(), feedback_option: ignored() }),
    invoice_now: boolean(),
    prorate: boolean(),
  },
  ({ world, id, values }) => {
    const before = subscriptionWithId(world, id);
    if (before.status === 'canceled')
      throw invalidRequest(`No such subscription: '${id}'`, { code: 'resource_missing', param: 'id' });
    const now = nowOf(world, before.customer);
    stopCollection(world, before);
    if (values.prorate === true) {
      const moment = { world, subscription: before, at: now, prorates: true };
      const licensed = before.items.data.filter(({ price }) => !isMetered(price));
      changedItems(
        moment,
        licensed.map((item) => ({ ...EMPTY_ITEM, id: item.id, deleted: true })),
      );
    }
    const details = {
      comment: values.cancellation_details?.comment ?? null,
      feedback: values.cancellation_details?.feedback ?? null,
    };
    world.store.patch('subscriptions', id, {
      status: 'canceled',
      canceled_at: now,
      ended_at: now,
      cancellation_details: { ...details, feedback_option: null, reason: 'cancellation_requested' },
    });
    for (const kind of ['subscription_cycle', 'subscription_incomplete', 'invoice_upcoming'])
      unschedule(world, kind, id);
    if (values.invoice_now === true) {
      const metered = before.items.data.filter(({ price }) => isMetered(price)).toReversed();
      invoiceNow(world, before, (invoice) => metered.map((item) => usageLine(world, invoice, before, item, now)), now);
    }
    const after = subscriptionWithId(world, id);
    emit(world, 'customer.subscription.deleted', after);
    return after;
  },
);

const EMPTY_ITEM = {
  id: undefined,
  billing_thresholds: undefined,
  clear_usage: undefined,
  current_trial: undefined,
  deleted: undefined,
  discounts: undefined,
  metadata: undefined,
  plan: undefined,
  price: undefined,
  price_data: undefined,
  quantity: undefined,
  tax_rates: undefined,
};

/** Open invoices of a cancelled subscription are no longer collected by themselves. */
function stopCollection(world: World, subscription: Subscription): void {
  for (const invoice of world.store.by('invoices', 'customer', subscription.customer)) {
    const own = invoice.parent?.subscription_details?.subscription === subscription.id;
    if (!own || invoice.status !== 'open' || invoice.auto_advance !== true) continue;
    unschedule(world, 'invoice_collection', invoice.id);
    change(world, 'invoices', invoice.id, { auto_advance: false, next_payment_attempt: null }, 'invoice.updated');
  }
}

const filters = {
  ...paging,
  automatic_tax: ignored(),
  collection_method: word(),
  created: range(),
  current_period_end: range(),
  current_period_start: range(),
  customer: word(),
  customer_account: word(),
  plan: word(),
  price: word(),
  status: word(),
  test_clock: word(),
};

function fits(subscription: Subscription, values: Values<typeof filters>): boolean {
  const { status } = values;
  const byStatus =
    status === 'all' ||
    (status === undefined ? subscription.status !== 'canceled' : subscription.status === status) ||
    (status === 'ended' && ['canceled', 'incomplete_expired'].includes(subscription.status));
  return (
    byStatus &&
    (values.created?.(subscription.created) ?? true) &&
    (values.collection_method === undefined || subscription.collection_method === values.collection_method) &&
    (values.price === undefined || subscription.items.data.some(({ price }) => price.id === values.price)) &&
    (values.test_clock === undefined || subscription.test_clock === values.test_clock) &&
    subscription.items.data.some(
      (item) =>
        (values.current_period_end?.(item.current_period_end) ?? true) &&
        (values.current_period_start?.(item.current_period_start) ?? true),
    )
  );
}

export const subscriptionRoutes = [
  route('POST', '/v1/subscriptions', subscriptionCreateShape, ({ world, values }) => newSubscription(world, values)),
  update,
  cancel,
  route('GET', '/v1/subscriptions', filters, ({ world, values, path }) => {
    const all =
      values.customer === undefined
        ? world.store.all('subscriptions')
        : world.store.by('subscriptions', 'customer', values.customer);
    return page(all.filter((subscription) => fits(subscription, values)).toReversed(), values, path);
  }),
  route('GET', '/v1/subscriptions/{id}', {}, ({ world, id }) => subscriptionWithId(world, id)),
];
