import type { BillLine, Comparison } from '../domain/provider-bill.ts';
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';

export interface ProviderBill {
  readonly billId: string;
  readonly provider: string;
  readonly name: string;
  readonly contentHash: string;
  readonly firstDay: string;
  readonly lastDay: string;
  readonly lines: number;
  readonly importedBy: string;
  readonly importedAt: Date;
}

const BILL = `select bill_id as "billId", provider, name, content_hash as "contentHash", to_char(first_day, 'YYYY-MM-DD') as "firstDay",
  to_char(last_day, 'YYYY-MM-DD') as "lastDay", lines, imported_by as "importedBy", imported_at as "importedAt" from provider_bills`;

/** The bill with this content, if it was imported before. */
export async function billWithContent(on: Database | Transaction, contentHash: string): Promise<ProviderBill | null> {
  const [row] = await query<ProviderBill>(on, `${BILL} where content_hash = $1`, [contentHash]);
  return row ?? null;
}

/** Bills that were imported, the newest first. */
export async function listProviderBills(
  on: Database | Transaction,
  limit: number,
  after: string | null = null,
): Promise<readonly ProviderBill[]> {
  return query<ProviderBill>(
    on,
    `${BILL} where $2::uuid is null
       or (imported_at, bill_id) < (select a.imported_at, a.bill_id from provider_bills a where a.bill_id = $2)
     order by imported_at desc, bill_id desc limit $1`,
    [limit, after],
  );
}

/** Keeps a bill with its lines; false where somebody else has imported the same content meanwhile. */
export async function insertProviderBill(
  trx: Transaction,
  bill: ProviderBill,
  lines: readonly BillLine[],
): Promise<boolean> {
  const stored = await execute(
    trx,
    `insert into provider_bills (bill_id, provider, name, content_hash, first_day, last_day, lines, imported_by, imported_at)
     values ($1, $2, $3, $4, $5::date, $6::date, $7, $8, $9) on conflict (content_hash) do nothing`,
    [
      bill.billId,
      bill.provider,
      bill.name,
      bill.contentHash,
      bill.firstDay,
      bill.lastDay,
      bill.lines,
      bill.importedBy,
      bill.importedAt,
    ],
  );
  if (stored === 0) return false;
  await execute(
    trx,
    `insert into provider_bill_lines (bill_id, line_no, day, model, provider_key, amount_nano, currency)
     select $1, ordinality, day::date, model, provider_key, amount_nano, currency
     from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[]) with ordinality
       as new (day, model, provider_key, amount_nano, currency, ordinality)`,
    [
      bill.billId,
      lines.map(({ day }) => day),
      lines.map(({ model }) => model),
      lines.map(({ key }) => key),
      lines.map(({ amountNano }) => amountNano),
      lines.map(({ currency }) => currency),
    ],
  );
  return true;
}

/** Lines that count: of two bills for one day those of the later import. */
export const COUNTED_LINES = `select b.provider, l.day, l.model, l.provider_key, l.amount_nano, l.currency
  from provider_bill_lines l join provider_bills b using (bill_id)
  where not exists (select from provider_bills later where later.provider = b.provider
    and l.day between later.first_day and later.last_day
    and (later.imported_at, later.bill_id) > (b.imported_at, b.bill_id))`;

/**
 * A provider's bills against uses, over days that a bill covers. Uses that name no provider are taken for this one's. Where
 * the bills say nothing of models, or of keys, uses are added up over them.
 */
export async function compareWithBills(
  on: Database | Transaction,
  { provider, firstDay, lastDay }: { readonly provider: string; readonly firstDay: string; readonly lastDay: string },
): Promise<readonly Comparison[]> {
  const rows = await query<
    Omit<Comparison, 'billedNano' | 'usageNano'> & { billedNano: string | null; usageNano: string | null }
  >(
    on,
    `with counted as (
       select * from (${COUNTED_LINES}) c where c.provider = $1 and c.day between $2::date and $3::date
     ), detail as (
       select coalesce(bool_or(model is not null), true) as models, coalesce(bool_or(provider_key is not null), true) as keys
       from counted
     ), covered as (
       select distinct day::date as day from provider_bills b
       cross join lateral generate_series(greatest(b.first_day, $2::date), least(b.last_day, $3::date), '1 day') day
       where b.provider = $1
     ), billed as (
       select day, model, provider_key, currency, sum(amount_nano) as nano from counted group by 1, 2, 3, 4
     ), told as (
       select (c.occurred_at at time zone 'UTC')::date as day, case when d.models then c.model end as model,
         case when d.keys then c.provider_key end as provider_key, coalesce(c.currency, p.currency) as currency,
         coalesce(sum(c.cost_nano), 0) as nano, count(*)::int as uses,
         (count(*) filter (where c.cost_nano is null))::int as unpriced
       from provider_costs c cross join detail d
       cross join (select coalesce(min(currency), 'usd') as currency from counted) p
       where c.lane between 0 and 63 and coalesce(c.provider, $1) = $1
         and c.occurred_at >= $2::date::timestamp at time zone 'UTC'
         and c.occurred_at < ($3::date + 1)::timestamp at time zone 'UTC'
         and (c.occurred_at at time zone 'UTC')::date in (select day from covered)
       group by 1, 2, 3, 4
     )
     select to_char(coalesce(b.day, t.day), 'YYYY-MM-DD') as day, coalesce(b.model, t.model) as model,
       coalesce(b.provider_key, t.provider_key) as key, coalesce(b.currency, t.currency) as currency,
       b.nano::text as "billedNano", t.nano::text as "usageNano", coalesce(t.uses, 0) as uses,
       coalesce(t.unpriced, 0) as unpriced
     from billed b full join told t on t.day = b.day and coalesce(t.model, '') = coalesce(b.model, '')
       and coalesce(t.provider_key, '') = coalesce(b.provider_key, '') and t.currency = b.currency
     order by 1, 2, 3, 4`,
    [provider, firstDay, lastDay],
  );
  const nano = (text: string | null): bigint | null => (text === null ? null : BigInt(text));
  return rows.map((row) => ({ ...row, billedNano: nano(row.billedNano), usageNano: nano(row.usageNano) }));
}
