import { attachPayment } from './attached-payments.ts';
import { collect, payOutOfBand } from './collection.ts';
import { announceDraft, currentInvoice, openDraft, pendingItems, planFinalization } from './drafts.ts';
import { invalidRequest } from './errors.ts';
import { finalize, finalizeAndAdvance } from './finalization.ts';
import { changesOfInvoice, invoiceCreateShape, invoiceUpdateShape, taxRatesOf } from './invoice-parameters.ts';
import { newDiscounts } from './new-discount.ts';
import { newInvoice } from './new-invoice.ts';
import { page } from './pagination.ts';
import { boolean, changedMetadata, ignored, paging, range, required, unsupported, word } from './parameters.ts';
import { route } from './routes.ts';
import { markUncollectible, voidInvoice } from './voiding.ts';
import type { Invoice } from './wire.ts';
import { change, emit, need, nowOf, unschedule, type World } from './world.ts';

function invoiceWithId(world: World, id: string): Invoice {
  return need(world, 'invoices', id, 'invoice');
}

function refuseUnless(invoice: Invoice, statuses: readonly string[], doing: string): void {
  if (statuses.includes(invoice.status ?? '')) return;
  throw invalidRequest(`You can only ${doing} ${statuses.join(' or ')} invoices. This invoice is ${invoice.status}.`, {
    code: 'status_transition_invalid',
  });
}

const create = route('POST', '/v1/invoices', invoiceCreateShape, ({ world, values }) => {
  const subscription =
    values.subscription === undefined
      ? undefined
      : need(world, 'subscriptions', values.subscription, 'subscription', 'subscription');
  const customer = need(world, 'customers', values.customer ?? subscription?.customer ?? '', 'customer', 'customer');
  const now = world.now(customer.test_clock);
  const invoice = newInvoice(world, {
    customer,
    currency: values.currency?.toLowerCase() ?? subscription?.currency ?? customer.currency ?? 'usd',
    reason: 'manual',
    subscription,
    collectionMethod: values.collection_method ?? 'charge_automatically',
    daysUntilDue: values.days_until_due,
    autoAdvance: values.auto_advance ?? false,
    created: now,
    period: { start: now, end: now },
    metadata: changedMetadata({}, values.metadata),
    description: values.description,
    footer: values.footer,
    defaultPaymentMethod: values.default_payment_method,
    taxRates: values.default_tax_rates === undefined ? undefined : taxRatesOf(world, values.default_tax_rates),
    discounts:
      values.discounts === undefined
        ? undefined
        : newDiscounts(world, values.discounts ?? [], { customer: customer.id }),
  });
  const dated = {
    ...invoice,
    due_date: values.due_date ?? invoice.due_date,
    effective_at: values.effective_at ?? null,
  };
  const takesItems = values.pending_invoice_items_behavior === 'include' || subscription !== undefined;
  const items = takesItems ? pendingItems(world, dated, subscription?.id ?? null) : [];
  openDraft(world, dated, [], items);
  announceDraft(world, dated.id);
  if (values.automatically_finalizes_at !== undefined) setSchedule(world, dated.id, values.automatically_finalizes_at);
  return invoiceWithId(world, dated.id);
});

/** A scheduled finalization needs an invoice that advances by itself. */
function setSchedule(world: World, id: string, at: number): void {
  const invoice = invoiceWithId(world, id);
  if (invoice.auto_advance !== true) {
    throw invalidRequest('automatically_finalizes_at can only be set when auto_advance is true.', {
      param: 'automatically_finalizes_at',
    });
  }
  if (at <= nowOf(world, invoice.customer)) {
    throw invalidRequest('automatically_finalizes_at must be in the future.', { param: 'automatically_finalizes_at' });
  }
  planFinalization(world, invoice, at, 'explicit');
}

const update = route('POST', '/v1/invoices/{id}', invoiceUpdateShape, ({ world, id, values }) => {
  const before = currentInvoice(world, invoiceWithId(world, id));
  world.store.put('invoices', before);
  const changes = changesOfInvoice(world, before, values);
  const { auto_advance: advances, automatically_finalizes_at: at } = values;
  const draft = before.status === 'draft';
  const changed = world.store.patch('invoices', id, changes);
  let schedule: Partial<Invoice> = {};
  if (draft && advances === false) {
    planFinalization(world, changed, null, 'explicit');
    schedule = { automatically_finalizes_at: null };
  } else if (draft && at !== undefined) {
    setSchedule(world, id, at);
    schedule = { automatically_finalizes_at: at };
  } else if (draft && advances === true && before.auto_advance !== true) {
    const due = nowOf(world, before.customer) + world.switches.draftWindowSeconds;
    planFinalization(world, changed, due, 'explicit');
    schedule = { automatically_finalizes_at: due };
  }
  const after = currentInvoice(world, { ...changed, ...schedule });
  world.store.put('invoices', before);
  return change(world, 'invoices', id, after, 'invoice.updated');
});

const transitions = [
  route('POST', '/v1/invoices/{id}/finalize', { auto_advance: boolean() }, ({ world, id, values }) => {
    if (values.auto_advance === undefined) {
      return invoiceWithId(world, id).auto_advance === true ? finalizeAndAdvance(world, id) : finalize(world, id);
    }
    if (invoiceWithId(world, id).status === 'draft')
      world.store.patch('invoices', id, { auto_advance: values.auto_advance });
    return values.auto_advance ? finalizeAndAdvance(world, id) : finalize(world, id);
  }),
  route(
    'POST',
    '/v1/invoices/{id}/pay',
    {
      forgive: ignored(),
      mandate: ignored(),
      off_session: ignored(),
      paid_out_of_band: boolean(),
      payment_method: word(),
      source: word(),
    },
    ({ world, id, values }) => {
      const before = invoiceWithId(world, id);
      if (before.status === 'paid') throw invalidRequest('Invoice is already paid', { code: 'invoice_already_paid' });
      if (before.status === 'draft') finalize(world, id);
      const invoice = invoiceWithId(world, id);
      if (invoice.status === 'paid') return invoice;
      refuseUnless(invoice, ['open', 'uncollectible'], 'pay');
      if (values.paid_out_of_band === true) return payOutOfBand(world, id);
      return collect(world, id, { method: values.payment_method ?? values.source, telling: 'aloud' });
    },
  ),
  route(
    'POST',
    '/v1/invoices/{id}/attach_payment',
    { payment_intent: required(word()), payment_record: unsupported() },
    ({ world, id, values }) => attachPayment(world, id, values.payment_intent),
  ),
  route('POST', '/v1/invoices/{id}/send', {}, ({ world, id }) => {
    if (invoiceWithId(world, id).status === 'draft') finalize(world, id);
    const invoice = invoiceWithId(world, id);
    emit(world, 'invoice.sent', invoice);
    return invoice;
  }),
  route('POST', '/v1/invoices/{id}/void', {}, ({ world, id }) => {
    const before = invoiceWithId(world, id);
    refuseUnless(before, ['open', 'uncollectible'], 'void');
    return voidInvoice(world, id);
  }),
  route('POST', '/v1/invoices/{id}/mark_uncollectible', {}, ({ world, id }) => {
    refuseUnless(invoiceWithId(world, id), ['open'], 'mark uncollectible');
    return markUncollectible(world, id);
  }),
];
const filters = {
  ...paging,
  collection_method: word(),
  created: range(),
  customer: word(),
  customer_account: word(),
  due_date: range(),
  status: word(),
  subscription: word(),
};

export const invoiceRoutes = [
  create,
  update,
  ...transitions,
  route('GET', '/v1/invoices', filters, ({ world, values, path }) => {
    const all =
      values.customer === undefined
        ? world.store.all('invoices')
        : world.store.by('invoices', 'customer', values.customer);
    const found = all.filter(
      (invoice) =>
        (values.status === undefined || invoice.status === values.status) &&
        (values.collection_method === undefined || invoice.collection_method === values.collection_method) &&
        (values.created?.(invoice.created) ?? true) &&
        (values.due_date?.(invoice.due_date ?? 0) ?? true) &&
        (values.subscription === undefined ||
          invoice.parent?.subscription_details?.subscription === values.subscription),
    );
    return page(
      found.toReversed().map((invoice) => currentInvoice(world, invoice)),
      values,
      path,
    );
  }),
  route('GET', '/v1/invoices/{id}', {}, ({ world, id }) => currentInvoice(world, invoiceWithId(world, id))),
  route('GET', '/v1/invoices/{id}/lines', paging, ({ world, id, values, path }) =>
    page(currentInvoice(world, invoiceWithId(world, id)).lines.data, values, path),
  ),
  route('DELETE', '/v1/invoices/{id}', {}, ({ world, id }) => {
    const invoice = invoiceWithId(world, id);
    refuseUnless(invoice, ['draft'], 'delete');
    if (invoice.billing_reason !== 'manual')
      throw invalidRequest('You can only delete draft invoices that were created manually.');
    for (const item of world.store.by('invoice_items', 'invoice', id)) world.store.remove('invoice_items', item.id);
    unschedule(world, 'invoice_finalization', id);
    world.store.remove('drafts', id);
    world.store.remove('invoices', id);
    emit(world, 'invoice.deleted', invoice);
    return { id, object: 'invoice', deleted: true };
  }),
];
