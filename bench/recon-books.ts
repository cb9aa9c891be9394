// Books of many customers, written in sets: each customer has three lots, a hundred uses in entries of four, and an invoice
// or two. They prove, as `ledger verify` says.
import { randomUUID } from 'node:crypto';

import pg from 'pg';

import { customerKey } from '../src/domain/customer.ts';
import { openDatabase } from '../src/storage/database.ts';
import { stampOnce } from '../src/storage/deployment.ts';
import { migrate } from '../src/storage/migrate.ts';
import { subscribeCustomers } from './customers.ts';

export interface ReconSizes {
  readonly customers: number;
  readonly events: number;
}

const EVENTS_AN_ENTRY = 4;
const CREDIT = 1_000_000;

/** Makes a database of its own on the benchmark's server and fills it; returns how to connect as its owner. */
export async function seedReconBooks(
  ownerUrl: string,
  name: string,
  { customers, events }: ReconSizes,
): Promise<string> {
  const admin = new pg.Client({ connectionString: ownerUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  const url = new URL(ownerUrl);
  url.pathname = `/${name}`;
  await migrate({ connectionString: url.href });
  const db = openDatabase({ connectionString: url.href, poolSize: 2 });
  await stampOnce(db, { account: 'acct_bench', livemode: false, sandbox: true });
  await subscribeCustomers(db, 1);
  await db.destroy();
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const eventsEach = events / customers;
  await client.query(`set session_replication_role = replica`);
  const others = Array.from({ length: customers - 1 }, () => customerKey(randomUUID()));
  const keys = [others.map(({ lane }) => lane), others.map(({ customerId }) => customerId)];
  for (const statement of LIKE_THE_FIRST) await client.query(statement, keys);
  for (const statement of [MEMBERS, LOTS, USES(eventsEach / EVENTS_AN_ENTRY), INVOICES, POSTED, COUNTERS, ACCOUNTS]) {
    await client.query(statement);
  }
  await client.query(`set session_replication_role = origin`);
  await client.query(`vacuum analyze`);
  await client.end();
  return url.href;
}

/** Ends one of each customer's lots that nothing was drawn from, in the middle of what the customer used. */
export async function endSomeLots(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(`update lots set expires_at = effective_at + interval '4 days'
    where lane between 0 and 63 and source_type = 'bench' and source_id = '1'`);
  await client.query(`vacuum analyze lots`);
  await client.end();
}

/** A row for each other customer, as the first one has it, with ids of its own. */
function likeTheFirst(table: string, changes: string): string {
  return `insert into ${table}
    select (jsonb_populate_record(t, jsonb_build_object('lane', n.lane, 'customer_id', n.id) || ${changes})).*
    from ${table} t cross join unnest($1::smallint[], $2::uuid[]) as n (lane, id) where t.lane between 0 and 63`;
}

/** Of a customer's only pool, period and lot the id is made of the customer's: no two tables mix them up. */
const LIKE_THE_FIRST = [
  likeTheFirst('customers', `jsonb_build_object('stripe_customer_id', 'cus_' || n.id, 'external_id', n.id)`),
  likeTheFirst('pools', `jsonb_build_object('pool_id', n.id)`),
  likeTheFirst('subscriptions', `jsonb_build_object('subscription_id', 'sub_' || n.id)`),
  likeTheFirst(
    'billing_periods',
    `jsonb_build_object('billing_period_id', n.id, 'pool_id', n.id, 'subscription_id', 'sub_' || n.id)`,
  ),
  `insert into lots (lane, customer_id, lot_id, pool_id, unit, source, category, priority, effective_at, expires_at, created_at,
     billing_period_id, granted, grant_currency, source_type, source_id)
   select n.lane, n.id, n.id, n.id, unit, source, category, priority, effective_at, expires_at, created_at, n.id, granted,
     grant_currency, source_type, source_id
   from lots cross join unnest($1::smallint[], $2::uuid[]) as n (lane, id) where lots.lane between 0 and 63`,
  likeTheFirst('journal_entries', `jsonb_build_object('entry_id', n.id, 'billing_period_id', n.id)`),
  likeTheFirst(
    'postings',
    `jsonb_build_object('entry_id', n.id, 'lot_id', n.id, 'from_pool_id', n.id, 'to_pool_id', n.id)`,
  ),
];

/** Each customer with its pool, period and included lot. */
const MEMBERS = `
  create unlogged table bench_members as
  select c.lane, c.customer_id, p.pool_id, b.billing_period_id, b.starts_at, b.ends_at, l.lot_id, l.grant_currency,
    (select burn_rate_id from burn_rates limit 1) as burn_rate_id, row_number() over (order by c.customer_id) as number
  from customers c
  join pools p on p.lane = c.lane and p.customer_id = c.customer_id
  join billing_periods b on b.lane = c.lane and b.customer_id = c.customer_id
  join lots l on l.lane = c.lane and l.customer_id = c.customer_id
  where c.lane between 0 and 63`;

/** Two more lots each: 1 000 credits that nobody paid for. */
const LOTS = `
  insert into lots (lane, customer_id, lot_id, pool_id, unit, source, category, priority, effective_at, created_at, granted,
    grant_currency, source_type, source_id)
  select lane, customer_id, gen_random_uuid(), pool_id, 'credit', 'goodwill', 'promotional', 50, starts_at, starts_at,
    1000 * ${CREDIT}::bigint, grant_currency, 'bench', n::text
  from bench_members cross join generate_series(1, 2) n;
  insert into journal_entries (lane, customer_id, entry_id, kind, effective_at, recorded_at, actor, source_type, source_id)
  select lane, customer_id, lot_id, 'grant', effective_at, effective_at, 'bench', 'bench', source_id
  from lots where source_type = 'bench' and lane between 0 and 63;
  insert into postings (lane, customer_id, entry_id, seq, unit, from_pool_id, from_billing_period_id, from_kind, to_pool_id,
    to_billing_period_id, to_kind, amount, lot_id)
  select lane, customer_id, lot_id, 0, 'credit', pool_id, '00000000-0000-0000-0000-000000000000', 'issued.goodwill', pool_id,
    '00000000-0000-0000-0000-000000000000', 'available', granted, lot_id
  from lots where source_type = 'bench' and lane between 0 and 63`;

/** An entry each six hours, so many, of four uses of one credit. */
const USES = (entries: number): string => `
  create unlogged table bench_entries as
  select m.*, gen_random_uuid() as entry_id, starts_at + n * (interval '9 days' / ${entries}) as at
  from bench_members m cross join generate_series(0, ${entries} - 1) n;
  insert into journal_entries (lane, customer_id, entry_id, kind, effective_at, recorded_at, actor, source_type, source_id,
    billing_period_id, burn_rate_id)
  select lane, customer_id, entry_id, 'usage.burn', at, at, 'bench', 'usage', 'bench', billing_period_id, burn_rate_id
  from bench_entries;
  insert into postings (lane, customer_id, entry_id, seq, unit, from_pool_id, from_billing_period_id, from_kind, to_pool_id,
    to_billing_period_id, to_kind, amount, lot_id)
  select lane, customer_id, entry_id, 0, 'credit', pool_id, '00000000-0000-0000-0000-000000000000', 'available', pool_id,
    billing_period_id, 'consumed', ${EVENTS_AN_ENTRY * CREDIT}, lot_id
  from bench_entries;
  insert into usage_events (lane, customer_id, usage_event_id, source, event_id, occurred_at, recorded_at, action, quantities,
    credits, outcome, pool_id, billing_period_id, burn_rate_id, entry_id, entry_seq)
  select lane, customer_id, gen_random_uuid(), 'bench', entry_id || '-' || n, at, at, 'api.call', '{"calls":"1"}', ${CREDIT},
    'applied', pool_id, billing_period_id, burn_rate_id, entry_id, n
  from bench_entries cross join generate_series(1, ${EVENTS_AN_ENTRY}) n;
  insert into usage_event_keys (lane, customer_id, source, event_hash, usage_event_id)
  select lane, customer_id, source, md5(event_id)::uuid, usage_event_id from usage_events where lane between 0 and 63;
  insert into meter_buckets (lane, customer_id, billing_period_id, window_start, metered, rolled, last_at)
  select lane, customer_id, billing_period_id, date_trunc('hour', at), sum(${EVENTS_AN_ENTRY * CREDIT}),
    sum(${EVENTS_AN_ENTRY * CREDIT}), max(at)
  from bench_entries group by 1, 2, 3, 4`;

/** Twelve invoices for ten customers, of a fee of $99.00 each. */
const INVOICES = `
  create unlogged table bench_invoices as
  select m.*, 'in_' || number || '_' || n as invoice_id from bench_members m
  cross join lateral generate_series(1, case when number % 5 = 0 then 2 else 1 end) n;
  insert into invoices (lane, customer_id, invoice_id, status, currency, period_start, period_end, subtotal_minor,
    discounts_minor, credits_applied_minor, tax_minor, total_minor, starting_balance_minor, amount_due_minor,
    amount_paid_minor, amount_remaining_minor, created_at, finalized_at, paid_at, object, fetched_at)
  select lane, customer_id, invoice_id, 'paid', 'usd', starts_at, ends_at, 9900, 0, 0, 0, 9900, 0, 9900, 9900, 0, starts_at,
    starts_at, starts_at, '{}', starts_at
  from bench_invoices;
  insert into invoice_lines (lane, customer_id, invoice_id, line_id, position, kind, amount_minor, discounts_minor,
    credits_applied_minor, tax_minor, period_start, period_end, object)
  select lane, customer_id, invoice_id, 'il_1', 0, 'base', 9900, 0, 0, 0, starts_at, ends_at, '{}' from bench_invoices;
  insert into journal_entries (lane, customer_id, entry_id, kind, effective_at, recorded_at, actor, source_type, source_id)
  select lane, customer_id, md5(invoice_id)::uuid, 'invoice.finalized', starts_at, starts_at, 'stripe', 'stripe_invoice',
    invoice_id
  from bench_invoices`;

const POSTED = `
  insert into postings (lane, customer_id, entry_id, seq, unit, from_pool_id, from_billing_period_id, from_kind, to_pool_id,
    to_billing_period_id, to_kind, amount)
  select lane, customer_id, md5(invoice_id)::uuid, 0, 'usd', '00000000-0000-0000-0000-000000000000',
    '00000000-0000-0000-0000-000000000000', 'deferred.subscription', '00000000-0000-0000-0000-000000000000',
    '00000000-0000-0000-0000-000000000000', 'receivable', 9900
  from bench_invoices`;

/** What is kept beside the journal. */
const COUNTERS = `
  update lots l set drawn = s.drawn from (
    select p.lot_id, sum(p.amount) as drawn from postings p where p.to_kind = 'consumed' and p.lane between 0 and 63 group by 1) s
  where l.lot_id = s.lot_id and l.lane between 0 and 63;
  update billing_periods b set rolled_micro = s.rolled from (
    select billing_period_id, sum(rolled) as rolled from meter_buckets where lane between 0 and 63 group by 1) s
  where b.billing_period_id = s.billing_period_id and b.lane between 0 and 63`;

const ACCOUNTS = `
  delete from accounts where lane between 0 and 63;
  insert into accounts (lane, customer_id, pool_id, billing_period_id, kind, unit, balance)
  select lane, customer_id, pool_id, billing_period_id, kind, unit, sum(amount) from (
    select lane, customer_id, to_pool_id as pool_id, to_billing_period_id as billing_period_id, to_kind as kind, unit, amount
    from postings where lane between 0 and 63
    union all
    select lane, customer_id, from_pool_id, from_billing_period_id, from_kind, unit, -amount from postings
    where lane between 0 and 63) moved
  group by 1, 2, 3, 4, 5, 6`;
