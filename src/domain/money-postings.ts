// Small words of the money book. A posting's `from` is what an accountant credits, its `to` what he debits.
import { moneyAccount, type MoneyAccountKind } from './account.ts';
import type { Posting } from './journal.ts';

/** Who posts what Stripe reports. */
export const STRIPE = 'stripe';

/** Moves minor units between two accounts; a negative amount goes the other way, zero moves nothing. */
export function moved(
  from: MoneyAccountKind,
  to: MoneyAccountKind,
  amountMinor: bigint,
  currency: string,
): readonly Posting[] {
  if (amountMinor === 0n) return [];
  const [source, target] = amountMinor > 0n ? [from, to] : [to, from];
  const amount = amountMinor > 0n ? amountMinor : -amountMinor;
  return [{ from: moneyAccount(source, currency), to: moneyAccount(target, currency), amount }];
}

export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}
