// The six comparisons of one customer: Stripe's side first, then ours, so that what arrives in between is ours to know.
import { type CreditPrice, creditPrice, worthHalfUp } from '../../domain/credit-price.ts';
import { meteredSpan } from '../../domain/meter.ts';
import { type Comparison, joined, MESSAGE_LAG_MS, METER_LAG_MS } from '../../domain/reconciliation.ts';
import {
  type BilledPeriod,
  compareAppliedCredits,
  compareBilledUsage,
} from '../../domain/reconciliation/applied-credits.ts';
import { compareSubscriptions } from '../../domain/reconciliation/catalogue.ts';
import { compareCorrectionTaxes } from '../../domain/reconciliation/correction-taxes.ts';
import { compareCreditNotes } from '../../domain/reconciliation/credit-notes.ts';
import { compareCredits } from '../../domain/reconciliation/credits.ts';
import { compareBesides } from '../../domain/reconciliation/foreign-usage.ts';
import { compareCycleInvoices, compareHeldDrafts, compareInvoices } from '../../domain/reconciliation/invoices.ts';
import { compareOurselves } from '../../domain/reconciliation/ourselves.ts';
import { compareMoneyBack } from '../../domain/reconciliation/refunds.ts';
import { compareSeats } from '../../domain/reconciliation/seats.ts';
import { compareUsage } from '../../domain/reconciliation/usage.ts';
import type { InvoiceThere } from '../../domain/statement.ts';
import type { CheckName } from '../../domain/variance.ts';
import { foreignMeterPrices, pricesOnMeters } from '../../storage/foreign-prices.ts';
import { adoptionOf } from '../../storage/imports.ts';
import { termsOf } from '../../storage/pool-books.ts';
import { creditMeterIds, subscribedItems } from '../../storage/reconciliation/catalogue.ts';
import { creditNotesHere } from '../../storage/reconciliation/credit-notes.ts';
import { grantsHere, meteredPriceIds, movementsHere, poolStocks } from '../../storage/reconciliation/credits.ts';
import type { Everybody } from '../../storage/reconciliation/everybody.ts';
import { billedPeriods, heldDrafts, invoicesHere, settledInvoices } from '../../storage/reconciliation/invoices.ts';
import { readOurselves, waitingObjects } from '../../storage/reconciliation/ourselves.ts';
import { moneyBackHere } from '../../storage/reconciliation/refunds.ts';
import type { ReconciledCustomer } from '../../storage/reconciliation/scope.ts';
import { removedSeats } from '../../storage/reconciliation/subscriptions.ts';
import { meteredPeriods, meterMessages } from '../../storage/reconciliation/usage.ts';
import { countedThere, prorationsThere, type ReadCount } from '../../stripe/statements.ts';
import type { Deps } from '../deps.ts';
import { verifyLedger } from '../verify-ledger.ts';
import { gatherStatement, type Statement } from './gather-statement.ts';

/** What one run compares by: its instant, what it may leave out, and the reads that it has used. */
export interface RunContext {
  readonly now: Date;
  /** Final periods that ended long before this are left out; null compares everything. */
  readonly since: Date | null;
  readonly count: ReadCount;
  /** What a look at all books at once has shown; null: look at each. */
  readonly everybody: Everybody | null;
}

export type Comparisons = Readonly<Partial<Record<CheckName, Comparison>>>;

/** Compares all of one customer; of one who was deleted at Stripe, what there is to be seen without it. */
export async function compareCustomer(
  deps: Deps,
  customer: ReconciledCustomer,
  context: RunContext,
): Promise<Comparisons> {
  if (customer.isDeleted) return { ourselves: await compareOurselvesOf(deps, customer, context) };
  const statement = await gatherStatement(
    deps.stripe,
    context.count,
    customer.stripeCustomerId,
    await adoptionOf(deps.db, customer),
  );
  const billed = await billedHere(deps, customer, statement, context);
  const waiting = await waitingObjects(deps.db);
  const documents = [
    customer.stripeCustomerId,
    ...statement.invoices.map(({ invoiceId }) => invoiceId),
    ...statement.notes.map(({ creditNoteId }) => creditNoteId),
  ];
  return {
    usage: await compareUsageOf(deps, customer, context),
    credits: await compareCreditsOf(deps, customer, { statement, billed, context }),
    invoices: await compareInvoicesOf(deps, customer, { statement, billed, waiting, context }),
    credit_notes: joined([
      compareCreditNotes(await creditNotesHere(deps.db, customer), statement, waiting),
      compareMoneyBack(await moneyBackHere(deps.db, customer), statement.back, {
        waiting,
        isBehind: documents.some((id) => waiting.has(id)),
      }),
    ]),
    catalogue: compareSubscriptions(await subscribedItems(deps.db, customer), await creditMeterIds(deps.db)),
    ourselves: await compareOurselvesOf(deps, customer, context),
  };
}

async function compareUsageOf(deps: Deps, customer: ReconciledCustomer, context: RunContext): Promise<Comparison> {
  const { now, since, count } = context;
  const windowMinutes = deps.settings.meterWindowMinutes;
  const scope = { now, since, windowMinutes, lagMs: METER_LAG_MS };
  const comparisons: Comparison[] = [];
  for (const period of await meteredPeriods(deps.db, customer, scope)) {
    const span = { ...meteredSpan(period), meterId: period.meterId, stripeCustomerId: customer.stripeCustomerId };
    const counted = await countedThere(deps.stripe, count, span);
    // Read after Stripe's sum: a message that is sent in between is young, and explains itself.
    const messages = await meterMessages(deps.db, customer);
    comparisons.push(compareUsage({ ...period, messages: messages.get(period.billingPeriodId) ?? [] }, counted));
  }
  return joined(comparisons);
}

interface Billed {
  readonly period: BilledPeriod;
  readonly standing: readonly string[];
  readonly invoice: InvoiceThere | undefined;
}

async function billedHere(
  { db }: Deps,
  customer: ReconciledCustomer,
  { invoices }: Statement,
  { since }: RunContext,
): Promise<readonly Billed[]> {
  const billed: Billed[] = [];
  const onMeters = await pricesOnMeters(db);
  for (const { planVersionId, standing, otherPriceIds, ...period } of await billedPeriods(db, customer, since)) {
    const invoice = invoices.find(({ invoiceId }) => invoiceId === period.invoiceId);
    // What a change of price ended answers for its own price alone.
    const settled = [period.meteredPriceId, ...otherPriceIds];
    const foreignPriceIds = new Set(period.isSuperseded ? [] : [...onMeters].filter((id) => !settled.includes(id)));
    const price = await priceOf(db, planVersionId);
    billed.push({ period: { ...period, foreignPriceIds, price }, standing, invoice });
  }
  return billed;
}

async function priceOf(db: Deps['db'], planVersionId: string): Promise<CreditPrice> {
  const terms = await termsOf(db, planVersionId);
  return creditPrice(terms.currency, terms.pricePerCredit);
}

async function compareCreditsOf(
  { db }: Deps,
  customer: ReconciledCustomer,
  { statement, billed, context }: { statement: Statement; billed: readonly Billed[]; context: RunContext },
): Promise<Comparison> {
  const { now } = context;
  const stocks = await poolStocks(db, customer, { now, messageLagMs: MESSAGE_LAG_MS });
  const pools = [];
  for (const { planVersionId, notFinalInvoiceIds, ...stock } of stocks) {
    const price = await priceOf(db, planVersionId);
    pools.push({ ...stock, price, notFinalInvoiceIds: new Set(notFinalInvoiceIds) });
  }
  const here = {
    now,
    pools,
    grants: await grantsHere(db, customer),
    movements: await movementsHere(db, customer),
    meteredPriceIds: await meteredPriceIds(db),
  };
  return joined([
    compareCredits(here, statement.grants, statement.movements),
    ...billed.flatMap(({ period, invoice }) =>
      invoice === undefined || invoice.status === 'void' ? [] : [compareAppliedCredits(period, invoice)],
    ),
  ]);
}

async function compareInvoicesOf(
  { db, stripe }: Deps,
  customer: ReconciledCustomer,
  {
    statement,
    billed,
    waiting,
    context: { now, count },
  }: {
    statement: Statement;
    billed: readonly Billed[];
    waiting: ReadonlySet<string>;
    context: RunContext;
  },
): Promise<Comparison> {
  const removed = await removedSeats(db, customer, now);
  // Few customers take seats away, and each read counts.
  const prorations = removed.length === 0 ? [] : await prorationsThere(stripe, count, customer.stripeCustomerId);
  return joined([
    compareSeats(removed, prorations),
    compareInvoices(await invoicesHere(db, customer), statement.invoices, waiting),
    compareHeldDrafts(await heldDrafts(db, customer)),
    compareBesides(statement.invoices, statement.notes, {
      settled: await settledInvoices(db, customer),
      foreignPriceIds: await foreignMeterPrices(db),
    }),
    ...billed.flatMap(({ period, invoice }) =>
      invoice === undefined || invoice.status === 'void'
        ? []
        : [compareBilledUsage(period, invoice), compareCorrectionTaxes(period, invoice)],
    ),
    ...billed.map(({ period, standing }) => compareCycleInvoices(period.billingPeriodId, period.invoiceId, standing)),
  ]);
}

const QUIET = {
  messages: [],
  holds: [],
  periods: [],
  unbilled: [],
  unrolled: [],
  clearing: [],
  twins: [],
  breaches: [],
};

async function compareOurselvesOf(
  deps: Deps,
  customer: ReconciledCustomer,
  { now, everybody }: RunContext,
): Promise<Comparison> {
  const { lane, customerId } = customer;
  if (everybody?.isSound === true && !everybody.suspects.has(customerId)) return compareOurselves(QUIET, now);
  const { breaches } = await verifyLedger(deps, { customer: { lane, customerId } });
  const windowMinutes = deps.settings.meterWindowMinutes;
  const ours = await readOurselves(deps.db, customer, { now, windowMinutes, lagMs: METER_LAG_MS });
  const unbilled = [];
  for (const { planVersionId, overageMicro, ...period } of ours.unbilled) {
    const price = await priceOf(deps.db, planVersionId);
    unbilled.push({ ...period, owedMinor: worthHalfUp(price, overageMicro), currency: price.currency });
  }
  return compareOurselves({ ...ours, unbilled, breaches }, now);
}
