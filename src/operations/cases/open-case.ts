import { createHash } from 'node:crypto';

import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Case } from '../../domain/case-record.ts';
import { type CaseKind, type Evidence, NO_EVIDENCE, type Outcome } from '../../domain/case.ts';
import type { CustomerKey } from '../../domain/customer.ts';
import { refusedText } from '../../domain/free-text.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { insertCase, readCase } from '../../storage/cases.ts';
import { now } from '../../storage/clock.ts';
import { lockCustomer } from '../../storage/customers.ts';
import { type Database, transaction, type Transaction } from '../../storage/database.ts';
import { earlierAnswers, insertAnswer } from '../../storage/idempotency-keys.ts';
import { customerOfInvoice } from '../../storage/invoices.ts';
import { findUsage } from '../../storage/usage-reversals.ts';
import type { Deps } from '../deps.ts';
import { mirrorInvoice } from '../mirror-invoice.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';
import { findCustomer } from '../read-customer.ts';
import { stripeRefusal } from '../stripe-refusal.ts';
import { newCase, shown } from './case-record.ts';

export interface NewCase {
  /** `customer_…`, `cus_…` or `ext:…`. */
  readonly customer: string;
  readonly kind: CaseKind;
  readonly evidence: Partial<Evidence>;
  readonly outcome: Outcome | null;
  /** A second click with the same key finds the case of the first. */
  readonly idempotencyKey: string;
}

const OPERATION = 'case.open';

/** Opens a case. Nothing happens yet: it may lack evidence, and it waits until somebody submits it. */
export async function openCase(deps: Deps, acting: Acting, asked: NewCase): Promise<Case | Refused> {
  const drafted = await draftCase(deps, acting, asked);
  if ('rejected' in drafted) return drafted;
  return drafted.isStored ? drafted.one : storeDraft(deps, acting, drafted);
}

export interface Draft {
  readonly one: Case;
  /** An earlier request with this key has stored it. */
  readonly isStored: boolean;
  readonly key: string;
  readonly fingerprint: string;
}

/** The case that is asked for, looked at and not stored; or the one that this key opened before. */
export async function draftCase(deps: Deps, acting: Acting, asked: NewCase): Promise<Draft | Refused> {
  const actor = await permitted(deps.db, acting, 'case.request');
  if ('rejected' in actor) return actor;
  const customer = await findCustomer(deps, asked.customer);
  if ('rejected' in customer) return customer;
  const { kind, outcome, idempotencyKey: key } = asked;
  const evidence = { ...NO_EVIDENCE, ...asked.evidence };
  const fingerprint = fingerprintOf({ kind, evidence, outcome });
  const known = await earlierCase(deps.db, customer, { key, fingerprint });
  if (known !== null) return 'rejected' in known ? known : { one: known, isStored: true, key, fingerprint };
  const refusal = refusedTexts(evidence, outcome) ?? (await refusedInvoice(deps, customer, evidence.invoiceId));
  if (refusal !== null) return refusal;
  const openedAt = await now(deps.db);
  const one = newCase(deps, customer, { kind, evidence, outcome, openedBy: actor.subject, openedAt });
  return { one, isStored: false, key, fingerprint };
}

export async function storeDraft(
  deps: Deps,
  acting: Acting,
  { one, key, fingerprint }: Pick<Draft, 'one' | 'key' | 'fingerprint'>,
): Promise<Case | Refused> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'case.request');
    if ('rejected' in actor) return actor;
    await lockCustomer(trx, one);
    const known = await earlierCase(trx, one, { key, fingerprint });
    if (known !== null) return known;
    const unknown = await refusedUsage(trx, one, one.evidence.usageEventIds);
    if (unknown !== null) return unknown;
    await insertCase(trx, one);
    await audit(deps, trx, actor, {
      action: 'case.opened',
      objectType: 'case',
      objectId: one.caseId,
      customerId: one.customerId,
      after: shown(one),
    });
    const effect = { case_id: one.caseId };
    await insertAnswer(trx, one, { operation: OPERATION, key, fingerprint, effect, at: one.openedAt });
    return one;
  });
}

async function earlierCase(
  on: Database | Transaction,
  { lane, customerId }: CustomerKey,
  { key, fingerprint }: Pick<Draft, 'key' | 'fingerprint'>,
): Promise<Case | Refused | null> {
  const [known] = await earlierAnswers(on, [{ lane, customerId, operation: OPERATION, key }]);
  if (known === undefined) return null;
  if (known.fingerprint !== fingerprint) {
    return refuse(
      'idempotency_key_reused',
      `this idempotency key was used for another case; use a new key for a new one`,
    );
  }
  const { case_id: caseId } = known.effect as { readonly case_id: string };
  const one = await readCase(on, caseId);
  if (one === null) throw new Error(`case ${caseId} has vanished`);
  return one;
}

const LENGTHS = { ticket: 200, explanation: 2_000, stripeObject: 255 } as const;
const MEMO_LENGTH = 500;

export function refusedTexts(evidence: Evidence, outcome: Outcome | null): Refused | null {
  for (const [name, lengthMax] of Object.entries(LENGTHS)) {
    const text = evidence[name as keyof typeof LENGTHS];
    const refusal =
      text === null ? null : refusedText(text, name === 'stripeObject' ? 'stripe_object' : name, lengthMax);
    if (refusal !== null) return refusal;
  }
  if (outcome?.type !== 'credit_note' || outcome.memo === null) return null;
  return refusedText(outcome.memo, 'memo', MEMO_LENGTH);
}

/** An invoice that nobody told us of yet is fetched. */
export async function refusedInvoice(
  deps: Deps,
  customer: CustomerKey,
  invoiceId: string | null,
): Promise<Refused | null> {
  if (invoiceId === null) return null;
  const unknown = refuse('unknown_invoice', `${invoiceId} is no invoice of this customer`, { param: 'invoice' });
  try {
    const owner = await customerOfInvoice(deps.db, invoiceId);
    const found = owner ?? (await mirrorInvoice(deps, invoiceId))?.key ?? null;
    return found?.customerId === customer.customerId ? null : unknown;
  } catch (error) {
    return stripeRefusal(error);
  }
}

export async function refusedUsage(
  trx: Transaction,
  customer: CustomerKey,
  ids: readonly string[],
): Promise<Refused | null> {
  if (ids.length === 0) return null;
  const found = await findUsage(trx, customer, ids);
  const missing = new Set(ids).size - found.length;
  if (missing === 0) return null;
  return refuse('unknown_usage_event', `${missing} of ${ids.length} usage events are not of this customer.`, {
    param: 'usage_events',
  });
}

function fingerprintOf(asked: object): string {
  const text = JSON.stringify(asked, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
  return createHash('sha256')
    .update(canonicalJson(JSON.parse(text)))
    .digest('hex');
}
