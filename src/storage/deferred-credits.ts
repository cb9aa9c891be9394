// What is deferred for bought credits, told by the accounts; and what lots alone do not tell of it.
import type { CustomerKey } from '../domain/customer.ts';
import type { DeferredFigure } from '../domain/deferred-credits.ts';
import { scopeOf } from './customer-scope.ts';
import type { Database, Transaction } from './database.ts';
import { query } from './query.ts';
import { INCLUSIVE_TAX, noted } from './revenue.ts';

/** Customers who ever bought credits. */
export async function customersWithDeferredCredits(
  on: Database | Transaction,
  lanes: readonly number[],
): Promise<CustomerKey[]> {
  return query<CustomerKey>(
    on,
    `select distinct lane, customer_id as "customerId" from accounts where lane = any($1) and kind = 'deferred.credits'
     order by lane, customer_id`,
    [lanes],
  );
}

/** By currency; what is owed to customers in credits is positive here. */
export async function deferredBalances(
  on: Database | Transaction,
  lanes: readonly number[],
): Promise<DeferredFigure[]> {
  return query<DeferredFigure>(
    on,
    `select unit as currency, (-sum(balance))::bigint as minor from accounts
     where lane = any($1) and kind = 'deferred.credits' group by unit order by unit`,
    [lanes],
  );
}

/**
 * Corrections to the sum of these customers' lots: packs on final invoices that opened no lot before `through`; taken off
 * again, the price that a rolled, carried, transferred or restored lot took over from the lot it came from; and what lost
 * disputes took of the price of credits that nobody had used.
 */
export async function deferredBesideLots(
  on: Database | Transaction,
  customers: readonly CustomerKey[],
  through: Date,
): Promise<DeferredFigure[]> {
  const { lane, customer, parameters } = scopeOf(customers);
  return query<DeferredFigure>(
    on,
    `select i.currency, sum(l.amount_minor - l.discounts_minor - l.credits_applied_minor - coalesce(tax.inclusive, 0)
         - coalesce(note.net, 0))::bigint as minor
     from invoice_lines l
     join invoices i on i.lane = l.lane and i.customer_id = l.customer_id and i.invoice_id = l.invoice_id
     left join lateral (${INCLUSIVE_TAX}) tax on true
     left join lateral (${noted(lane)}) note on true
     where l.lane ${lane} and l.customer_id ${customer} and l.kind = 'pack' and i.lane ${lane} and i.finalized_at is not null
       and i.status not in ('void', 'deleted') and not exists (
         select from lots b where b.lane ${lane} and b.lane = l.lane and b.customer_id = l.customer_id and b.source_type = 'invoice_line'
           and b.source_id = l.invoice_id || '/' || l.line_id and b.effective_at < $3)
     group by i.currency
     union all
     select paid_currency, (-sum(paid_minor))::bigint from lots
     where lane ${lane} and customer_id ${customer} and paid_minor > 0 and origin_lot_id is not null and effective_at < $3
     group by paid_currency
     union all
     select p.unit, sum(case when p.to_kind = 'deferred.credits' then -p.amount else p.amount end)::bigint
     from journal_entries e join postings p on p.lane = e.lane and p.customer_id = e.customer_id
       and p.entry_id = e.entry_id
     where e.lane ${lane} and e.customer_id ${customer} and e.kind in ('dispute.lost', 'dispute.recovered')
       and 'deferred.credits' in (p.from_kind, p.to_kind)
     group by p.unit`,
    [...parameters, through],
  );
}
