import { createHash } from 'node:crypto';

import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Case } from '../../domain/case-record.ts';
import { type CaseKind, type Evidence, mayChange, NO_EVIDENCE, type Outcome } from '../../domain/case.ts';
import type { CustomerKey } from '../../domain/customer.ts';
import { refusedText } from '../../domain/free-text.ts';
import { withLane } from '../../domain/lane-id.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { insertCase, lockCase, readCase } from '../../storage/cases.ts';
import { now } from '../../storage/clock.ts';
import { lockCustomer } from '../../storage/customers.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import { earlierAnswers, insertAnswer } from '../../storage/idempotency-keys.ts';
import { customerOfInvoice } from '../../storage/invoices.ts';
import { findUsage } from '../../storage/usage-reversals.ts';
import type { Deps } from '../deps.ts';
import { mirrorInvoice } from '../mirror-invoice.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';
import { findCustomer } from '../read-customer.ts';
import { stripeRefusal } from '../stripe-refusal.ts';
import { reopened, saveCase, shown, unknownCase, wrongState } from './case-record.ts';

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
  const customer = await findCustomer(deps, asked.customer);
  if ('rejected' in customer) return customer;
  const evidence = { ...NO_EVIDENCE, ...asked.evidence };
  const refusal = refusedTexts(evidence, asked.outcome) ?? (await refusedInvoice(deps, customer, evidence.invoiceId));
  if (refusal !== null) return refusal;
  const { kind, outcome, idempotencyKey: key } = asked;
  const fingerprint = fingerprintOf({ kind, evidence, outcome });
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'case.request');
    if ('rejected' in actor) return actor;
    await lockCustomer(trx, customer);
    const [known] = await earlierAnswers(trx, [{ ...customer, operation: OPERATION, key }]);
    if (known !== undefined) return firstCase(trx, known, fingerprint, key);
    const unknown = await refusedUsage(trx, customer, evidence.usageEventIds);
    if (unknown !== null) return unknown;
    const one = newCase(deps, customer, { kind, evidence, outcome, openedBy: actor.subject, openedAt: await now(trx) });
    await insertCase(trx, one);
    await audit(deps, trx, actor, {
      action: 'case.opened',
      objectType: 'case',
      objectId: one.caseId,
      customerId: customer.customerId,
      after: shown(one),
    });
    await insertAnswer(trx, customer, {
      operation: OPERATION,
      key,
      fingerprint,
      effect: { case_id: one.caseId },
      at: one.openedAt,
    });
    return one;
  });
}

async function firstCase(
  trx: Transaction,
  known: { readonly fingerprint: string; readonly effect: unknown },
  fingerprint: string,
  key: string,
): Promise<Case | Refused> {
  if (known.fingerprint !== fingerprint) {
    return refuse(
      'idempotency_key_reused',
      `the idempotency key ${key} was used for another case; use a new key for a new one`,
    );
  }
  const { case_id: caseId } = known.effect as { readonly case_id: string };
  const one = await readCase(trx, caseId);
  if (one === null) throw new Error(`case ${caseId} has vanished`);
  return one;
}

/** A case as it begins. */
function newCase(
  deps: Pick<Deps, 'newId'>,
  customer: CustomerKey,
  begun: Pick<Case, 'kind' | 'evidence' | 'outcome' | 'openedBy' | 'openedAt'>,
): Case {
  const { lane, customerId } = customer;
  const base = { lane, customerId, caseId: withLane(deps.newId(), lane), startedAt: null, finishedAt: null };
  return { ...reopened({ ...base, ...begun, result: null, version: 0 } as Case, null) };
}

export interface CaseChange {
  readonly caseId: string;
  readonly kind?: CaseKind;
  /** Only what changes; null takes it away. */
  readonly evidence?: Partial<Evidence>;
  readonly outcome?: Outcome | null;
}

/** Adds evidence or changes what shall be done. Whatever was submitted or approved is void then. */
export async function changeCase(deps: Deps, acting: Acting, change: CaseChange): Promise<Case | Refused> {
  const seen = await readCase(deps.db, change.caseId);
  if (seen === null) return unknownCase();
  const evidence = { ...seen.evidence, ...change.evidence };
  const outcome = change.outcome === undefined ? seen.outcome : change.outcome;
  const refusal = refusedTexts(evidence, outcome) ?? (await refusedInvoice(deps, seen, evidence.invoiceId));
  if (refusal !== null) return refusal;
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'case.request');
    if ('rejected' in actor) return actor;
    const before = await lockCase(trx, change.caseId);
    if (before === null) return unknownCase();
    if (!mayChange(before.state)) return wrongState(before, 'changed');
    if (before.version !== seen.version) {
      return refuse('case_changed', 'somebody else changed this case meanwhile; look at it again');
    }
    const unknown = await refusedUsage(trx, before, evidence.usageEventIds);
    if (unknown !== null) return unknown;
    const after = { ...reopened(before, null), kind: change.kind ?? before.kind, evidence, outcome };
    const agreed = before.state === 'waiting' || before.state === 'approved';
    const action = agreed ? 'case.changed_and_approval_voided' : 'case.changed';
    return saveCase(deps, trx, actor, { action, before, after });
  });
}

const LENGTHS = { ticket: 200, explanation: 2_000, stripeObject: 255 } as const;
const MEMO_LENGTH = 500;

function refusedTexts(evidence: Evidence, outcome: Outcome | null): Refused | null {
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
async function refusedInvoice(deps: Deps, customer: CustomerKey, invoiceId: string | null): Promise<Refused | null> {
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

async function refusedUsage(trx: Transaction, customer: CustomerKey, ids: readonly string[]): Promise<Refused | null> {
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
