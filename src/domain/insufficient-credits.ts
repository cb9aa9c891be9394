import { formatCredits } from './amount.ts';
import { overageCapOf } from './burn.ts';
import { type PoolBook, runningPeriod } from './pool-book.ts';
import { availableAt } from './pool-stock.ts';
import type { InsufficientCredits, Refused } from './rejection.ts';
import { zeroBalanceOf } from './shortfall.ts';

/** Which limit says no at zero, and who can lift it. */
function limitAtZero(book: PoolBook, action: string, now: Date): Pick<InsufficientCredits, 'limit' | 'lifted_by'> {
  const rule = book.terms === null ? 'block' : zeroBalanceOf(book.terms, action);
  const own = (book.root ?? book).shortfall.spendingLimit;
  if (rule === 'grace') return { limit: 'debt', lifted_by: 'the account owner, by buying credits that pay the debt' };
  if (rule !== 'overage' || runningPeriod(book, now)?.isTrial === true)
    return { limit: 'balance', lifted_by: 'the account owner, by buying credits' };
  if (own !== null && own === overageCapOf(book)) {
    return { limit: 'spending_limit', lifted_by: "the customer's own billing contact, by raising the spending limit" };
  }
  return { limit: 'overage_cap', lifted_by: 'the account owner, by raising the overage cap or buying credits' };
}

/** The refusal that names which limit said no, and who can lift it. */
export function insufficientCredits(book: PoolBook, action: string, needed: bigint, now: Date): Refused {
  const available = availableAt(book, now);
  return {
    rejected: {
      code: 'insufficient_credits',
      message: `${formatCredits(needed)} credits needed, ${formatCredits(available)} available for ${action}. Top up, or lower the quantity.`,
      details: {
        needed: formatCredits(needed),
        available: formatCredits(available),
        ...limitAtZero(book, action, now),
      },
    },
  };
}
