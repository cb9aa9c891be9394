import { itemLine } from './invoice-lines.ts';
import { withUsage } from './invoice-usage.ts';
import { dueAfterBalance, recalculated } from './totals.ts';
import type { Invoice, InvoiceItem, InvoiceLine } from './wire.ts';
import { clockOf, emit, nowOf, schedule, unschedule, type World } from './world.ts';

/** A draft as it would stand if it were finalized now; other invoices as they are. */
export function currentInvoice(world: World, invoice: Invoice): Invoice {
  if (invoice.status !== 'draft') return invoice;
  const sums = recalculated(world, withUsage(world, invoice));
  const balance = invoice.customer === null ? 0 : (world.store.find('customers', invoice.customer)?.balance ?? 0);
  const { amountDue } = dueAfterBalance(world, sums.total, balance, sums.currency);
  return { ...sums, starting_balance: balance, amount_due: amountDue, amount_remaining: amountDue };
}

/** Pending invoice items of a customer that an invoice of this currency takes along, newest first. */
export function pendingItems(world: World, invoice: Invoice, subscription: string | null): InvoiceItem[] {
  if (invoice.customer === null) return [];
  return world.store
    .by('invoice_items', 'customer', invoice.customer)
    .filter((item) => {
      const owner = item.parent?.subscription_details?.subscription ?? null;
      return item.invoice === null && item.currency === invoice.currency && (owner === null || owner === subscription);
    })
    .toReversed();
}

/** Stores a new draft with its lines and pending items, tells it, and starts its clock when it advances by itself. */
export function openDraft(
  world: World,
  invoice: Invoice,
  lines: readonly InvoiceLine[],
  items: readonly InvoiceItem[],
): Invoice {
  for (const item of items) world.store.patch('invoice_items', item.id, { invoice: invoice.id });
  const data = [...items.map((item) => itemLine(invoice, item)), ...lines];
  const drafted = currentInvoice(world, { ...invoice, lines: { ...invoice.lines, data } });
  world.store.put('invoices', drafted);
  return drafted;
}

/** Announces a draft; a draft that advances by itself is finalized some time after its webhooks were heard. */
export function announceDraft(world: World, id: string): Invoice {
  const invoice = world.store.find('invoices', id);
  if (invoice === undefined) throw new Error(`no invoice ${id}`);
  const advances = invoice.auto_advance === true;
  const at = invoice.created + world.switches.draftWindowSeconds;
  const announced = world.store.patch('invoices', id, { automatically_finalizes_at: advances ? at : null });
  const event = emit(world, 'invoice.created', announced);
  world.store.put('drafts', { id, schedule: advances ? 'after_webhooks' : 'none', created_event: event });
  if (advances) schedule(world, 'invoice_finalization', id, clockOf(world, invoice.customer), at);
  if (isHeard(world, event)) return world.store.patch('invoices', id, { webhooks_delivered_at: invoice.created });
  return announced;
}

/** Has every endpoint acknowledged the event? */
export function isHeard(world: World, event: string | null): boolean {
  if (event === null) return true;
  return world.store.by('deliveries', 'event', event).every(({ state }) => state === 'acknowledged');
}

/** Plans, replans or stops the automatic finalization of a draft. */
export function planFinalization(
  world: World,
  invoice: Invoice,
  at: number | null,
  kind: 'after_webhooks' | 'explicit',
): void {
  const state = world.store.find('drafts', invoice.id);
  const created = state?.created_event ?? null;
  world.store.put('drafts', { id: invoice.id, schedule: at === null ? 'none' : kind, created_event: created });
  if (at === null) unschedule(world, 'invoice_finalization', invoice.id);
  else schedule(world, 'invoice_finalization', invoice.id, clockOf(world, invoice.customer), at);
}

/** The endpoints have heard of a new draft: its window starts now. */
export function startWindow(world: World, invoice: Invoice): void {
  const now = nowOf(world, invoice.customer);
  const state = world.store.find('drafts', invoice.id);
  const waits = invoice.status === 'draft' && state?.schedule === 'after_webhooks';
  const at = now + world.switches.draftWindowSeconds;
  const window = waits ? { automatically_finalizes_at: at } : {};
  world.store.patch('invoices', invoice.id, { webhooks_delivered_at: now, ...window });
  if (waits) planFinalization(world, invoice, at, 'after_webhooks');
}
