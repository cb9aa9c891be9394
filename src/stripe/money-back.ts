// Stripe's side of refunds and disputes. Neither list can be asked for by customer; his charges say what became of them.
import type { DisputeThere, InvoiceThere, RefundThere } from '../domain/statement.ts';
import type { StripeGateway } from './gateway.ts';
import { idOrNull, minor, sumMinor } from './reading.ts';
import { readAll, type ReadCount } from './statements.ts';

export interface MoneyBackAtStripe {
  readonly refunds: readonly RefundThere[];
  readonly disputes: readonly DisputeThere[];
}

const PAGE = 100;

/** Refunds and disputes of the payments on these invoices; what paid none of them is no business of the books. */
export async function moneyBackThere(
  stripe: StripeGateway,
  count: ReadCount,
  { customer, invoices }: { readonly customer: string; readonly invoices: readonly InvoiceThere[] },
): Promise<MoneyBackAtStripe> {
  const paid = new Set(invoices.flatMap(({ payments }) => payments.flatMap(({ intentId }) => intentId ?? [])));
  const refunds: RefundThere[] = [];
  const disputes: DisputeThere[] = [];
  if (paid.size === 0) return { refunds, disputes };
  const expand = ['data.refunds'];
  const charges = await readAll(count, (after) => stripe.charges.list({ customer, limit: PAGE, expand, ...after }));
  for (const charge of charges) {
    if (!paid.has(idOrNull(charge.payment_intent) ?? '')) continue;
    const own = charge.refunds?.has_more
      ? await readAll(count, (after) => stripe.refunds.list({ charge: charge.id, limit: PAGE, ...after }))
      : (charge.refunds?.data ?? []);
    for (const { id, status, amount, currency } of own) {
      refunds.push({ refundId: id, status: status ?? 'pending', amountMinor: minor(amount), currency });
    }
    if (!charge.disputed) continue;
    const about = await readAll(count, (after) => stripe.disputes.list({ charge: charge.id, limit: PAGE, ...after }));
    for (const { id, status, amount, currency, balance_transactions: movements } of about) {
      disputes.push({
        disputeId: id,
        status,
        amountMinor: minor(amount),
        currency,
        movedMinor: movements.reduce(
          (sum, moved) => sum + minor(moved.currency === currency ? moved.amount : Math.sign(moved.amount) * amount),
          0n,
        ),
        feeMinor: sumMinor(movements.map(({ fee }) => ({ amount: fee }))),
      });
    }
  }
  return { refunds, disputes };
}
