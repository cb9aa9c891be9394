// The closing numbers. Each is read back from the database or from Stripe's side; none is carried over from what was sent.
import type { Creditpool } from '../client/client.ts';
import type { AnswerOf } from '../contract/operations.ts';
import { formatCredits } from '../domain/amount.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { findCustomer } from '../operations/read-customer.ts';
import { verifyLedger } from '../operations/verify-ledger.ts';
import type { RunningServer } from '../server.ts';
import { creditUnit, type PlanVersion } from '../storage/plans.ts';
import { appliedStripeEvents, usageTotals } from '../storage/usage-totals.ts';

export interface Figures {
  readonly usage: { readonly events: number; readonly credits: string; readonly rejected: number };
  readonly stripe: {
    readonly meter_events: number;
    readonly meter_quantity: string;
    readonly credit_grants: number;
    readonly webhooks_applied: number;
  };
  readonly invoice: {
    readonly currency: string;
    readonly base_minor: number;
    readonly usage_minor: number;
    readonly credits_applied_minor: number;
    readonly total_minor: number;
  };
  readonly credit_note: { readonly amount_minor: number; readonly settled_as: string } | null;
  readonly credit_note_reason?: string;
  readonly ledger: { readonly entries: number; readonly verified: boolean };
  readonly reconciliation: { readonly checks: number; readonly unexplained: number };
  readonly seconds: number;
  readonly notes?: readonly string[];
  readonly rejections?: readonly { readonly line: number; readonly reason: string }[];
}

export async function usageFigures(
  { billing }: RunningServer,
  customer: string,
  rejected: number,
): Promise<Figures['usage']> {
  const { events, credits } = await usageTotals(billing.deps.db, await keyOf(billing.deps, customer));
  return { events, credits: formatCredits(credits), rejected };
}

/** What Stripe has counted, and how much it took. */
export async function stripeFigures(
  { billing, stripe }: RunningServer,
  { customer, plan, from, until }: { customer: string; plan: PlanVersion; from: Date; until: Date },
): Promise<Figures['stripe']> {
  const { deps } = billing;
  const unit = await creditUnit(deps.db, plan.unit);
  if (unit?.stripeMeterId === undefined || unit.stripeMeterId === null)
    throw new Error('the unit has no meter at Stripe');
  let units = 0n;
  const span = { start_time: wholeMinute(from), end_time: wholeMinute(until) };
  for await (const summary of deps.stripe.billing.meters.listEventSummaries(unit.stripeMeterId, {
    customer,
    ...span,
  })) {
    units += BigInt(summary.aggregated_value);
  }
  const grants = await deps.stripe.billing.creditGrants.list({ customer, limit: 100 });
  return {
    meter_events: await countOf(stripe, 'meter_events'),
    meter_quantity: formatCredits(units * unit.meterUnitMicro),
    credit_grants: grants.data.length,
    webhooks_applied: await appliedStripeEvents(deps.db),
  };
}

/** The mirrored invoice of the first cycle: fee, usage before credits, credits, total. */
export function invoiceFigures(invoice: AnswerOf<'getInvoice'>): Figures['invoice'] {
  const sumOf = (kind: string): number =>
    invoice.lines.filter((line) => line.kind === kind).reduce((sum, line) => sum + line.amount_minor, 0);
  return {
    currency: invoice.currency,
    base_minor: sumOf('base'),
    usage_minor: sumOf('usage'),
    credits_applied_minor: invoice.credits_applied_minor,
    total_minor: invoice.total_minor,
  };
}

const CREDIT_NOTE_MINOR_MAX = 1_000;

/** A credit note on the usage line, worth ten of the major unit or what is creditable; or why there is none. */
export async function issueCreditNote(
  credits: Creditpool,
  invoice: AnswerOf<'getInvoice'>,
): Promise<{ readonly note: Figures['credit_note']; readonly reason?: string }> {
  const line = invoice.lines.find(({ kind }) => kind === 'usage');
  if (line === undefined) return { note: null, reason: 'the invoice has no usage line' };
  const amount = Math.min(CREDIT_NOTE_MINOR_MAX, line.creditable_minor);
  if (amount === 0) {
    return { note: null, reason: 'nothing of the usage line was paid with money: included credits covered all of it' };
  }
  const order = {
    invoice: invoice.id,
    lines: [{ line: line.id, amount_minor: amount }],
    settle_as: 'customer_balance' as const,
    reason: 'goodwill' as const,
    ticket: 'DEMO-1',
  };
  const { preview_hash } = await credits.previewCreditNote(order);
  const issued = await credits.issueCreditNote({ ...order, preview_hash }, { idempotencyKey: 'demo-credit-note' });
  const { credit_notes: notes } = await credits.getInvoice(invoice.id);
  const mirrored = notes.find(({ id }) => id === issued.stripe.credit_note);
  if (mirrored === undefined) throw new Error('the credit note was issued and is not in the mirror');
  return { note: { amount_minor: mirrored.total_minor, settled_as: issued.settled_as ?? '' } };
}

export async function ledgerFigures({ billing }: RunningServer): Promise<Figures['ledger']> {
  const { entries, verified } = await verifyLedger(billing.deps);
  return { entries, verified };
}

export async function reconciliationFigures(credits: Creditpool): Promise<Figures['reconciliation']> {
  const run = await credits.reconcile({ full: true });
  return { checks: Object.keys(run.checks).length, unexplained: run.unexplained };
}

async function keyOf(deps: RunningServer['billing']['deps'], customer: string): Promise<CustomerKey> {
  const key = await findCustomer(deps, customer);
  if ('rejected' in key) throw new Error(key.rejected.message);
  return key;
}

async function countOf({ simulator }: RunningServer['stripe'], collection: string): Promise<number> {
  if (simulator === null) throw new Error('the demo runs on the simulator');
  const response = await fetch(`${simulator.url}/_simulator/state`);
  const counts = (await response.json()) as Readonly<Record<string, number>>;
  return counts[collection] ?? 0;
}

function wholeMinute(at: Date): number {
  return Math.floor(at.getTime() / 60_000) * 60;
}
