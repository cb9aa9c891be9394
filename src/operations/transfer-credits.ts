import type { CustomerKey } from '../domain/customer.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { resolveCustomers } from '../storage/customers.ts';
import type { Keyed, TransferAnswer } from './pool-request.ts';
import { type RealTime, unknownCustomer } from './track-usage.ts';

export interface TransferEnd {
  readonly customer: string;
  /** null: the customer's own pool, which holds what was bought */
  readonly member: string | null;
}

export interface TransferCredits extends Keyed {
  readonly from: TransferEnd;
  readonly to: TransferEnd;
  /** micro-credits */
  readonly amount: bigint;
  readonly reason: string;
  readonly actor: string;
}

/** Moves credits between pools of one customer, once per key; between customers they never move. */
export async function transferCredits(
  { deps, executor }: RealTime,
  asked: TransferCredits,
): Promise<
  { readonly customer: CustomerKey; readonly transfer: TransferAnswer; readonly replayed: boolean } | Refused
> {
  const known = await resolveCustomers(deps.db, [asked.from.customer, asked.to.customer]);
  const customer = known.get(asked.from.customer);
  const other = known.get(asked.to.customer);
  if (customer === undefined || other === undefined) return unknownCustomer();
  if (customer.customerId !== other.customerId) {
    return refuse('transfer_across_customers', 'Credits never move from one customer to another.', { param: 'to' });
  }
  const { key, fingerprint, amount, actor, reason } = asked;
  const [answer] = await executor.submit([
    {
      kind: 'transfer',
      customer,
      from: asked.from.member,
      to: asked.to.member,
      key,
      fingerprint,
      amount,
      actor,
      reason,
    },
  ]);
  if (answer?.kind === 'transfer') return { customer, transfer: answer.transfer, replayed: answer.replayed };
  if (answer?.kind === 'refused') return { rejected: answer.rejected };
  throw new Error(`a transfer was answered by ${answer?.kind ?? 'nothing'}`);
}
