import { formatCredits } from '../domain/amount.ts';
import { catchUp } from '../domain/catch-up.ts';
import { overageIn, runningPeriod } from '../domain/pool-book.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { setSpendingLimit } from '../storage/customer-terms.ts';
import { transaction } from '../storage/database.ts';
import { loadPoolBooks } from '../storage/pool-books.ts';
import type { Deps } from './deps.ts';
import { findCustomer } from './read-customer.ts';

export interface SpendingLimit {
  /** Most overage in a billing period, micro-credits; null: what the plan allows. */
  readonly limit: bigint | null;
  readonly planCap: bigint | null;
  readonly used: bigint;
}

/** Sets the customer's own limit on overage, below the plan's cap and not below what this period has used already. */
export async function limitSpending(
  deps: Deps,
  { customer: name, limit }: { readonly customer: string; readonly limit: bigint | null },
): Promise<SpendingLimit | Refused> {
  const customer = await findCustomer(deps, name);
  if ('rejected' in customer) return customer;
  return transaction(deps.db, async (trx) => {
    const { now, books } = await loadPoolBooks(trx, [customer], deps.settings);
    const book = books.get(customer.customerId);
    if (book === undefined || book.terms === null) {
      return refuse('no_subscription', 'The customer has no pool yet. Subscribe it to a plan first.');
    }
    catchUp(book, { now, newId: deps.newId });
    const period = runningPeriod(book, now);
    const used = period === null ? 0n : overageIn(book, period.billingPeriodId);
    const planCap = book.terms.overageCap;
    if (limit !== null && planCap !== null && limit > planCap) {
      return refuse(
        'limit_above_plan',
        `${formatCredits(limit)} is more than the plan's overage cap of ${formatCredits(planCap)}. Set at most that, or move to another plan.`,
        { param: 'overage_credits' },
      );
    }
    if (limit !== null && limit < used) {
      return refuse(
        'limit_below_use',
        `${formatCredits(used)} credits of overage are used in this period already. Set at least that; it stops everything that is new.`,
        { param: 'overage_credits', details: { used: formatCredits(used) } },
      );
    }
    await setSpendingLimit(trx, customer, limit);
    return { limit, planCap, used };
  });
}
