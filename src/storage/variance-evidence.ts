// What stands behind one difference: the usage, the entries and the mirrored Stripe objects that its subject names.
import type { CustomerKey } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';

export interface NamedObjects {
  readonly billingPeriodIds: readonly string[];
  /** Stripe's ids and our own, as they stand in the subject. */
  readonly ids: readonly string[];
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Billing periods and invoices belong together: who names one names the other. */
export async function namedObjects(
  db: Database,
  { lane, customerId }: CustomerKey,
  words: readonly string[],
): Promise<NamedObjects> {
  const uuids = words.filter((word) => UUID.test(word));
  const rows = await query<{ billingPeriodId: string; invoiceId: string | null }>(
    db,
    `select billing_period_id as "billingPeriodId", invoice_id as "invoiceId" from billing_periods
     where lane = $1 and customer_id = $2 and (billing_period_id = any($3::uuid[]) or invoice_id = any($4::text[]))`,
    [lane, customerId, uuids, words],
  );
  return {
    billingPeriodIds: rows.map(({ billingPeriodId }) => billingPeriodId),
    ids: [...new Set([...words, ...rows.flatMap(({ invoiceId }) => invoiceId ?? [])])],
  };
}

export interface EvidenceUsage {
  readonly usageEventId: string;
  readonly eventId: string;
  readonly occurredAt: Date;
  readonly action: string;
  readonly credits: bigint;
  readonly entryId: string | null;
}

/** Usage of the periods, or the one event that is named; the newest first. */
export async function usageBehind(
  db: Database,
  { lane, customerId }: CustomerKey,
  { billingPeriodIds, ids }: NamedObjects,
  limit: number,
): Promise<readonly EvidenceUsage[]> {
  return query<EvidenceUsage>(
    db,
    `select usage_event_id as "usageEventId", event_id as "eventId", occurred_at as "occurredAt", action, credits,
       entry_id as "entryId"
     from usage_events where lane = $1 and customer_id = $2
       and (billing_period_id = any($3::uuid[]) or event_id = any($4::text[]))
     order by occurred_at desc, usage_event_id desc limit $5`,
    [lane, customerId, billingPeriodIds, ids, limit],
  );
}

export interface UsageSum {
  readonly events: number;
  readonly credits: bigint;
  /** By the accounts: consumed in the periods, and what of it was handed to the meter. */
  readonly consumed: bigint;
  readonly metered: bigint;
  readonly entries: number;
}

export async function sumsBehind(
  db: Database,
  { lane, customerId }: CustomerKey,
  { billingPeriodIds, ids }: NamedObjects,
): Promise<UsageSum> {
  const [row] = await query<UsageSum>(
    db,
    `select count(*)::integer as events, coalesce(sum(credits), 0)::bigint as credits,
       (select coalesce(sum(balance), 0)::bigint from accounts where lane = $1 and customer_id = $2 and kind = 'consumed'
         and billing_period_id = any($3::uuid[])) as consumed,
       (select coalesce(sum(p.emitted_units * u.meter_unit_micro), 0)::bigint from billing_periods p
         join credit_units u on u.unit = p.unit
         where p.lane = $1 and p.customer_id = $2 and p.billing_period_id = any($3::uuid[])) as metered,
       (select count(*)::integer from journal_entries e where ${OF_OBJECTS}) as entries
     from usage_events where lane = $1 and customer_id = $2
       and (billing_period_id = any($3::uuid[]) or event_id = any($4::text[]))`,
    [lane, customerId, billingPeriodIds, ids],
  );
  if (row === undefined) throw new Error('summing returned no row');
  return row;
}

/** Entries of the periods, and those that name one of the objects. */
const OF_OBJECTS = `e.lane = $1 and e.customer_id = $2 and (e.billing_period_id = any($3::uuid[])
  or split_part(e.source_id, '/', 1) = any($4::text[]) or e.entry_id::text = any($4::text[])
  or exists (select from jsonb_each_text(coalesce(e.stripe, '{}')) s where s.value = any($4::text[])))`;

export interface EvidenceEntry {
  readonly entryId: string;
  readonly kind: string;
  readonly effectiveAt: Date;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly unit: string;
  readonly isCredit: boolean;
}

/** The largest movement of each entry, the newest first. */
export async function entriesBehind(
  db: Database,
  { lane, customerId }: CustomerKey,
  { billingPeriodIds, ids }: NamedObjects,
  limit: number,
): Promise<readonly EvidenceEntry[]> {
  return query<EvidenceEntry>(
    db,
    `select e.entry_id as "entryId", e.kind, e.effective_at as "effectiveAt", p.from_kind as "from", p.to_kind as "to",
       p.amount, p.unit, u.unit is not null as "isCredit"
     from journal_entries e
     cross join lateral (select * from postings p where p.lane = $1 and p.customer_id = $2 and p.entry_id = e.entry_id
       order by p.amount desc, p.seq limit 1) p
     left join credit_units u on u.unit = p.unit
     where ${OF_OBJECTS} order by e.effective_at desc, e.entry_id desc limit $5`,
    [lane, customerId, billingPeriodIds, ids, limit],
  );
}

export interface EvidenceObject {
  /** What it is at Stripe. */
  readonly kind: string;
  readonly id: string;
  readonly status: string;
  /** Minor units; meter units of a meter event. */
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly at: Date;
  readonly invoiceId: string | null;
}

/** Mirrored objects that are named, or that belong to a named invoice; meter events of the periods. */
export async function objectsBehind(
  db: Database,
  { lane, customerId }: CustomerKey,
  { billingPeriodIds, ids }: NamedObjects,
  limit: number,
): Promise<readonly EvidenceObject[]> {
  const mine = `lane = $1 and customer_id = $2`;
  return query<EvidenceObject>(
    db,
    `select * from (
       select 'invoice' as kind, invoice_id as id, status, total_minor as amount, currency, created_at as at,
         invoice_id as "invoiceId" from invoices where ${mine} and invoice_id = any($4::text[])
       union all
       select 'invoice line: ' || l.kind, l.line_id, coalesce(l.quantity, '') || ' ×', l.amount_minor, i.currency,
         i.created_at, l.invoice_id
       from invoice_lines l join invoices i on i.lane = l.lane and i.customer_id = l.customer_id and i.invoice_id = l.invoice_id
       where l.lane = $1 and l.customer_id = $2 and i.lane = $1 and l.invoice_id = any($4::text[])
       union all
       select 'payment', invoice_payment_id, status, amount_paid_minor, currency, paid_at, invoice_id
       from invoice_payments where ${mine} and invoice_id = any($4::text[])
       union all
       select 'credit note', credit_note_id, status, total_minor, currency, created_at, invoice_id
       from credit_notes where ${mine} and (credit_note_id = any($4::text[]) or invoice_id = any($4::text[]))
       union all
       select 'credit grant', coalesce(stripe_grant_id, 'not made yet'), state, amount_minor, currency, effective_at, null
       from credit_grants where ${mine} and (stripe_grant_id = any($4::text[]) or credit_grant_id::text = any($4::text[]))
       union all
       select 'credit balance transaction', transaction_id, type, amount_minor, currency, effective_at, invoice_id
       from credit_balance_transactions where ${mine}
         and (transaction_id = any($4::text[]) or invoice_id = any($4::text[]))
       union all
       select 'refund', refund_id, status, amount_minor, currency, created_at, invoice_id
       from refunds where ${mine} and (refund_id = any($4::text[]) or invoice_id = any($4::text[]))
       union all
       select 'dispute', dispute_id, status, amount_minor, currency, created_at, invoice_id
       from disputes where ${mine} and (dispute_id = any($4::text[]) or invoice_id = any($4::text[]))
       union all
       select 'balance movement', transaction_id, type, amount_minor, currency, created_at, invoice_id
       from customer_balance_transactions where ${mine} and transaction_id = any($4::text[])
       union all
       select 'meter event', key, state, (request -> 'payload' ->> 'value')::bigint, 'meter units',
         coalesce(finished_at, created_at), null
       from outbox where ${mine} and queue = 'meter' and call = 'meter_event' and state <> 'cancelled'
         and billing_period_id = any($3::uuid[])
     ) objects order by kind like 'meter%', at desc nulls last, id limit $5`,
    [lane, customerId, billingPeriodIds, ids, limit],
  );
}
