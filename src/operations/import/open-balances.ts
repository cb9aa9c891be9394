import { catchUp } from '../../domain/catch-up.ts';
import type { CustomerKey } from '../../domain/customer.ts';
import { openLot } from '../../domain/lot-opening.ts';
import { transaction } from '../../storage/database.ts';
import { openedSources } from '../../storage/lots.ts';
import { loadPoolBooks } from '../../storage/pool-books.ts';
import type { Deps } from '../deps.ts';
import { findCustomer } from '../read-customer.ts';
import { saveWatched, watch } from '../watch-pools.ts';

export interface OpeningBalance {
  readonly reference: string;
  readonly customer: string;
  readonly micro: bigint;
  readonly expiresAt: Date | null;
  readonly category: 'paid' | 'promotional';
  readonly priority: number;
}

export type OpeningOutcome = 'opened' | 'opened before' | { readonly refused: string };

/**
 * Opens a lot of what a customer had left elsewhere, once per reference; nobody paid for it in these books. With
 * `dryRun` it only says what it would do.
 */
export async function openBalance(
  deps: Deps,
  balance: OpeningBalance,
  { dryRun }: { readonly dryRun: boolean },
): Promise<OpeningOutcome> {
  const customer = await findCustomer(deps, balance.customer);
  if ('rejected' in customer) return { refused: customer.rejected.message };
  return transaction(deps.db, async (trx) => {
    const { now, books } = await loadPoolBooks(trx, [customer], deps.settings, { readOnly: dryRun });
    const book = books.get(customer.customerId);
    if (book === undefined) return { refused: 'the customer has no pool yet: it needs a subscription to a plan' };
    if (balance.expiresAt !== null && balance.expiresAt <= now) {
      return { refused: 'expires_at: the credits would expire before they are opened' };
    }
    if (await isOpened(trx, customer, balance.reference)) return 'opened before';
    if (dryRun) return 'opened';
    const moment = { now, newId: deps.newId };
    catchUp(book, moment);
    const before = watch([book], now);
    openLot(
      book,
      {
        source: 'opening',
        category: balance.category,
        priority: balance.priority,
        effectiveAt: now,
        expiresAt: balance.expiresAt,
        features: null,
        billingPeriodId: null,
        granted: balance.micro,
        paidMinor: 0n,
        paidCurrency: null,
        grantCurrency: book.terms?.currency ?? '',
        originLotId: null,
        sourceType: SOURCE,
        sourceId: balance.reference,
      },
      { actor: 'import', reason: 'opening balance' },
      moment,
    );
    await saveWatched(trx, book, before, moment);
    return 'opened';
  });
}

const SOURCE = 'opening_balance';

async function isOpened(
  trx: Parameters<typeof openedSources>[0],
  customer: CustomerKey,
  reference: string,
): Promise<boolean> {
  return (await openedSources(trx, customer, SOURCE, [reference])).size > 0;
}
