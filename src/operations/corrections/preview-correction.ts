import { createHash } from 'node:crypto';

import { NIL_ID } from '../../domain/account.ts';
import { DAY_MS } from '../../domain/approval.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import {
  type CorrectionLimit,
  exceededByCorrection,
  refusedCorrection,
  type WantedCorrection,
} from '../../domain/correction.ts';
import { refusedText } from '../../domain/free-text.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { isClosedMonth } from '../../storage/accounting-periods.ts';
import { readApprovalRules } from '../../storage/approval-rules.ts';
import { now } from '../../storage/clock.ts';
import { correctedAlone, moneyBalances } from '../../storage/corrections.ts';
import { transaction, type Transaction } from '../../storage/database.ts';
import { readVariance, type StoredVariance } from '../../storage/variance-decisions.ts';
import { refusedEvidenceId, unknownVariance } from '../attach-evidence.ts';
import type { Deps } from '../deps.ts';
import { type Acting, permitted } from '../operators/acting.ts';

export interface AskedCorrection extends WantedCorrection {
  readonly varianceId: string;
  /** The file that `evidence` names; null or absent: it names none. */
  readonly evidenceId?: string | null;
}

/** An account that the entry moves, as it stands and as it would stand. Positive is debit; minor units. */
export interface MovedAccount {
  readonly account: string;
  readonly beforeMinor: bigint;
  readonly afterMinor: bigint;
}

export interface CorrectionPreview extends Omit<Required<AskedCorrection>, 'evidenceId'> {
  readonly accounts: readonly MovedAccount[];
  /** Why a second person is needed; none: the requester may post it alone. */
  readonly limits: readonly CorrectionLimit[];
  /** Of the entry and the variance: what is asked for, agreed to and posted is this, or nothing. */
  readonly payloadHash: string;
}

/** What the correction would post, and who has to agree. Nothing is changed. */
export async function previewCorrection(
  deps: Pick<Deps, 'db'>,
  acting: Acting,
  asked: AskedCorrection,
): Promise<CorrectionPreview | Refused> {
  return transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'variance.correct');
    if ('rejected' in actor) return actor;
    const variance = await readVariance(trx, asked.varianceId);
    return variance === null ? unknownVariance() : previewIn(trx, actor.subject, variance, asked);
  });
}

const TEXT_LENGTH_MAX = 2_000;

/** The same in a transaction that holds the variance. */
export async function previewIn(
  trx: Transaction,
  requester: string,
  variance: StoredVariance,
  asked: AskedCorrection,
): Promise<CorrectionPreview | Refused> {
  if (variance.state !== 'open' && variance.state !== 'explained')
    return refuse('variance_settled', `this variance is ${variance.state} already`);
  const at = await now(trx);
  const { varianceId, debit, credit, currency, amountMinor, note, evidence, effectiveAt } = asked;
  const refusal =
    refusedCorrection(asked, { unit: variance.unit, isOfNobody: variance.customerId === NIL_ID }) ??
    refusedText(note, 'note', TEXT_LENGTH_MAX) ??
    refusedText(evidence, 'evidence', TEXT_LENGTH_MAX) ??
    (await refusedEvidenceId(trx, variance, asked.evidenceId ?? null)) ??
    (await refusedDate(trx, effectiveAt ?? at, at));
  if (refusal !== null) return refusal;
  const balances = await moneyBalances(trx, variance, { accounts: [debit, credit], currency });
  const moves = [
    { account: debit, minor: amountMinor },
    { account: credit, minor: -amountMinor },
  ];
  const alone = await correctedAlone(trx, requester, { since: new Date(at.getTime() - DAY_MS), currency });
  return {
    varianceId,
    debit,
    credit,
    currency,
    amountMinor,
    effectiveAt,
    note,
    evidence,
    accounts: moves.map(({ account, minor }) => {
      const beforeMinor = balances.get(account) ?? 0n;
      return { account, beforeMinor, afterMinor: beforeMinor + minor };
    }),
    limits: exceededByCorrection(await readApprovalRules(trx), asked, alone),
    payloadHash: hashOf(variance, asked),
  };
}

/** Into an open month, and not into the future. */
export async function refusedDate(trx: Transaction, effectiveAt: Date, at: Date): Promise<Refused | null> {
  if (effectiveAt > at) {
    return refuse('occurred_in_future', `effective_at ${effectiveAt.toISOString()} lies in the future`, {
      param: 'effective_at',
    });
  }
  const month = effectiveAt.toISOString().slice(0, 7);
  if (!(await isClosedMonth(trx, month))) return null;
  return refuse('period_closed', `the books of ${month} are closed; date the entry into the open month`, {
    param: 'effective_at',
  });
}

/** A date that nobody named is not part of it: then it is posted when it is released. */
export function hashOf({ varianceId, subject, amount, ours, theirs }: StoredVariance, asked: WantedCorrection): string {
  const { debit, credit, currency, amountMinor, effectiveAt, note, evidence } = asked;
  const entry = { debit, credit, currency, amount: amountMinor.toString(), note, evidence };
  const payload = {
    variance: { varianceId, subject, amount, ours, theirs },
    entry: { ...entry, effectiveAt: effectiveAt?.toISOString() ?? null },
  };
  return createHash('sha256').update(canonicalJson(payload)).digest('hex');
}
