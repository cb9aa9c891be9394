import { z } from 'zod';

import { NIL_ID } from '../domain/account.ts';
import { toWireId } from './ids.ts';

const text = z.string().trim().min(1).max(2_000);

/** What it is, and where that can be seen: a ticket, a document's address. */
export const varianceExplanation = z.strictObject({ note: text, evidence: text });
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
