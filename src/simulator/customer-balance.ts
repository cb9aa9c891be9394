import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import type { CustomerBalanceTransaction } from './wire.ts';
import { change, need, type World } from './world.ts';

interface Reason {
  readonly type: CustomerBalanceTransaction['type'];
  readonly currency?: string;
  readonly description?: string | null;
  readonly metadata?: Record<string, string>;
  readonly invoice?: string;
  readonly creditNote?: string;
}

/** Moves the customer's balance (negative = credit) and writes the transaction. */
export function moveCustomerBalance(
  world: World,
  customerId: string,
  amount: number,
  reason: Reason,
  telling: 'aloud' | 'quietly' = 'aloud',
): CustomerBalanceTransaction {
  const customer = need(world, 'customers', customerId, 'customer', 'customer');
  const currency = reason.currency ?? customer.currency ?? 'usd';
  if (customer.currency !== null && customer.currency !== undefined && customer.currency !== currency) {
    const message = `You cannot combine currencies on a single customer. This customer has ${customer.currency}.`;
    throw invalidRequest(message, { param: 'currency' });
  }
  const balance = customer.balance + amount;
  const transaction: CustomerBalanceTransaction = {
    id: freshId('cbtxn'),
    object: 'customer_balance_transaction',
    amount,
    checkout_session: null,
    created: world.now(customer.test_clock),
    credit_note: reason.creditNote ?? null,
    currency,
    customer: customerId,
    customer_account: null,
    description: reason.description ?? null,
    ending_balance: balance,
    invoice: reason.invoice ?? null,
    livemode: false,
    metadata: reason.metadata ?? {},
    type: reason.type,
  };
  world.store.put('customer_balance_transactions', transaction);
  if (telling === 'aloud') change(world, 'customers', customerId, { balance, currency }, 'customer.updated');
  else world.store.patch('customers', customerId, { balance, currency });
  return transaction;
}
