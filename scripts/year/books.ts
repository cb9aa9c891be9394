// The three figures that the year ends with, each read where it stands: invoices at Stripe, the deferred account, the lots.
import { query } from '../../src/storage/query.ts';
import { idOf } from './at-stripe.ts';
import type { Firm } from './firm.ts';

export interface Invoiced {
  readonly at: number;
  readonly what: string;
  readonly minor: number;
}

/** What was finalized at Stripe and stands, and what notes took off it, by customer. */
export async function invoicedAtStripe({ stripe }: Firm): Promise<ReadonlyMap<string, readonly Invoiced[]>> {
  const found = new Map<string, Invoiced[]>();
  const add = (customer: string, invoiced: Invoiced): void => {
    found.set(customer, [...(found.get(customer) ?? []), invoiced]);
  };
  for await (const { status, customer, created, billing_reason: reason, total, id } of stripe.invoices.list({
    limit: 100,
  })) {
    if (status === 'draft' || status === 'void') continue;
    add(idOf(customer), { at: created * 1000, what: `${reason ?? 'invoice'} ${id ?? ''}`, minor: total });
  }
  for await (const { status, customer, created, total, id } of stripe.creditNotes.list({ limit: 100 })) {
    if (status !== 'void') add(idOf(customer), { at: created * 1000, what: `note ${id}`, minor: -total });
  }
  return found;
}

/** The deferred-credits accounts by customer, what they are owed positive. */
export async function deferredByCustomer({ db }: Firm): Promise<ReadonlyMap<string, number>> {
  const rows = await query<{ customer: string; minor: string }>(
    db,
    `select c.external_id as customer, (-sum(a.balance))::text as minor
     from accounts a join customers c on c.lane = a.lane and c.customer_id = a.customer_id
     where a.lane between 0 and 63 and c.lane between 0 and 63 and a.kind = 'deferred.credits' group by 1`,
  );
  return new Map(rows.map(({ customer, minor }) => [customer, Number(minor)]));
}

/**
 * What each bought lot was paid, less what notes took back and what its used and expired credits come to, half up: read from
 * the lots and the postings that moved them as far as revenue is recognised, without the rules of the product. A lost
 * dispute took back whatever a lot had not earned: here banks always dispute the whole of a pack.
 */
export async function lotsByCustomer({ db }: Firm, through: Date): Promise<ReadonlyMap<string, number>> {
  const lots = await query<{ customer: string; paid: string; granted: string; gone: string; noted: string }>(
    db,
    `select c.external_id as customer, b.paid_minor::text as paid, b.granted::text as granted,
       coalesce(moved.gone, 0)::text as gone, coalesce(noted.minor, 0)::text as noted
     from lots b
     join customers c on c.lane = b.lane and c.customer_id = b.customer_id
     left join lateral (
       select sum(case when p.to_kind in ('consumed', 'consumed_unpaid', 'debt', 'overage', 'expired') then p.amount
           when p.from_kind in ('consumed', 'consumed_unpaid', 'debt', 'overage', 'expired') then -p.amount end) as gone
       from postings p join journal_entries e using (lane, customer_id, entry_id)
       where p.lane = b.lane and p.customer_id = b.customer_id and p.lot_id = b.lot_id and e.effective_at < $1
     ) moved on true
     left join lateral (
       select sum((n ->> 'amount')::bigint) as minor
       from credit_notes n0 cross join lateral jsonb_array_elements(n0.lines) n
       where n0.lane = b.lane and n0.customer_id = b.customer_id and n0.status <> 'void'
         and n0.invoice_id || '/' || (n ->> 'invoiceLineId') = b.source_id
     ) noted on true
     where b.lane between 0 and 63 and c.lane between 0 and 63 and b.paid_minor > 0 and not exists (
       select from disputes d where d.lane = b.lane and d.customer_id = b.customer_id and d.status = 'lost'
         and d.invoice_id = split_part(b.source_id, '/', 1))
     union all
     -- Invoiced, and its lot opens when it is paid.
     select c.external_id, l.amount_minor::text, '1', '0', '0'
     from invoice_lines l
     join invoices i on i.lane = l.lane and i.customer_id = l.customer_id and i.invoice_id = l.invoice_id
     join customers c on c.lane = l.lane and c.customer_id = l.customer_id
     where l.lane between 0 and 63 and i.lane between 0 and 63 and c.lane between 0 and 63 and l.kind = 'pack'
       and i.status = 'open'`,
    [through],
  );
  const open = lots.map(({ customer, paid, granted, gone, noted }) => {
    const most = Number(paid) - Number(noted);
    const used = Math.floor((2 * Number(paid) * Number(gone) + Number(granted)) / (2 * Number(granted)));
    return { customer, minor: most - Math.min(used, most) };
  });
  return new Map(
    [...Map.groupBy(open, ({ customer }) => customer)].map(([customer, own]) => [
      customer,
      own.reduce((sum, { minor }) => sum + minor, 0),
    ]),
  );
}
