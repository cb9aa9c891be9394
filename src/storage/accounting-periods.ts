// Months of the books: what a close has to know of one, and the freeze itself.
import type { CloseFacts, Confirmation, MoneyFigure, PeriodState } from '../domain/period-close.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface AccountingPeriod {
  /** `YYYY-MM` */
  readonly month: string;
  readonly state: PeriodState;
  readonly preparedAt: Date | null;
  readonly requestedBy: string | null;
  readonly requestedAt: Date | null;
  /** sha256 of the checklist that was signed. */
  readonly requestHash: string | null;
  readonly closedBy: string | null;
  readonly closedAt: Date | null;
  readonly approval: 'two_people' | 'single_operator' | null;
  readonly confirmations: Readonly<Record<string, Confirmation>>;
}

const COLUMNS = `to_char(month, 'YYYY-MM') as month,
  case when closed_at is not null then 'closed' when requested_at is not null then 'pending' else 'open' end as state,
  prepared_at as "preparedAt", requested_by as "requestedBy", requested_at as "requestedAt",
  request_hash as "requestHash", closed_by as "closedBy", closed_at as "closedAt", approval, confirmations`;

/** Months that something is known of, the newest first. */
export async function listPeriods(
  on: Database | Transaction,
  limit: number,
  after: string | null = null,
): Promise<AccountingPeriod[]> {
  return query<AccountingPeriod>(
    on,
    `select ${COLUMNS} from accounting_periods where $2::date is null or month < $2::date order by month desc limit $1`,
    [limit, after === null ? null : `${after}-01`],
  );
}

export async function readPeriod(on: Database | Transaction, month: string): Promise<AccountingPeriod | null> {
  const [row] = await query<AccountingPeriod>(on, `select ${COLUMNS} from accounting_periods where month = $1`, [
    `${month}-01`,
  ]);
  return row ?? null;
}

/** Waits until no transaction writes into the month, and lets none begin; the row is made where there is none. */
export async function lockPeriod(transaction: Transaction, month: string): Promise<AccountingPeriod> {
  await execute(transaction, `set local lock_timeout = '30s'`);
  await execute(transaction, `set local statement_timeout = '120s'`);
  const [year = 0, number = 0] = month.split('-').map(Number);
  await query(transaction, `select pg_advisory_xact_lock(7301, $1) is null as locked`, [year * 12 + number]);
  await execute(transaction, `insert into accounting_periods (month) values ($1) on conflict do nothing`, [
    `${month}-01`,
  ]);
  const period = await readPeriod(transaction, month);
  if (period === null) throw new Error(`the row of ${month} is gone`);
  return period;
}

/** Writes what a close has come to. Null takes a mark away. */
export async function savePeriod(
  transaction: Transaction,
  period: Omit<AccountingPeriod, 'state'>,
  proofs: { readonly checklist: readonly object[]; readonly figures: object } | null,
): Promise<void> {
  await execute(
    transaction,
    `update accounting_periods set prepared_at = $2, requested_by = $3, requested_at = $4, request_hash = $5,
       closed_by = $6, closed_at = $7, approval = $8, confirmations = $9, checklist = coalesce($10, checklist),
       figures = coalesce($11, figures)
     where month = $1`,
    [
      `${period.month}-01`,
      period.preparedAt,
      period.requestedBy,
      period.requestedAt,
      period.requestHash,
      period.closedBy,
      period.closedAt,
      period.approval,
      JSON.stringify(period.confirmations),
      proofs === null ? null : JSON.stringify(proofs.checklist),
      proofs === null ? null : JSON.stringify(proofs.figures),
    ],
  );
}

/** The newest closed month: the only one that may be opened again. */
export async function lastClosedMonth(on: Database | Transaction): Promise<string | null> {
  const [row] = await query<{ month: string | null }>(
    on,
    `select to_char(max(month), 'YYYY-MM') as month from accounting_periods where closed_at is not null`,
  );
  return row?.month ?? null;
}

/** Facts that sums and counts tell; what a rule computes is added by the operation. */
export type CountedFacts = Omit<
  CloseFacts,
  'now' | 'month' | 'ends' | 'deferred' | 'confirmations' | 'recognisedAt' | 'sealedThrough'
>;

const RECOGNITION = `'usage.accrued', 'revenue.fee_earned', 'revenue.credits_earned', 'revenue.breakage'`;

/** What a price change ended in mid-cycle is billed when its cycle ends, and that may be another month's. */
const NOT_FINAL = `with recursive parts as (
    select lane, customer_id, billing_period_id, superseded_by, ends_at from billing_periods
    where lane = any($1) and ends_at <= $3 and state <> 'final'
    union
    select b.lane, b.customer_id, b.billing_period_id, b.superseded_by, b.ends_at from parts p join billing_periods b
      on b.lane = p.lane and b.customer_id = p.customer_id and b.billing_period_id = p.superseded_by
    where b.lane = any($1)
  )
  select count(*)::integer from parts where superseded_by is null and ends_at <= $3`;

/** Counts what stands in the way of closing a month, in one statement and so from one snapshot. */
export async function countForClose(
  on: Database | Transaction,
  { lanes, month, ends }: { readonly lanes: readonly number[]; readonly month: string; readonly ends: Date },
): Promise<CountedFacts> {
  const [row] = await query<CountedFacts>(
    on,
    `select
       coalesce((select max(cut_off_at) from billing_periods where lane = any($1) and ends_at > $2::date::timestamp at time zone 'UTC'
         and ends_at <= $3), $3) as "cutOff",
       (select count(*) from stripe_events where state = 'received' and created_at < $3)::integer as "eventsWaiting",
       (select count(*) from stripe_events where state = 'parked' and created_at < $3)::integer as "eventsParked",
       (select max(position) from stripe_cursors where name = 'events') as "eventsListedUntil",
       (select count(*) from quarantined_events where state = 'waiting')::integer as quarantined,
       (select count(*) from billing_periods where lane = any($1) and ends_at <= $3 and state = 'open')::integer as "periodsOpen",
       (${NOT_FINAL}) as "periodsNotFinal",
       (select count(*) from outbox where lane = any($1) and state in ('pending', 'sending', 'unknown') and created_at < $3)::integer
         as "messagesWaiting",
       (select count(*) from outbox where lane = any($1) and state = 'parked' and created_at < $3)::integer as "messagesParked",
       (select max(started_at) from reconciliations where scope = 'full' and finished_at is not null) as "reconciledAt",
       (select max(recorded_at) from journal_entries where lane = any($1)
         and effective_at >= $2::date::timestamp at time zone 'UTC' and effective_at < $3 and kind not in (${RECOGNITION}))
         as "lastEntryAt",
       (select count(*) from variances where lane = any($1) and state = 'open')::integer as "variancesOpen",
       (select count(*) from variances where lane = any($1) and state = 'explained')::integer as "variancesExplained",
       (select count(*) from cases where lane = any($1) and state in ('waiting', 'approved', 'executing') and opened_at < $3)::integer
         as "casesUndecided",
       (select count(*) from lots where lane = any($1) and is_open and expires_at <= $3 and held = 0
         and granted > drawn + ended)::integer as "lotsDue",
       (select count(*) from variances where lane = any($1) and state = 'open' and subject like 'clearing_stuck%')::integer
         as "clearingStuck",
       (select to_char(min(m.month), 'YYYY-MM') from (
          select distinct date_trunc('month', effective_at at time zone 'UTC')::date as month from journal_entries
          where lane = any($1) and effective_at < $2::date::timestamp at time zone 'UTC'
        ) m left join accounting_periods p on p.month = m.month where p.closed_at is null) as "earlierOpen",
       (select count(*) from journal_exports where month = $2::date and recorded_before >= $3)::integer as exports`,
    [lanes, `${month}-01`, ends],
  );
  if (row === undefined) throw new Error('counting returned no row');
  return { ...row, breakage: await breakageOf(on, lanes, `${month}-01`, ends), clearing: await clearingOf(on, lanes) };
}

async function breakageOf(
  on: Database | Transaction,
  lanes: readonly number[],
  from: string,
  to: Date,
): Promise<MoneyFigure[]> {
  return query<MoneyFigure>(
    on,
    `select p.unit as currency, sum(case when p.from_kind = 'revenue.breakage' then p.amount else -p.amount end)::bigint
       as "amountMinor"
     from journal_entries e join postings p on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id
     where e.lane = any($1) and e.kind = 'revenue.breakage' and e.effective_at >= $2::date::timestamp at time zone 'UTC'
       and e.effective_at < $3
     group by 1 order by 1`,
    [lanes, from, to],
  );
}

async function clearingOf(
  on: Database | Transaction,
  lanes: readonly number[],
): Promise<(MoneyFigure & { readonly account: string })[]> {
  return query<MoneyFigure & { readonly account: string }>(
    on,
    `select kind as account, unit as currency, sum(balance)::bigint as "amountMinor" from accounts
     where lane = any($1) and kind like '%clearing' and balance <> 0 group by 1, 2 order by 1, 2`,
    [lanes],
  );
}

/** Whether the month of an instant is closed; until the transaction ends it stays as it is. */
export async function isClosedMonth(transaction: Transaction, month: string): Promise<boolean> {
  const [year = 0, number = 0] = month.split('-').map(Number);
  await query(transaction, `select pg_advisory_xact_lock_shared(7301, $1) is null as locked`, [year * 12 + number]);
  return (await readPeriod(transaction, month))?.state === 'closed';
}
