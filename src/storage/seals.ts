// Daily seals of history, made and proved in SQL over sets. What a digest covers is written down once, column by
// column, so that a column added later does not change what was sealed before.
import type { Database, Transaction } from './database.ts';
import { execute, query } from './query.ts';
import type { Breach, LedgerCheck } from './verify.ts';

/** One day of everybody. A root covers the day before it, so the newest one covers all. */
export interface SealRoot {
  /** `YYYY-MM-DD`, in UTC, by when history was recorded. */
  readonly day: string;
  readonly customers: number;
  /** Journal entries and usage events. */
  readonly records: number;
  /** 64 hexadecimal digits. */
  readonly root: string;
}

/** A seal root that was kept outside of this database. */
export type ExportedRoot = Pick<SealRoot, 'day' | 'root'>;

const STATEMENT_TIMEOUT_MS = 600_000;

/** Digest of each customer's day: one line of hash for each record in a total order, hashed together. */
function digests(where: string): string {
  return `
    select lane, customer_id, day, count(*) as records,
      sha256(convert_to(string_agg(line, '' order by id, line), 'UTF8')) as digest
    from (
      select e.lane, e.customer_id, (e.recorded_at at time zone 'UTC')::date as day, e.entry_id as id,
        encode(sha256(convert_to(jsonb_build_array('entry', e.entry_id, e.kind, ${micros('e.effective_at')},
          ${micros('e.recorded_at')}, e.actor, e.reason, e.source_type, e.source_id, e.billing_period_id, e.belongs_to,
          e.plan_version_id, e.burn_rate_id, e.reversal_of, e.stripe, (
            select jsonb_agg(jsonb_build_array(p.seq, p.unit, p.from_pool_id, p.from_billing_period_id, p.from_kind,
              p.to_pool_id, p.to_billing_period_id, p.to_kind, p.amount, p.lot_id) order by p.seq)
            from postings p
            where p.lane = e.lane and p.customer_id = e.customer_id and p.entry_id = e.entry_id
          ))::text, 'UTF8')), 'hex') as line
      from journal_entries e where ${where.replaceAll('@', 'e.')}
      union all
      select u.lane, u.customer_id, (u.recorded_at at time zone 'UTC')::date, u.usage_event_id,
        encode(sha256(convert_to(jsonb_build_array('usage', u.usage_event_id, u.source, u.event_id,
          ${micros('u.occurred_at')}, ${micros('u.recorded_at')}, u.action, u.member, u.agent, u.quantities,
          u.dimensions, u.credits, u.overage, u.debt, u.outcome, u.pool_id, u.billing_period_id, u.burn_rate_id,
          u.entry_id, u.entry_seq, u.amends)::text, 'UTF8')), 'hex')
      from usage_events u where ${where.replaceAll('@', 'u.')}
    ) records
    group by lane, customer_id, day`;
}

/** An instant as text that no session's time zone changes. */
function micros(column: string): string {
  return `(extract(epoch from ${column}) * 1000000)::bigint`;
}

const ROOT_OF_DAY = `sha256(convert_to(string_agg(s.customer_id::text || encode(s.hash, 'hex'), ''
  order by s.customer_id), 'UTF8'))`;

/** The first day on which something was recorded after the last sealed one; null when there is none. */
export async function firstUnsealedDay(on: Database | Transaction, lanes: readonly number[]): Promise<string | null> {
  const [row] = await query<{ day: string | null }>(
    on,
    `with sealed as (select coalesce(max(day) + 1, '-infinity'::date)::timestamp at time zone 'UTC' as until from seal_roots)
     select (least(
       (select min(recorded_at) from journal_entries where lane = any($1) and recorded_at >= (select until from sealed)),
       (select min(recorded_at) from usage_events where lane = any($1) and recorded_at >= (select until from sealed))
     ) at time zone 'UTC')::date::text as day`,
    [lanes],
  );
  return row?.day ?? null;
}

/** The last day up to which nothing that was recorded lacks a seal; days on which nothing happened need none. */
export async function sealedThrough(
  on: Database | Transaction,
  { lanes, at }: { readonly lanes: readonly number[]; readonly at: Date },
): Promise<string> {
  const unsealed = (await firstUnsealedDay(on, lanes)) ?? at.toISOString().slice(0, 10);
  return new Date(Date.parse(unsealed) - 86_400_000).toISOString().slice(0, 10);
}

/** Waits until nobody else seals; kept until the transaction ends. A day of many records takes longer than a request. */
export async function lockSeals(transaction: Transaction): Promise<void> {
  await query(transaction, `select pg_advisory_xact_lock(hashtext('creditpool.seals')) is null as locked`);
  await execute(transaction, `set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
}

/** Seals a day that is over, under the lock; days are sealed in their order. */
export async function sealDay(
  transaction: Transaction,
  { day, lanes, sealedAt }: { readonly day: string; readonly lanes: readonly number[]; readonly sealedAt: Date },
): Promise<SealRoot> {
  await execute(
    transaction,
    `with digests as (${digests(`@lane = any($1) and @recorded_at >= $2::date::timestamp at time zone 'UTC'
       and @recorded_at < ($2::date + 1)::timestamp at time zone 'UTC'`)})
     insert into seals (lane, customer_id, day, records, digest, hash, sealed_at)
     select d.lane, d.customer_id, d.day, d.records, d.digest,
       sha256(coalesce(before.hash, '') || convert_to(d.day::text, 'UTF8') || d.digest), $3
     from digests d
     left join lateral (
       select hash from seals s where s.lane = d.lane and s.customer_id = d.customer_id order by s.day desc limit 1
     ) before on true`,
    [lanes, day, sealedAt],
  );
  const [root] = await query<SealRoot>(
    transaction,
    `insert into seal_roots (day, customers, records, root, sealed_at)
     select $2::date, count(*), sum(s.records),
       sha256(coalesce((select root from seal_roots order by day desc limit 1), '')
         || convert_to($2::date::text, 'UTF8') || ${ROOT_OF_DAY}), $3
     from seals s where s.lane = any($1) and s.day = $2::date
     returning day::text, customers::integer, records::integer, encode(root, 'hex') as root`,
    [lanes, day, sealedAt],
  );
  if (root === undefined) throw new Error(`the seal of ${day} returned no root`);
  return root;
}

export interface SealOfDay {
  readonly day: string;
  /** Of the customer's chain, hexadecimal; null while the day is not sealed. */
  readonly hash: string | null;
  /** Whether the day's history is still what was sealed, and the seal covers the one before it. */
  readonly holds: boolean;
}

/** The seal over an entry's day, proved anew. */
export async function sealOfEntry(
  on: Database | Transaction,
  { lane, customerId }: { readonly lane: number; readonly customerId: string },
  recordedAt: Date,
): Promise<SealOfDay> {
  const [row] = await query<SealOfDay>(
    on,
    `with today as (select ($3::timestamptz at time zone 'UTC')::date as day),
     digests as (${digests(`@lane = $1 and @customer_id = $2
       and @recorded_at >= (select day from today)::timestamp at time zone 'UTC'
       and @recorded_at < ((select day from today) + 1)::timestamp at time zone 'UTC'`)})
     select t.day::text, encode(s.hash, 'hex') as hash,
       coalesce(s.digest = d.digest and s.records = d.records and s.hash = sha256(coalesce((
         select hash from seals b where b.lane = $1 and b.customer_id = $2 and b.day < t.day order by b.day desc limit 1
       ), '') || convert_to(t.day::text, 'UTF8') || s.digest), false) as holds
     from today t
     left join seals s on s.lane = $1 and s.customer_id = $2 and s.day = t.day
     left join digests d on true`,
    [lane, customerId, recordedAt],
  );
  if (row === undefined) throw new Error('proving a seal returned no row');
  return row;
}

/** Roots of sealed days, the oldest first; `since` and later days only. */
export async function sealRoots(on: Database | Transaction, since: string | null = null): Promise<SealRoot[]> {
  return query<SealRoot>(
    on,
    `select day::text, customers::integer, records::integer, encode(root, 'hex') as root from seal_roots
     where $1::date is null or day >= $1::date order by day`,
    [since],
  );
}

/** Exported roots that the seals of this database no longer lead to: then history, or its seals, were rewritten. */
export async function findRootBreaches(
  on: Database | Transaction,
  exported: readonly ExportedRoot[],
): Promise<Breach[]> {
  return query<Breach>(
    on,
    `select 'INV-37' as invariant, 'root of ' || x.day as subject, x.root as expected,
       coalesce(encode(r.root, 'hex'), 'no seal') as found
     from unnest($1::date[], $2::text[]) as x (day, root)
     left join seal_roots r on r.day = x.day
     where encode(r.root, 'hex') is distinct from x.root
     order by x.day`,
    [exported.map(({ day }) => day), exported.map(({ root }) => root)],
  );
}

const SEALED = `(select (max(day) + 1)::timestamp at time zone 'UTC' from seal_roots)`;

export const SEAL_CHECKS: readonly LedgerCheck[] = [
  {
    invariant: 'INV-37',
    claim: 'history of a sealed day is what was sealed',
    sql: `
      with digests as (${digests(`@lane = any($1) and ($2::uuid is null or @customer_id = $2) and @recorded_at < ${SEALED}`)}),
      sealed as (select * from seals where lane = any($1) and ($2::uuid is null or customer_id = $2))
      select 'customer ' || coalesce(s.customer_id, d.customer_id) || ' on ' || coalesce(s.day, d.day) as subject,
        coalesce(s.records || ' records ' || encode(s.digest, 'hex'), 'nothing, the day is sealed') as expected,
        coalesce(d.records || ' records ' || encode(d.digest, 'hex'), 'no record') as found
      from sealed s
      full join digests d on d.lane = s.lane and d.customer_id = s.customer_id and d.day = s.day
      where s.digest is distinct from d.digest or s.records is distinct from d.records
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-37',
    claim: 'each seal of a customer covers the one before it',
    sql: `
      select 'seal of customer ' || customer_id || ' on ' || day as subject, encode(due, 'hex') as expected,
        encode(hash, 'hex') as found
      from (
        select customer_id, day, hash, sha256(coalesce(lag(hash) over (partition by lane, customer_id order by day), '')
          || convert_to(day::text, 'UTF8') || digest) as due
        from seals where lane = any($1) and ($2::uuid is null or customer_id = $2)
      ) chain where hash <> due
      order by 1 limit $3`,
  },
  {
    invariant: 'INV-37',
    claim: 'each root covers the one before it and the seals of its day',
    sql: `
      select 'root of ' || day as subject, coalesce(encode(due, 'hex'), 'no seal') as expected, encode(root, 'hex') as found
      from (
        select r.day, r.root, sha256(coalesce(lag(r.root) over (order by r.day), '') || convert_to(r.day::text, 'UTF8')
          || (select ${ROOT_OF_DAY} from seals s where s.lane = any($1) and s.day = r.day)) as due
        from seal_roots r where $2::uuid is null
      ) chain where root is distinct from due
      order by 1 limit $3`,
  },
];
