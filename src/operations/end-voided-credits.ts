import { catchUp } from '../domain/catch-up.ts';
import { clawBack } from '../domain/clawback.ts';
import type { CustomerKey } from '../domain/customer.ts';
import { remaining } from '../domain/lot.ts';
import { familyOf } from '../domain/pool-book.ts';
import { transaction, type Transaction } from '../storage/database.ts';
import { lotsOfInvoice } from '../storage/given-back.ts';
import { loadPoolBooks, termsOf } from '../storage/pool-books.ts';
import { type BilledUsageEvents, usageOfInvoice } from '../storage/voided-usage.ts';
import type { Deps } from './deps.ts';
import { reverseUsageIn } from './reverse-usage.ts';
import { saveWatched, watch } from './watch-pools.ts';

/**
 * Ends what is unspent of the credits that a voided invoice's fee included; what was used of them stands. In the caller's
 * transaction, which holds the customer's lock. A second call changes nothing.
 */
export async function endVoidedCredits(
  deps: Pick<Deps, 'newId' | 'settings'>,
  trx: Transaction,
  customer: CustomerKey,
  { invoiceId, voidedAt }: { readonly invoiceId: string; readonly voidedAt: Date },
): Promise<void> {
  const lots = (await lotsOfInvoice(trx, customer, invoiceId)).filter(({ isBought }) => !isBought);
  if (lots.length === 0) return;
  const lotIds = lots.map(({ lotId }) => lotId);
  const needs = { lotIds, allMembersOf: [customer.customerId] };
  const { now, books } = await loadPoolBooks(trx, [customer], deps.settings, needs);
  const root = books.get(customer.customerId);
  if (root === undefined) throw new Error(`customer ${customer.customerId} has lots and no pool`);
  const moment = { now, newId: deps.newId };
  const before = watch([root], now);
  catchUp(root, moment);
  for (const { lotId, lineId, clawedBack } of lots) {
    const book = familyOf(root).find((pool) => pool.lots.has(lotId));
    const lot = book?.lots.get(lotId);
    if (book === undefined || lot === undefined) continue;
    const cause = {
      sourceType: 'stripe_invoice',
      sourceId: `${invoiceId}/${lotId}/${clawedBack}`,
      reason: `invoice ${invoiceId} was voided`,
      stripe: { invoice: invoiceId, line: lineId },
      at: voidedAt,
    } as const;
    clawBack(book, lot, remaining(lot) + lot.frozen, cause, moment);
  }
  await saveWatched(trx, root, before, moment);
}

const EVENTS_A_TRANSACTION = 200;

/** Undoes the use that a voided invoice billed, where the plan of its period says so; how many events that was. */
export async function returnVoidedUsage(
  deps: Pick<Deps, 'db' | 'newId' | 'settings'>,
  customer: CustomerKey,
  invoiceId: string,
): Promise<number> {
  let returned = 0;
  for (;;) {
    const { planVersionId, usageEventIds } = await usageOfInvoice(deps.db, customer, {
      invoiceId,
      limit: EVENTS_A_TRANSACTION,
    });
    if (planVersionId === null || usageEventIds.length === 0) return returned;
    const { policy } = await termsOf(deps.db, planVersionId);
    if (policy.reversals.voidedInvoice !== 'return_credits') return returned;
    await undo(deps, customer, { invoiceId, usageEventIds });
    returned += usageEventIds.length;
  }
}

async function undo(
  deps: Pick<Deps, 'db' | 'newId' | 'settings'>,
  customer: CustomerKey,
  { invoiceId, usageEventIds }: { readonly invoiceId: string } & Pick<BilledUsageEvents, 'usageEventIds'>,
): Promise<void> {
  const asked = { customer, usageEventIds, reason: 'voided_invoice', ticket: invoiceId, actor: 'stripe' };
  const answer = await transaction(deps.db, async (trx) => reverseUsageIn(deps, trx, asked));
  if ('rejected' in answer) throw new Error(`usage of ${invoiceId} cannot be undone: ${answer.rejected.message}`);
}
