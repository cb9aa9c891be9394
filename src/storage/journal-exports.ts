// The money book of a month, read for export: as sums a day, or entry by entry, and what was exported before.
import { type MoneyAccountKind, NIL_ID } from '../domain/account.ts';
import type { ExportAccounts, ExportDetail, ExportedEntry, ExportTarget } from '../domain/journal-export.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

/** A month's entries, as far as they were recorded before an instant: append-only, so the same rows whenever asked. */
export interface ExportScope {
  readonly lanes: readonly number[];
  /** First day, `YYYY-MM-01`. */
  readonly month: string;
  readonly recordedBefore: Date;
}

export interface DaySum {
  readonly day: string;
  readonly currency: string;
  readonly account: MoneyAccountKind;
  readonly debitMinor: bigint;
  readonly creditMinor: bigint;
  readonly entries: number;
}

export interface ExportedPosting extends ExportedEntry {
  readonly day: string;
  readonly currency: string;
  readonly seq: number;
  readonly from: MoneyAccountKind;
  readonly to: MoneyAccountKind;
  readonly amount: bigint;
  readonly lotId: string | null;
}

/** Money accounts belong to no pool; credit accounts always do. */
const MONEY = `p.from_pool_id = '${NIL_ID}' and p.to_pool_id = '${NIL_ID}'`;

const IN_SCOPE = `e.lane = any($1) and e.effective_at >= $2::date::timestamp at time zone 'UTC'
  and e.effective_at < ($2::date + interval '1 month') at time zone 'UTC' and e.recorded_at < $3`;

const JOINED = `journal_entries e join postings p
  on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id and ${MONEY}`;

/** Debits and credits of each account, day and currency. */
export async function daySums(
  on: Database | Transaction,
  { lanes, month, recordedBefore }: ExportScope,
): Promise<DaySum[]> {
  return query<DaySum>(
    on,
    `select day::text, currency, account, sum(debit)::bigint as "debitMinor", sum(credit)::bigint as "creditMinor",
       count(distinct entry_id)::integer as entries
     from (
       select (e.effective_at at time zone 'UTC')::date as day, p.unit as currency, e.entry_id, side.account, side.debit,
         side.credit
       from ${JOINED}
       cross join lateral (values (p.to_kind, p.amount, 0::bigint), (p.from_kind, 0::bigint, p.amount))
         as side (account, debit, credit)
       where ${IN_SCOPE}
     ) sides
     group by day, currency, account order by day, currency, account`,
    [lanes, month, recordedBefore],
  );
}

/** Postings with their entry, in the order in which entries were recorded; at most `limit`. */
export async function monthPostings(
  on: Database | Transaction,
  { lanes, month, recordedBefore }: ExportScope,
  limit: number,
): Promise<ExportedPosting[]> {
  return query<ExportedPosting>(
    on,
    `select e.entry_id as "entryId", e.kind, e.recorded_at as "recordedAt", e.customer_id as "customerId",
       c.stripe_customer_id as "stripeCustomerId", c.external_id as "externalId", e.actor, e.reason,
       e.source_type as "sourceType", e.source_id as "sourceId", e.reversal_of as "reversalOf", e.stripe,
       encode(s.hash, 'hex') as seal, (e.effective_at at time zone 'UTC')::date::text as day, p.unit as currency, p.seq,
       p.from_kind as "from", p.to_kind as "to", p.amount, p.lot_id as "lotId"
     from ${JOINED}
     join customers c on c.lane = e.lane and c.customer_id = e.customer_id
     left join seals s on s.lane = e.lane and s.customer_id = e.customer_id
       and s.day = (e.recorded_at at time zone 'UTC')::date
     where ${IN_SCOPE}
     order by e.recorded_at, e.entry_id, p.seq limit $4`,
    [lanes, month, recordedBefore, limit],
  );
}

export interface ExportRecord {
  readonly exportId: string;
  readonly month: string;
  readonly target: ExportTarget;
  readonly detail: ExportDetail;
  readonly recordedBefore: Date;
  readonly accounts: ExportAccounts;
  readonly files: readonly ExportedFile[];
  readonly totals: readonly ExportedTotal[];
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface ExportedFile {
  readonly name: string;
  readonly lines: number;
  /** Of its bytes, hexadecimal. */
  readonly sha256: string;
}

/** A control total as it is kept: amounts are decimal text of minor units. */
export interface ExportedTotal {
  readonly currency: string;
  readonly journals: number;
  readonly lines: number;
  readonly debitMinor: string;
  readonly creditMinor: string;
}

export async function saveExport(on: Database | Transaction, record: ExportRecord): Promise<void> {
  await execute(
    on,
    `insert into journal_exports (export_id, month, target, detail, recorded_before, accounts, files, totals, created_by,
       created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      record.exportId,
      record.month,
      record.target,
      record.detail,
      record.recordedBefore,
      JSON.stringify(record.accounts),
      JSON.stringify(record.files),
      JSON.stringify(record.totals),
      record.createdBy,
      record.createdAt,
    ],
  );
}

const RECORD = `select export_id as "exportId", month::text, target, detail, recorded_before as "recordedBefore", accounts,
  files, totals, created_by as "createdBy", created_at as "createdAt" from journal_exports`;

export async function findExport(on: Database | Transaction, exportId: string): Promise<ExportRecord | null> {
  const [row] = await query<ExportRecord>(on, `${RECORD} where export_id = $1`, [exportId]);
  return row ?? null;
}

/** The newest first; of one month, or of all. */
export async function listExports(
  on: Database | Transaction,
  {
    month,
    limit,
    after = null,
  }: { readonly month: string | null; readonly limit: number; readonly after?: string | null },
): Promise<ExportRecord[]> {
  return query<ExportRecord>(
    on,
    `${RECORD} where ($1::date is null or month = $1::date) and ($3::uuid is null
       or (created_at, export_id) < (select a.created_at, a.export_id from journal_exports a where a.export_id = $3))
     order by created_at desc, export_id desc limit $2`,
    [month, limit, after],
  );
}
