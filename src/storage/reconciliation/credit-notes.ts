import type { CustomerKey } from '../../domain/customer.ts';
import type { CreditNotesHere } from '../../domain/reconciliation/credit-notes.ts';
import type { Database } from '../database.ts';
import { query } from '../query.ts';

/** A customer's mirrored credit notes and balance transactions, and what was asked for and not issued yet. */
export async function creditNotesHere(db: Database, { lane, customerId }: CustomerKey): Promise<CreditNotesHere> {
  const key = [lane, customerId] as const;
  const notes = await query<CreditNotesHere['notes'][number]>(
    db,
    `select n.credit_note_id as "creditNoteId", n.status, n.currency, n.total_minor as "totalMinor",
       n.pre_payment_minor as "prePaymentMinor", n.post_payment_minor as "postPaymentMinor",
       exists (select from journal_entries e where e.lane = $1 and e.customer_id = $2
         and e.source_type = 'stripe_credit_note' and e.source_id = n.credit_note_id) or n.total_minor = 0 as "isPosted"
     from credit_notes n where n.lane = $1 and n.customer_id = $2 order by n.credit_note_id`,
    key,
  );
  const requested = await query<CreditNotesHere['requested'][number]>(
    db,
    `select r.credit_note_request_id as "creditNoteRequestId",
       coalesce((select extract(epoch from clock_timestamp() - min(o.created_at)) * 1000 from outbox o
         where o.lane = $1 and o.customer_id = $2 and o.queue = 'documents' and o.call = 'credit_note.create'
           and o.subject_id = r.credit_note_request_id::text), 1e15)::float8 as "ageMs"
     from credit_note_requests r
     where r.lane = $1 and r.customer_id = $2 and r.state = 'waiting' order by r.credit_note_request_id`,
    key,
  );
  const balanceMovements = await query<CreditNotesHere['balanceMovements'][number]>(
    db,
    `select transaction_id as "transactionId", amount_minor as "amountMinor", currency
     from customer_balance_transactions where lane = $1 and customer_id = $2 order by transaction_id`,
    key,
  );
  const paidBack = await query<CreditNotesHere['paidBack'][number]>(
    db,
    `select split_part(l.source_id, '/', 2) as "invoiceLineId", l.unit,
       (l.granted::numeric * noted.net / l.paid_minor)::bigint as "paidBackMicro",
       coalesce((select sum(p.amount) from postings p where p.lane = $1 and p.customer_id = $2 and p.lot_id = l.lot_id
         and p.to_kind = 'clawed_back'), 0)::bigint as "clawedBackMicro",
       (l.granted / l.paid_minor + 1)::bigint as "perMinorMicro"
     from lots l
     cross join lateral (
       select sum((n ->> 'amount')::bigint - (n ->> 'discount')::bigint - (n ->> 'credits')::bigint
         - (n ->> 'inclusiveTax')::bigint) as net
       from credit_notes c cross join lateral jsonb_array_elements(c.lines) n
       where c.lane = $1 and c.customer_id = $2 and c.status <> 'void'
         and c.invoice_id = split_part(l.source_id, '/', 1) and n ->> 'invoiceLineId' = split_part(l.source_id, '/', 2)
     ) noted
     where l.lane = $1 and l.customer_id = $2 and l.source_type = 'invoice_line' and l.paid_minor > 0 and noted.net > 0
     order by l.lot_id`,
    key,
  );
  const [customer] = await query<{ balanceMinor: bigint; stripeCustomerId: string | null }>(
    db,
    `select stripe_balance_minor as "balanceMinor", stripe_customer_id as "stripeCustomerId" from customers where lane = $1 and customer_id = $2`,
    key,
  );
  const { balanceMinor = 0n, stripeCustomerId = null } = customer ?? {};
  return { stripeCustomerId: stripeCustomerId ?? '', notes, requested, paidBack, balanceMovements, balanceMinor };
}
