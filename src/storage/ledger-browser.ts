// The journal as finance reads it: one row a movement, the newest first, narrowed by what people look for. Where one
// account is looked at, each row says what it stood at afterwards, counted back from what it stands at today.
import type { Database } from './database.ts';
import { query } from './query.ts';

export interface LedgerFilter {
  readonly lanes: readonly number[];
  readonly customerId: string | null;
  /** A kind of account, such as `deferred.credits`. */
  readonly account: string | null;
  readonly unit: string | null;
  /** A kind of entry, such as `invoice.finalized`. */
  readonly kind: string | null;
  /** By when it happened: the half-open interval [from, to). */
  readonly from: Date;
  readonly to: Date;
  /** Stripe's id, or one of ours, of what caused it. */
  readonly object: string | null;
}

export interface LedgerCursor {
  readonly entryId: string;
  readonly seq: number;
}

export interface LedgerMovement {
  readonly entryId: string;
  readonly seq: number;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly kind: string;
  readonly customerId: string;
  readonly customer: string | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly sourceType: string;
  readonly sourceId: string;
  readonly belongsTo: string | null;
  readonly stripe: Readonly<Record<string, string>> | null;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly unit: string;
  readonly isCredit: boolean;
  readonly lotId: string | null;
  /** Of the one account: what it changed by, and what it stood at afterwards; null where many are shown. */
  readonly change: bigint | null;
  readonly balance: bigint | null;
  readonly isSealed: boolean;
}

const SIGNED = `case when p.to_kind = $3 then p.amount else 0 end - case when p.from_kind = $3 then p.amount else 0 end`;
const OF_ACCOUNT = `($3::text is null or $3 in (p.from_kind, p.to_kind)) and ($4::text is null or p.unit = $4)`;
const OF_CUSTOMER = `e.lane = any($1) and p.lane = any($1) and ($2::uuid is null or e.customer_id = $2)`;
const JOINED = `journal_entries e join postings p
  on p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id`;
const PLACE = `e.effective_at, e.entry_id, p.seq`;

/** A page of movements after a cursor. A running balance needs one account and one unit. */
export async function ledgerMovements(
  db: Database,
  filter: LedgerFilter,
  { after, limit }: { readonly after: LedgerCursor | null; readonly limit: number },
): Promise<readonly LedgerMovement[]> {
  return query<LedgerMovement>(
    db,
    `with page as (
       select e.*, p.seq, p.from_kind, p.to_kind, p.amount, p.unit, p.lot_id, ${SIGNED} as change from ${JOINED}
       where ${OF_CUSTOMER} and ${OF_ACCOUNT} and e.effective_at >= $5 and e.effective_at < $6
         and ($7::text is null or e.kind = $7)
         and ($8::text is null or split_part(e.source_id, '/', 1) = $8 or e.entry_id::text = $8
           or exists (select from jsonb_each_text(coalesce(e.stripe, '{}')) s where s.value = $8))
         and ($9::uuid is null or (${PLACE}) < (select b.effective_at, b.entry_id, $10::smallint from journal_entries b
           where b.lane = any($1) and b.entry_id = $9))
       order by e.effective_at desc, e.entry_id desc, p.seq desc limit $11),
     since as (
       select ${PLACE}, ${SIGNED} as change from ${JOINED}
       where $3 is not null and $4 is not null and ${OF_CUSTOMER} and ${OF_ACCOUNT}
         and (${PLACE}) >= (select effective_at, entry_id, seq from page order by effective_at, entry_id, seq limit 1)),
     stood as (
       select entry_id, seq, (select coalesce(sum(a.balance), 0) from accounts a
           where a.lane = any($1) and ($2::uuid is null or a.customer_id = $2) and a.kind = $3 and a.unit = $4)
         - coalesce(sum(change) over (order by effective_at desc, entry_id desc, seq desc
             rows between unbounded preceding and 1 preceding), 0) as balance
       from since)
     select p.entry_id as "entryId", p.seq, p.effective_at as "effectiveAt", p.recorded_at as "recordedAt", p.kind,
       p.customer_id as "customerId", coalesce(c.name, c.email, c.external_id, c.stripe_customer_id) as customer, p.actor,
       p.reason, p.source_type as "sourceType", p.source_id as "sourceId", to_char(p.belongs_to, 'YYYY-MM') as "belongsTo",
       p.stripe, p.from_kind as "from", p.to_kind as "to", p.amount, p.unit, u.unit is not null as "isCredit",
       p.lot_id as "lotId", case when $3 is null then null else p.change end::bigint as change, s.balance::bigint,
       (p.recorded_at at time zone 'UTC')::date <= coalesce((select max(day) from seal_roots), '-infinity') as "isSealed"
     from page p
     join customers c on c.lane = p.lane and c.customer_id = p.customer_id
     left join credit_units u on u.unit = p.unit
     left join stood s on s.entry_id = p.entry_id and s.seq = p.seq
     where c.lane = any($1)
     order by p.effective_at desc, p.entry_id desc, p.seq desc`,
    [
      filter.lanes,
      filter.customerId,
      filter.account,
      filter.unit,
      filter.from,
      filter.to,
      filter.kind,
      filter.object,
      after?.entryId ?? null,
      after?.seq ?? null,
      limit,
    ],
  );
}

export interface UsedAccount {
  readonly account: string;
  readonly unit: string;
}

/** Kinds of account that anything was ever posted to, each with its units. */
export async function usedAccounts(db: Database, lanes: readonly number[]): Promise<readonly UsedAccount[]> {
  return query<UsedAccount>(
    db,
    `select kind as account, unit from accounts where lane = any($1) group by 1, 2 order by 1, 2`,
    [lanes],
  );
}
