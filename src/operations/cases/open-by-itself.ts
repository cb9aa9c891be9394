import { type CaseKind, NO_EVIDENCE } from '../../domain/case.ts';
import type { CustomerKey } from '../../domain/customer.ts';
import { insertCase } from '../../storage/cases.ts';
import { now } from '../../storage/clock.ts';
import type { Transaction } from '../../storage/database.ts';
import type { Deps } from '../deps.ts';
import { audit, systemActing } from '../operators/acting.ts';
import { newCase, shown } from './case-record.ts';

const STRIPE = systemActing('stripe');

export interface Occasion {
  readonly kind: Extract<CaseKind, 'refund' | 'dispute'>;
  /** `refund.failed`, `dispute.opened`, …: each opens one case for an object, however often it is heard of. */
  readonly cause: string;
  readonly stripeObject: string;
  readonly invoiceId: string;
  readonly explanation: string;
}

/** Opens a case for what happened at Stripe without anybody here; in the transaction that mirrors it. */
export async function openByItself(
  deps: Pick<Deps, 'newId'>,
  trx: Transaction,
  customer: CustomerKey,
  { kind, cause, stripeObject, invoiceId, explanation }: Occasion,
): Promise<void> {
  const evidence = { ...NO_EVIDENCE, stripeObject, invoiceId, explanation };
  const openedAt = await now(trx);
  const one = newCase(deps, customer, { kind, evidence, outcome: null, openedBy: STRIPE.subject, openedAt });
  if (!(await insertCase(trx, one, cause))) return;
  await audit(deps, trx, STRIPE, {
    action: 'case.opened',
    objectType: 'case',
    objectId: one.caseId,
    customerId: one.customerId,
    after: shown(one),
    reason: cause,
  });
}
