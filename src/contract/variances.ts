import { z } from 'zod';

import { MONEY_ACCOUNTS, NIL_ID } from '../domain/account.ts';
import { CORRECTION_STATES, type Correction } from '../domain/correction.ts';
import { positiveMinor } from './amounts.ts';
import { fromWireId, toWireId } from './ids.ts';
import { LIST_LIMIT, startingAfter } from './lists.ts';
import { instant } from './text.ts';

const text = z.string().trim().min(1).max(2_000);
/** A ticket, a document's address, or the id of a file that was attached to the variance. */
const evidence = text.refine(
  (value) => !value.startsWith('evidence_') || fromWireId('evidence', value) !== null,
  'must be an id such as evidence_01jd…, or a ticket or an address',
);

/** The file that evidence names; null when it is a ticket or an address. */
export function evidenceIdOf(value: string): string | null {
  return fromWireId('evidence', value);
}

/** What it is, and where that can be seen: a ticket, a document's address. */
export const varianceExplanation = z.strictObject({ note: text, evidence });
/** Subject or e-mail address of somebody who works here. */
export const varianceAssignment = z.strictObject({ owner: z.string().trim().min(1).max(255) });

interface ShownVariance {
  readonly varianceId: string;
  readonly customerId: string;
  readonly checkName: string;
  readonly class: string;
  readonly subject: string;
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly unit: string | null;
  readonly amount: string | null;
  readonly cause: string | null;
  readonly repair: string | null;
  readonly state: string;
  readonly explanation: string | null;
  readonly evidence: string | null;
  readonly owner: string | null;
  readonly explainedBy: string | null;
  readonly foundAt: Date;
  readonly lastSeenAt: Date;
}

export function shownVariance(variance: ShownVariance): object {
  return {
    id: toWireId('var', variance.varianceId),
    object: 'variance',
    customer: variance.customerId === NIL_ID ? null : toWireId('customer', variance.customerId),
    check: variance.checkName,
    class: variance.class,
    subject: variance.subject,
    ours: variance.ours,
    theirs: variance.theirs,
    unit: variance.unit,
    amount: variance.amount,
    cause: variance.cause,
    repair: variance.repair,
    state: variance.state,
    owner: variance.owner,
    explanation: variance.explanation,
    evidence: variance.evidence,
    explained_by: variance.explainedBy,
    found_at: variance.foundAt,
    last_seen_at: variance.lastSeenAt,
  };
}

/** The entry that corrects a variance: two accounts of the money book. */
const correction = {
  debit: z.enum(MONEY_ACCOUNTS),
  credit: z.enum(MONEY_ACCOUNTS),
  currency: z.string().regex(/^[a-z]{3}$/, 'must be a currency in lower case, such as usd'),
  amount_minor: positiveMinor,
  /** Absent: when it is posted. */
  effective_at: instant.optional(),
  note: text,
  evidence,
};
export const correctionPreview = z.strictObject(correction);
export const correctionRequest = z.strictObject({ ...correction, payload_hash: z.string().regex(/^[0-9a-f]{64}$/) });
export const correctionApproval = z.strictObject({
  payload_hash: z.string().regex(/^[0-9a-f]{64}$/),
  comment: text.optional(),
});
export const correctionRefusal = z.strictObject({ comment: text });
export const correctionsQuery = z.strictObject({
  state: z.enum(CORRECTION_STATES).optional(),
  limit: LIST_LIMIT,
  ...startingAfter('correction'),
});
export const evidenceQuery = z.strictObject({ name: z.string().min(1).max(200) });

/** The wire's fields as the operations take them. */
export function toCorrection(asked: z.output<typeof correctionPreview>) {
  const { debit, credit, currency, amount_minor: amountMinor, effective_at: effectiveAt = null, note } = asked;
  return {
    debit,
    credit,
    currency,
    amountMinor,
    effectiveAt,
    note,
    evidence: asked.evidence,
    evidenceId: evidenceIdOf(asked.evidence),
  };
}

interface ShownCorrectionPreview {
  readonly varianceId: string;
  readonly debit: string;
  readonly credit: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly effectiveAt: Date | null;
  readonly accounts: readonly { readonly account: string; readonly beforeMinor: bigint; readonly afterMinor: bigint }[];
  readonly limits: readonly { readonly name: string; readonly sentence: string }[];
  readonly payloadHash: string;
}

/** What would be posted; positive balances are debit, minor units. */
export function shownCorrectionPreview(preview: ShownCorrectionPreview): object {
  const { debit, credit, currency, amountMinor } = preview;
  return {
    object: 'correction_preview',
    variance: toWireId('var', preview.varianceId),
    entry: 'variance.corrected',
    effective_at: preview.effectiveAt,
    currency,
    lines: [
      { account: debit, debit_minor: Number(amountMinor) },
      { account: credit, credit_minor: Number(amountMinor) },
    ],
    balances: preview.accounts.map(({ account, beforeMinor, afterMinor }) => ({
      account,
      before_minor: Number(beforeMinor),
      after_minor: Number(afterMinor),
    })),
    needs_second_person: preview.limits.length > 0,
    limits: preview.limits,
    payload_hash: preview.payloadHash,
  };
}

export function shownCorrection(one: Correction): object {
  return {
    id: toWireId('correction', one.correctionId),
    object: 'correction',
    variance: toWireId('var', one.varianceId),
    customer: toWireId('customer', one.customerId),
    state: one.state,
    debit: one.debit,
    credit: one.credit,
    currency: one.currency,
    amount_minor: Number(one.amountMinor),
    effective_at: one.effectiveAt,
    note: one.note,
    evidence: one.evidence,
    payload_hash: one.payloadHash,
    limits: one.limits,
    requester: one.requester,
    requested_at: one.requestedAt,
    lapses_at: one.lapsesAt,
    approval: one.approval,
    approver: one.approver,
    decided_at: one.decidedAt,
    comment: one.comment,
    entry: one.entryId === null ? null : toWireId('entry', one.entryId),
  };
}

interface ShownEvidence {
  readonly evidenceId: string;
  readonly varianceId: string;
  readonly name: string;
  readonly contentType: string;
  readonly byteCount: number;
  readonly sha256: string;
  readonly uploadedBy: string;
  readonly uploadedAt: Date;
}

export function shownEvidence(file: ShownEvidence): object {
  return {
    id: toWireId('evidence', file.evidenceId),
    object: 'evidence_file',
    variance: toWireId('var', file.varianceId),
    name: file.name,
    content_type: file.contentType,
    bytes: file.byteCount,
    sha256: file.sha256,
    uploaded_by: file.uploadedBy,
    uploaded_at: file.uploadedAt,
  };
}
