// The limits in force, and what each person gave on his own authority.
import type { ApprovalRules, GivenBefore, MoneyLimit } from '../domain/approval.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

interface RulesRow {
  readonly version: number;
  readonly approvals: ApprovalRules['approvals'];
  readonly creditsItem: bigint;
  readonly creditsDay: bigint;
  readonly goodwillMonth: bigint;
  readonly money: Readonly<Record<string, { readonly item: string; readonly day: string }>>;
  readonly changedBy: string;
  readonly reason: string;
  readonly changedAt: Date;
}

export interface StoredRules extends ApprovalRules {
  readonly changedBy: string;
  readonly reason: string;
  readonly changedAt: Date;
}

export async function readApprovalRules(db: Database | Transaction): Promise<StoredRules> {
  const [row] = await query<RulesRow>(
    db,
    `select version, approvals, credits_item_micro as "creditsItem", credits_day_micro as "creditsDay",
       goodwill_month_micro as "goodwillMonth", money_limits as money, changed_by as "changedBy", reason,
       changed_at as "changedAt"
     from approval_rules order by version desc limit 1`,
  );
  if (row === undefined) throw new Error('there are no approval rules; a migration stores the first');
  const money = Object.entries(row.money).map(([currency, { item, day }]): [string, MoneyLimit] => [
    currency,
    { itemMinor: BigInt(item), dayMinor: BigInt(day) },
  ]);
  return { ...row, money: Object.fromEntries(money) };
}

/** Stores the next version; false when somebody else stored it first. */
export async function insertApprovalRules(trx: Transaction, rules: StoredRules): Promise<boolean> {
  const money = Object.entries(rules.money).map(([currency, { itemMinor, dayMinor }]) => [
    currency,
    { item: itemMinor.toString(), day: dayMinor.toString() },
  ]);
  const rows = await execute(
    trx,
    `insert into approval_rules (version, approvals, credits_item_micro, credits_day_micro, goodwill_month_micro,
       money_limits, changed_by, reason, changed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (version) do nothing`,
    [
      rules.version,
      rules.approvals,
      rules.creditsItem,
      rules.creditsDay,
      rules.goodwillMonth,
      Object.fromEntries(money),
      rules.changedBy,
      rules.reason,
      rules.changedAt,
    ],
  );
  return rows === 1;
}

/** Until the transaction ends nobody else counts or adds what this person gave. */
export async function lockAuthority(trx: Transaction, subject: string): Promise<void> {
  await query(trx, `select pg_advisory_xact_lock(hashtextextended($1, 45))`, [subject]);
}

export async function givenBefore(
  trx: Database | Transaction,
  subject: string,
  window: { readonly dayFrom: Date; readonly monthFrom: Date; readonly currency: string | null },
): Promise<GivenBefore> {
  const [row] = await query<{ dayMicro: string; dayMinor: string; goodwillMicro: string }>(
    trx,
    `select coalesce(sum(credits_micro) filter (where at > $2), 0)::text as "dayMicro",
       coalesce(sum(money_minor) filter (where at > $2 and currency = $4), 0)::text as "dayMinor",
       coalesce(sum(credits_micro) filter (where at >= $3 and is_goodwill), 0)::text as "goodwillMicro"
     from authority_uses where subject = $1 and at >= least($2, $3) and undone_at is null`,
    [subject, window.dayFrom, window.monthFrom, window.currency],
  );
  if (row === undefined) throw new Error('a sum returned no row');
  return {
    dayMicro: BigInt(row.dayMicro),
    dayMinor: BigInt(row.dayMinor),
    goodwillMicro: BigInt(row.goodwillMicro),
  };
}

export interface AuthorityUse {
  readonly useId: string;
  readonly subject: string;
  readonly at: Date;
  readonly caseId: string;
  readonly isGoodwill: boolean;
  readonly creditsMicro: bigint;
  readonly moneyMinor: bigint;
  readonly currency: string | null;
}

export async function insertAuthorityUse(trx: Transaction, use: AuthorityUse): Promise<void> {
  await execute(
    trx,
    `insert into authority_uses (use_id, subject, at, case_id, is_goodwill, credits_micro, money_minor, currency)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (case_id) do update set subject = excluded.subject, at = excluded.at,
       is_goodwill = excluded.is_goodwill, credits_micro = excluded.credits_micro, money_minor = excluded.money_minor,
       currency = excluded.currency, undone_at = null`,
    [use.useId, use.subject, use.at, use.caseId, use.isGoodwill, use.creditsMicro, use.moneyMinor, use.currency],
  );
}

/** It was not given after all, so it counts against no limit. */
export async function forgetAuthorityUse(trx: Transaction, caseId: string, at: Date): Promise<void> {
  await execute(trx, `update authority_uses set undone_at = $2 where case_id = $1 and undone_at is null`, [caseId, at]);
}
