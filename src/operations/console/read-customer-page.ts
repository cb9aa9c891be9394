import type { Explanation } from '../../domain/explanation.ts';
import type { Refused } from '../../domain/rejection.ts';
import { explainBalance } from '../explain-balance.ts';
import { type Balance, readBalance } from '../read-balance.ts';
import { type CustomerStatement, readCustomer } from '../read-customer.ts';
import { listInvoices } from '../read-invoice.ts';
import type { RealTime } from '../track-usage.ts';

export interface CustomerView extends CustomerStatement {
  readonly balance: Balance;
  /** Null while the customer has no pool. */
  readonly explanation: Explanation | null;
  /** Newest first. */
  readonly invoices: Exclude<Awaited<ReturnType<typeof listInvoices>>, Refused>['invoices'];
}

const INVOICES_MAX = 100;

/** Everything that the page of a customer shows besides his timeline. */
export async function readCustomerView(realTime: RealTime, name: string): Promise<CustomerView | Refused> {
  const { deps } = realTime;
  const statement = await readCustomer(deps, name);
  if ('rejected' in statement) return statement;
  const balance = await readBalance(deps, name);
  if ('rejected' in balance) return balance;
  const explanation =
    balance.unit === null ? null : await explainBalance(realTime, { customer: name, spentToo: false });
  const invoices = await listInvoices(deps, { customer: name, limit: INVOICES_MAX });
  if ('rejected' in invoices) return invoices;
  return {
    ...statement,
    balance,
    explanation: explanation === null || 'rejected' in explanation ? null : explanation,
    invoices: invoices.invoices.toReversed(),
  };
}
