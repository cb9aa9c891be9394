// Both sides compared, customer by customer. A difference is looked at twice before it is written down, because both
// sides move while they are read; what may safely be repaired is repaired in between, and says so on its variance.
import { NIL_ID } from '../domain/account.ts';
import { type CustomerKey, customerKey } from '../domain/customer.ts';
import { type Comparison, type Difference, kindOf, subjectOf } from '../domain/reconciliation.ts';
import { compareInbox } from '../domain/reconciliation/ourselves.ts';
import { type CheckName, CHECKS } from '../domain/variance.ts';
import { now, wallTime } from '../storage/clock.ts';
import { transaction } from '../storage/database.ts';
import { lookAtEverybody } from '../storage/reconciliation/everybody.ts';
import { waitingStripeEvents } from '../storage/reconciliation/ourselves.ts';
import { customersToReconcile, type ReconciledCustomer } from '../storage/reconciliation/scope.ts';
import { countUnexplained } from '../storage/unexplained.ts';
import {
  beginRun,
  type CheckCounts,
  lastRunStart,
  listVariances,
  noteRepair,
  type RunProgress,
  saveFindings,
  saveRun,
  type StoredVariance,
  unfinishedRun,
} from '../storage/variances.ts';
import type { ReadCount } from '../stripe/statements.ts';
import type { Deps } from './deps.ts';
import { compareCatalogueOf } from './reconciliation/compare-catalogue.ts';
import { compareCustomer, type Comparisons, type RunContext } from './reconciliation/compare-customer.ts';
import { repair, type Repairs, safeRepairs } from './reconciliation/repair.ts';
import { tellOfVariances } from './reconciliation/tell-of-variances.ts';

export interface ReconcileInput {
  /** One customer only. */
  readonly customer?: CustomerKey;
  /** Everybody, not only those with activity since the last run. */
  readonly full?: boolean;
  readonly onProgress?: (done: { readonly customers: number; readonly reads: number }) => void;
}

export interface Reconciliation {
  readonly reconciliationId: string;
  readonly checks: number;
  readonly customers: number;
  /** Objects and sums that were compared. */
  readonly compared: number;
  readonly byCheck: Readonly<Record<CheckName, CheckCounts>>;
  /** Open variances that nothing explains, older ones included. */
  readonly unexplained: number;
  /** Open and explained variances, the oldest first; at most 500. */
  readonly variances: readonly StoredVariance[];
  /** GETs that it took. */
  readonly reads: number;
}

const CUSTOMERS_PER_BATCH = 100;
const VARIANCES_SHOWN_MAX = 500;
/** A run that stopped is continued for so long; later the customers that it did first have moved on. */
const RESUMED_MS_MAX = 6 * 3_600_000;
/** A sandbox's clock may lie anywhere: then nothing can be left out by time. */
const CLOCK_APART_MS_MAX = 60_000;

/** Compares our books with Stripe's and with themselves, and writes down what differs. */
export async function reconcile(
  deps: Deps,
  input: ReconcileInput = {},
  repairs: Repairs = safeRepairs(deps),
): Promise<Reconciliation> {
  const run = await openRun(deps, input);
  const { context, scope } = run;
  let { progress } = run;
  for (;;) {
    const batch = await customersToReconcile(deps.db, {
      since: context.since,
      after: progress.afterCustomer,
      limit: CUSTOMERS_PER_BATCH,
      ...(input.customer !== undefined && { customer: input.customer }),
    });
    for (const customer of batch) {
      const counts = await reconcileCustomer(deps, customer, run, repairs);
      progress = {
        counts: added(progress.counts, counts),
        afterCustomer: customer.customerId,
        customers: progress.customers + 1,
      };
      await saveRun(deps.db, run.reconciliationId, { progress, reads: context.count.reads, finishedAt: null });
      input.onProgress?.({ customers: progress.customers, reads: context.count.reads });
    }
    if (batch.length < CUSTOMERS_PER_BATCH) break;
  }
  if (scope !== CUSTOMER_SCOPE)
    progress = { ...progress, counts: added(progress.counts, await reconcileNobodys(deps, run)) };
  await saveRun(deps.db, run.reconciliationId, {
    progress,
    reads: context.count.reads,
    finishedAt: await now(deps.db),
  });
  return result(deps, input, run, progress);
}

interface OpenRun {
  readonly reconciliationId: string;
  readonly scope: string;
  readonly context: RunContext;
  readonly progress: RunProgress;
}

const CUSTOMER_SCOPE = 'customer';

async function openRun(deps: Deps, { customer, full = false }: ReconcileInput): Promise<OpenRun> {
  const at = await now(deps.db);
  const scope = customer !== undefined ? CUSTOMER_SCOPE : full ? 'full' : 'changed';
  const since = scope === 'changed' ? await changedSince(deps, at) : null;
  const stopped =
    customer === undefined ? await unfinishedRun(deps.db, scope, new Date(at.getTime() - RESUMED_MS_MAX)) : null;
  const count: ReadCount = { reads: stopped?.reads ?? 0 };
  const everybody = scope === 'full' ? await lookAtEverybody(deps.db, at) : null;
  const context = { now: at, since, count, everybody };
  if (stopped !== null) {
    return { reconciliationId: stopped.reconciliationId, scope, context, progress: stopped.progress };
  }
  const reconciliationId = deps.newId();
  await beginRun(deps.db, { reconciliationId, scope, startedAt: at });
  return { reconciliationId, scope, context, progress: { counts: noCounts(), afterCustomer: null, customers: 0 } };
}

async function changedSince(deps: Deps, at: Date): Promise<Date | null> {
  const wall = await wallTime(deps.db);
  if (Math.abs(wall.getTime() - at.getTime()) > CLOCK_APART_MS_MAX) return null;
  return lastRunStart(deps.db, ['full', 'changed']);
}

async function reconcileCustomer(
  deps: Deps,
  customer: ReconciledCustomer,
  run: OpenRun,
  repairs: Repairs,
): Promise<Counts> {
  let found = await compareCustomer(deps, customer, run.context);
  const suspects = Object.values(found).flatMap(unexplained);
  const repaired = zeroes();
  if (suspects.length > 0) {
    const repairable = suspects.filter((difference) => kindOf(difference).safeRepair !== undefined);
    if (repairable.length > 0) await save(deps, customer, run, { found, isFinal: false });
    for (const difference of repairable) {
      const note = await repair(repairs, customer, difference);
      if (note === null) continue;
      const { check } = kindOf(difference);
      await noteRepair(deps.db, customer, check, { subject: subjectOf(difference), note });
      repaired[check] += 1;
    }
    found = await compareCustomer(deps, customer, { ...run.context, everybody: null });
  }
  await save(deps, customer, run, { found, isFinal: true });
  return countsOf(found, repaired);
}

interface Found {
  readonly found: Comparisons;
  /** It was looked at twice: whoever listens is told of what is open. */
  readonly isFinal: boolean;
}

async function save(deps: Deps, key: CustomerKey, run: OpenRun, { found, isFinal }: Found): Promise<void> {
  const sighting = { reconciliationId: run.reconciliationId, at: run.context.now, newId: deps.newId };
  await transaction(deps.db, async (trx) => {
    for (const check of CHECKS) {
      const comparison = found[check];
      if (comparison !== undefined) await saveFindings(trx, key, check, comparison.differences, sighting);
    }
    const isClean = Object.values(found).every(({ differences }) => differences.length === 0);
    if (isFinal && !isClean) await tellOfVariances(deps, trx, key, sighting.at);
  });
}

/** What belongs to no customer: events of Stripe that nobody applied, and what the catalogue has become there. */
async function reconcileNobodys(deps: Deps, run: OpenRun): Promise<Counts> {
  const found = {
    ourselves: compareInbox(await waitingStripeEvents(deps.db)),
    catalogue: await compareCatalogueOf(deps, run.context.count),
  };
  await save(deps, customerKey(NIL_ID), run, { found, isFinal: true });
  return countsOf(found, zeroes());
}

type Counts = Record<CheckName, CheckCounts>;

function unexplained({ differences }: Comparison): readonly Difference[] {
  return differences.filter(({ explanation }) => explanation === null);
}

function zeroes(): Record<CheckName, number> {
  return { usage: 0, credits: 0, invoices: 0, credit_notes: 0, catalogue: 0, ourselves: 0 };
}

function noCounts(): Counts {
  return countsOf({}, zeroes());
}

function countsOf(found: Comparisons, repaired: Readonly<Record<CheckName, number>>): Counts {
  const of = (check: CheckName): CheckCounts => {
    const { compared, differences } = found[check] ?? { compared: 0, differences: [] };
    const open = differences.filter(({ explanation }) => explanation === null);
    return { compared, found: differences.length, unexplained: open.length, repaired: repaired[check] };
  };
  return {
    usage: of('usage'),
    credits: of('credits'),
    invoices: of('invoices'),
    credit_notes: of('credit_notes'),
    catalogue: of('catalogue'),
    ourselves: of('ourselves'),
  };
}

function added(a: Readonly<Counts>, b: Readonly<Counts>): Counts {
  const sum = (check: CheckName): CheckCounts => ({
    compared: a[check].compared + b[check].compared,
    found: a[check].found + b[check].found,
    unexplained: a[check].unexplained + b[check].unexplained,
    repaired: a[check].repaired + b[check].repaired,
  });
  return {
    usage: sum('usage'),
    credits: sum('credits'),
    invoices: sum('invoices'),
    credit_notes: sum('credit_notes'),
    catalogue: sum('catalogue'),
    ourselves: sum('ourselves'),
  };
}

async function result(
  { db }: Deps,
  { customer }: ReconcileInput,
  { reconciliationId, context }: OpenRun,
  { counts, customers }: RunProgress,
): Promise<Reconciliation> {
  const only = customer === undefined ? {} : { customer };
  return {
    reconciliationId,
    checks: CHECKS.length,
    customers,
    compared: CHECKS.reduce((sum, check) => sum + counts[check].compared, 0),
    byCheck: counts,
    unexplained: await countUnexplained(db, customer),
    variances: await listVariances(db, { states: ['open', 'explained'], limit: VARIANCES_SHOWN_MAX, ...only }),
    reads: context.count.reads,
  };
}
