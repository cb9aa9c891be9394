import { freshId } from './ids.ts';
import { page } from './pagination.ts';
import { paging, range, word } from './parameters.ts';
import { route } from './routes.ts';
import type { BalanceTransaction } from './wire.ts';
import { need, paymentStamp, type World } from './world.ts';

interface Movement {
  /** Positive = money to us. */
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly fee: number;
  readonly source: string;
  readonly type: BalanceTransaction['type'];
}

/** Records a movement of our Stripe balance, with Stripe's own fee. */
export function recordBalance(world: World, movement: Movement): BalanceTransaction {
  const { amount, currency, description, fee, source, type } = movement;
  const created = paymentStamp(world, movement.customer);
  const fees = [{ amount: fee, application: null, currency, description: 'Stripe fees', type: 'stripe_fee' }];
  return world.store.put('balance_transactions', {
    id: freshId('txn'),
    object: 'balance_transaction',
    amount,
    available_on: created,
    balance_type: 'payments',
    created,
    currency,
    description,
    exchange_rate: null,
    fee,
    fee_details: fee === 0 ? [] : fees,
    net: amount - fee,
    reporting_category: type === 'adjustment' ? 'dispute' : type,
    source,
    status: 'available',
    type,
  });
}

/** Stripe's fee for a charge, by the switches. */
export function chargeFee(world: World, amount: number): number {
  const { chargeFeeBasisPoints, chargeFeeFixed } = world.switches;
  return Math.round((amount * chargeFeeBasisPoints) / 10_000) + chargeFeeFixed;
}

export const balanceTransactionRoutes = [
  route(
    'GET',
    '/v1/balance_transactions',
    { ...paging, created: range(), currency: word(3), payout: word(), source: word(), type: word() },
    ({ world, values, path }) => {
      const found = world.store
        .all('balance_transactions')
        .filter(
          (transaction) =>
            (values.created?.(transaction.created) ?? true) &&
            (values.source === undefined || transaction.source === values.source) &&
            (values.type === undefined || transaction.type === values.type),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/balance_transactions/{id}', {}, ({ world, id }) =>
    need(world, 'balance_transactions', id, 'balance transaction'),
  ),
];
